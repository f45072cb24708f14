import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { NOT_CONFIRMED } from "@cali/log-generator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_FOLDER, type LocalOptions, localCommand, modelOf } from "../../local/options.ts";
import { reportOf } from "../../local/pipeline.ts";
import type { ConsumerCounters } from "../../services/consumer/src/main.ts";
import { ROOT, type RunResult, run } from "../support/run.ts";

/** `npm start` as a newcomer runs it, for a few seconds. */

const start = (args: readonly string[]) => run("npm", ["start", "--silent", "--", ...args]);

const figure = (stdout: string, name: string) =>
  Number(new RegExp(`^  ${name} +(\\d+)$`, "m").exec(stdout)?.[1]);

describe("npm start", () => {
  let folder: string;
  let result: RunResult;
  const posts: string[] = [];
  const questions: string[] = [];
  const model = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      questions.push(body);
      const answer = { known: true, cause: "The test model says why.", action: "Look.", link: null };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ choices: [{ message: { content: JSON.stringify(answer) } }] }));
    });
  });
  const slack = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      posts.push(body);
      response.end("ok");
    });
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cali-start-"));
    await new Promise<void>((resolve) => slack.listen(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
    const { port } = slack.address() as AddressInfo;
    process.env.OPENAI_API_KEY = "secret-of-the-model";
    process.env.OPENAI_BASE_URL = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;
    const url = `http://127.0.0.1:${port}/services/T0/B0/secret-of-the-webhook`;
    result = await start([
      "--for",
      "8s",
      "--seed",
      "3",
      "--bad-share",
      "0.05",
      "--folder",
      folder,
      "--openai",
      "--slack",
      url,
    ]);
  }, 90_000);
  afterAll(() => {
    delete process.env.OPENAI_API_KEY;
    delete process.env.OPENAI_BASE_URL;
    model.close();
    slack.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("loses nothing, and says what became of every line", () => {
    const { code, stdout, stderr } = result;
    expect(code, stderr).toBe(0);
    expect(figure(stdout, "lost")).toBe(0);
    expect(figure(stdout, "made")).toBeGreaterThan(200);
    expect(figure(stdout, "taken by Kinesis")).toBe(figure(stdout, "made"));
    expect(figure(stdout, "consumed")).toBe(figure(stdout, "made"));
    expect(figure(stdout, "invalid, in dlq/")).toBeGreaterThan(0);
    expect(figure(stdout, "archived in raw/")).toBe(figure(stdout, "made"));
  });

  it("alerts, on the screen and in Slack", () => {
    expect(result.stdout).toMatch(/^alert {2}\d\d:\d\d {2}(WARN|ERROR|FATAL) /m);
    expect(figure(result.stdout, "alerted")).toBeGreaterThan(0);
    expect(posts.length).toBeGreaterThan(0);
    for (const post of posts) expect(JSON.parse(post)).toHaveProperty("blocks");
  });

  it("says what knew the causes: knowledge of the template, of a similar one, or the model", () => {
    const { stdout } = result;
    const parts = [
      "alerts whose very template is known",
      "alerts that read like a known error",
      "alerts that a model proposes a cause for",
      "alerts of unknown cause",
    ].map((name) => figure(stdout, name));
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(figure(stdout, "alerted"));
    expect(figure(stdout, "alerts that a model proposes a cause for")).toBeGreaterThan(0);
    expect(stdout).toMatch(/^alert {11}cause \((hash|vector|llm)\): /m);
    expect(stdout).not.toContain("similar errors may be missed");
  });

  it("alerts with what the model proposes", () => {
    expect(posts.join()).toContain("The test model says why.");
    expect(posts.join()).toContain("proposed, not confirmed by a person");
  });

  it("keeps the webhook and the model's key to itself", () => {
    expect(result.stdout + result.stderr).not.toContain("secret-of-the-model");
    for (const body of questions) expect(body).not.toContain("secret-of-the-model");
    expect(result.stdout + result.stderr).not.toContain("secret-of-the-webhook");
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      expect(readFileSync(join(entry.parentPath, entry.name), "latin1"), entry.name).not.toContain(
        "secret-of-the-webhook",
      );
    }
  });

  it("keeps raw logs, dead letters and new errors as objects", () => {
    const [runFolder = ""] = readdirSync(folder);
    const objects = readdirSync(join(folder, runFolder, "objects"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const raw = objects.filter((path) => path.includes("/raw/dt="));
    const lines = raw.flatMap((path) => gunzipSync(readFileSync(path)).toString().trimEnd().split("\n"));
    expect(lines.length).toBeGreaterThan(200);
    const letters = objects
      .filter((path) => path.includes("/dlq/dt="))
      .flatMap((path) => readFileSync(path, "utf8").trimEnd().split("\n"));
    expect(letters).toHaveLength(figure(result.stdout, "invalid, in dlq/"));
    expect(objects.some((path) => path.includes("/new_errors/dt="))).toBe(true);
  });
});

it("npm start ends on Ctrl-C with the table", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-start-"));
  try {
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--import", "tsx", "local/main.ts", "--folder", folder],
      { cwd: ROOT },
    );
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      const isFirst = !stdout.includes("consumed");
      stdout += text;
      if (isFirst && stdout.includes("consumed")) child.kill("SIGINT");
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code).toBe(0);
    expect(stdout).toContain("runs until Ctrl-C");
    expect(figure(stdout, "lost")).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);

