import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLine } from "@cali/log-record";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LineLabel, readLabels } from "../src/labels.ts";
import { FakeAws } from "./support/fake-aws.ts";
import { type Counters, start } from "./support/program.ts";

const FIXED = ["--seed", "42", "--start", "2026-01-25T00:00:00Z"];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-generator-"));
});
afterEach(() => rm(folder, { recursive: true }));

function expectHonest({ made, accepted, refused, reasons }: Counters): void {
  expect(made).toBe(accepted + refused);
  expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(refused);
}

/** The records of a text: those that start a line, with what follows them. */
function blocks(text: string): string[] {
  return text.split(/\n(?=\[(?:DEBUG|INFO|WARN|ERROR|FATAL)\] \d{4}-)/);
}

describe("log-generator", () => {
  it("writes the same bytes and labels in another process, and counts them on standard error", async () => {
    const [one, other] = [join(folder, "1"), join(folder, "2")];
    const options = [...FIXED, "--count", "3000", "--speed", "max", "--bad-share", "0.02", "--labels"];
    const [first, second] = await Promise.all([one, other].map((path) => start([...options, path]).ended));
    expect(first?.stdout).toBe(second?.stdout);
    expect(await readFile(one, "utf8")).toBe(await readFile(other, "utf8"));
    expect(first).toMatchObject({
      code: 0,
      counters: { made: 3_000, accepted: 3_000, refused: 0, seed: "42" },
    });
    expect(first?.stderr).toMatch(
      /made 3000 lines in [\d.]+ s \(\d+\/s\): accepted 3000, refused 0, retried 0 \(seed 42\)\n$/,
    );
    expect(first?.stderr.trim().split("\n")).toHaveLength(2);

    const labels: LineLabel[] = [];
    for await (const label of readLabels(one)) labels.push(label);
    const records = blocks(first?.stdout.trimEnd() ?? "");
    expect(records).toHaveLength(3_000);
    for (const [index, { valid, why, timestamp, service, traceId }] of labels.entries()) {
      const text = records[index] ?? "";
      if (valid) expect(parseLine(text)).toMatchObject({ timestamp, service, traceId });
      else if (why !== "oversize") expect(() => parseLine(text)).toThrow();
    }
    expect(labels.filter(({ valid }) => !valid).length).toBeGreaterThan(20);
  });

  it("shows a random seed that makes the same lines again", async () => {
    const options = ["--start", "2026-01-25T00:00:00Z", "--count", "50", "--speed", "max"];
    const first = await start(options).ended;
    const again = await start([...options, "--seed", first.counters.seed]).ended;
    expect(again.stdout).toBe(first.stdout);
  });

  it("stops at SIGTERM and has delivered every line that it made", async () => {
    const { child, ended } = start(["--rate", "5000"]);
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    const { code, stdout, counters } = await ended;
    expect(code).toBe(0);
    expectHonest(counters);
    expect(counters.accepted).toBeGreaterThan(0);
    expect(blocks(stdout.trimEnd())).toHaveLength(counters.accepted);
    expect(stdout.endsWith("\n")).toBe(true);
  });

  it("refuses what nobody reads when it is interrupted twice", async () => {
    const { child, ended } = start(["--speed", "max", "--count", "100000000"], { read: false });
    let again: NodeJS.Timeout | undefined;
    child.stdout?.once("readable", () => {
      // What one read takes is far less than what is made: the pipe is full from here on. Two signals at once may come as one.
      again = setInterval(() => child.kill("SIGINT"), 20);
    });
    const { code, counters } = await ended;
    clearInterval(again);
    child.stdout?.destroy();
    expect(code).toBe(1);
    expectHonest(counters);
    expect(counters.refused).toBeGreaterThan(0);
  });

  it("ends when its reader leaves, and counts what was lost", async () => {
    const { child, ended } = start(["--speed", "max", "--count", "100000000"], { read: false });
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, counters } = await ended;
    expect(code).toBe(1);
    expectHonest(counters);
    expect(counters.failure).toMatch(/^standard output: .*EPIPE/);
    expect(counters.made).toBeLessThan(100_000_000);
  });

  it("writes a file of JSON lines, and no file anew unless it is asked to", async () => {
    const path = join(folder, "out.jsonl");
    const options = [
      ...FIXED,
      "--count",
      "20",
      "--speed",
      "max",
      "--sink",
      "file",
      "--format",
      "json",
      "--file",
      path,
    ];
    expect((await start(options).ended).code).toBe(0);
    const text = await readFile(path, "utf8");
    const records = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records).toHaveLength(20);
    expect(records[0]).toMatchObject({
      timestamp: "2026-01-25T00:00:00.000Z",
      platform: "eks",
      environment: "dev",
    });

    const refused = await start(options).ended;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toBe(
      `--file: given ${JSON.stringify(path)}, a file with content; allowed: a new or empty one, or --overwrite\n`,
    );
    expect(await readFile(path, "utf8")).toBe(text);
    expect((await start([...options, "--overwrite"]).ended).code).toBe(0);
    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("leaves the labels alone when they hold something, and makes no file", async () => {
    const [file, labels] = [join(folder, "out.log"), join(folder, "labels.jsonl")];
    await writeFile(labels, "precious\n");
    const options = ["--count", "5", "--speed", "max", "--sink", "file", "--file", file, "--labels", labels];
    const { code, stderr } = await start(options).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(`--labels: given ${JSON.stringify(labels)}, a file with content`);
    expect(await readFile(labels, "utf8")).toBe("precious\n");
    expect(existsSync(file)).toBe(false);
  });

  it("says that a disk is full, and counts what did not fit", async () => {
    const options = ["--count", "100000", "--speed", "max", "--sink", "file", "--file", "/dev/full"];
    const { code, counters } = await start(options).ended;
    expect(code).toBe(1);
    expectHonest(counters);
    expect(counters).toMatchObject({ accepted: 0, failure: expect.stringContaining("ENOSPC") });
  });

  it.each([
    [
      ["--rate", "abc", "--sink", "s3"],
      ['--sink: given "s3"', '--rate: given "abc"; allowed: a number of lines per second'],
    ],
    [["--frobnicate"], ["unknown option '--frobnicate'"]],
    [["extra"], ["too many arguments"]],
    [
      ["--sink", "file", "--file", "/no/such/folder/x"],
      ['--file: given "/no/such/folder/x"; allowed: a file that can be written: ENOENT'],
    ],
    [
      ["--sink", "kinesis", "--stream", "x", "--count", "1"],
      ["--region: given nothing; allowed: a region such as ap-northeast-2, here or in AWS_REGION"],
    ],
  ])("refuses %j before it makes a line", async (args, said) => {
    const nowhere = {
      AWS_REGION: "",
      AWS_DEFAULT_REGION: "",
      AWS_CONFIG_FILE: join(folder, "none"),
      AWS_PROFILE: "",
    };
    const { code, stdout, stderr } = await start(args, { env: nowhere }).ended;
    expect(code).toBe(2);
    expect(stdout).toBe("");
    for (const text of said) expect(stderr).toContain(text);
    expect(stderr).not.toContain("    at ");
  });

  it("explains itself", async () => {
    const { code, stdout } = await start(["--help"]).ended;
    expect(code).toBe(0);
    expect(stdout).toContain("--bad-share <share>");
  });

  describe("with AWS", () => {
    const env = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-west-1" };
    let aws: FakeAws;
    beforeEach(async () => {
      aws = await FakeAws.start();
    });
    afterEach(() => aws.stop());

    it.each(["kinesis", "firehose"])("delivers to %s in spite of failures", async (sink) => {
      aws.answer = (call) =>
        call % 2 === 0
          ? { kind: "records", errorOf: (_, index) => (index % 10 === 0 ? "InternalFailure" : undefined) }
          : { kind: "records" };
      const options = [
        "--sink",
        sink,
        "--stream",
        "logs",
        "--endpoint",
        aws.url,
        "--count",
        "2000",
        "--speed",
        "max",
      ];
      const { code, counters } = await start(options, { env }).ended;
      expect(code).toBe(0);
      expect(counters).toMatchObject({ made: 2_000, accepted: 2_000, refused: 0 });
      expect(counters.retried).toBeGreaterThan(0);
      expect(new Set(aws.accepted.map(({ data }) => data)).size).toBe(2_000);
    });

    it("delivers what it made when it is asked to stop", async () => {
      const args = ["--sink", "kinesis", "--stream", "logs", "--endpoint", aws.url, "--rate", "2000"];
      const { child, ended } = start(args, { env });
      while (aws.accepted.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      child.kill("SIGTERM");
      const { code, counters } = await ended;
      expect(code).toBe(0);
      expectHonest(counters);
      expect(counters).toMatchObject({ refused: 0, accepted: aws.accepted.length });
    });

    it("stops when the stream does not exist, and says so", async () => {
      aws.answer = () => ({ kind: "error", status: 400, type: "ResourceNotFoundException" });
      const options = ["--sink", "kinesis", "--stream", "logs", "--endpoint", aws.url, "--rate", "1000"];
      const { code, counters } = await start(options, { env }).ended;
      expect(code).toBe(1);
      expectHonest(counters);
      expect(counters).toMatchObject({
        accepted: 0,
        failure: "Kinesis stream logs: ResourceNotFoundException: asked to fail",
      });
    });
  });
});