it("npm start ends quietly when nobody reads any more", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-start-"));
  try {
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--import", "tsx", "local/main.ts", "--folder", folder],
      { cwd: ROOT },
    );
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(stderr).toBe("");
    expect(code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);

describe("what a run comes to", () => {
  const reportWith = (counts: {
    accepted: number;
    unconfirmed: number;
    archived: number;
    consumed: number;
  }) => {
    const { accepted, unconfirmed, archived, consumed } = counts;
    const reasons: Record<string, number> = unconfirmed > 0 ? { [NOT_CONFIRMED]: unconfirmed } : {};
    return reportOf(
      { made: accepted + unconfirmed, accepted, refused: unconfirmed, retried: 0, reasons, seconds: 1 },
      { totals: { records: consumed, valid: consumed, invalid: 0 } as ConsumerCounters["totals"] },
      { alerts: [], archived, labelsFile: "labels.jsonl", startedAt: 0 },
    );
  };

  it("lost nothing when what was never confirmed arrived all the same, or never did", () => {
    const arrived = reportWith({ accepted: 100, unconfirmed: 500, archived: 600, consumed: 600 });
    expect(arrived).toMatchObject({ lost: 0, refused: 0, unconfirmed: 500 });
    const never = reportWith({ accepted: 100, unconfirmed: 500, archived: 100, consumed: 100 });
    expect(never).toMatchObject({ lost: 0, refused: 0, unconfirmed: 500 });
  });

  it("lost what is in the stream and was not consumed, and what was confirmed and is nowhere", () => {
    expect(reportWith({ accepted: 100, unconfirmed: 500, archived: 600, consumed: 590 }).lost).toBe(10);
    expect(reportWith({ accepted: 100, unconfirmed: 0, archived: 97, consumed: 97 }).lost).toBe(3);
  });
});

it("npm run clean removes what a run left, as sh runs it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-clean-"));
  try {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    mkdirSync(join(folder, DEFAULT_FOLDER, "a-run"), { recursive: true });
    const { code, stderr } = await run("sh", ["-c", scripts.clean], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readdirSync(folder)).toEqual([]);
    // `sh` runs what stands between backticks, and puts in what stands behind a $.
    for (const script of Object.values<string>(scripts)) expect(script).not.toMatch(/[`$]/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("options that npm took for its own are refused with what to type", async () => {
  const { code, stdout, stderr } = await run("npm", ["start", "--silent", "--for", "5s", "--bad-share=0"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(
    "npm took --for, --bad-share for itself; type: npm start -- --for <time> --bad-share <share>",
  );
});

describe("the command line", () => {
  const parse = (args: readonly string[]) => {
    let error = "";
    const command = localCommand()
      .exitOverride()
      .configureOutput({
        writeErr: (text) => {
          error += text;
        },
      });
    try {
      return { options: command.parse(args, { from: "user" }).opts<LocalOptions>(), error };
    } catch {
      return { options: undefined, error };
    }
  };

  it("has defaults, and takes times in any unit", () => {
    expect(parse([]).options).toMatchObject({
      rate: 60,
      seed: "cali",
      badShare: 0.01,
      shards: 2,
      folder: ".cali",
    });
    expect(parse(["--for", "1.5m"]).options?.for).toBe(90_000);
  });

  it.each([
    [["--for", "5"], "allowed: 1s to 24h"],
    [["--for", "2d"], "allowed: 1s to 24h"],
    [["--rate", "0"], "allowed: a number from 1 to 300"],
    [["--rate", ""], "allowed: a number from 1 to 300"],
    [["--bad-share", "2"], "allowed: a number from 0 to 1"],
    [["--shards", "1.5"], "allowed: a whole number from 1 to 8"],
    [["--fro", "5s"], "unknown option '--fro'"],
    [["more"], "too many arguments"],
  ])("refuses %j", (args, message) => {
    const { options, error } = parse(args);
    expect(options).toBeUndefined();
    expect(error).toContain(message);
  });
});

it("asks no model without a key", () => {
  expect(() => modelOf({})).toThrow("given no OPENAI_API_KEY in the environment");
  expect(modelOf({ OPENAI_API_KEY: "a-key" })).toEqual({ apiKey: "a-key" });
});
