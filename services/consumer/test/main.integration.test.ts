import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { program } from "../src/commands/cli.ts";
import { KinesisServer } from "./support/kinesis-server.ts";
import { ConsumerProcess, temporaryFolder } from "./support/process.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

it("says what is wrong with the configuration and exits with 2", async () => {
  const consumer = new ConsumerProcess(MAIN, { CALI_KINESIS_POLL_INTERVAL_MS: "soon" });
  expect(await consumer.ended).toBe(2);
  expect(consumer.output).toMatch(/CALI_KINESIS_POLL_INTERVAL_MS: given "soon"/);
  expect(consumer.output).toMatch(/kinesis\.stream \(CALI_KINESIS_STREAM\): given nothing/);
});

it("has each command once, and says what it does", () => {
  const { commands } = program();
  expect(commands.map((command) => command.name())).toEqual([
    "run",
    "workers",
    "worker",
    "notifier",
    "replay",
    "quality",
    "digest",
    "knowledge",
    "silence",
    "decode",
    "redact",
    "keys",
  ]);
  for (const command of commands) expect(command.description()).not.toBe("");
});

it("lists every key with its variable", async () => {
  const consumer = new ConsumerProcess(MAIN, {}, ["keys"]);
  expect(await consumer.ended).toBe(0);
  expect(consumer.output).toContain("kinesis.pollIntervalMs\n    CALI_KINESIS_POLL_INTERVAL_MS\n");
});

it("ends quietly when whoever reads has seen enough", () => {
  const ask = `export NODE_NO_WARNINGS=1; yes '{"text":"x"}' | head -5000 | "$0" "$1" knowledge ask --json | head -1`;
  const { stdout, stderr } = spawnSync("sh", ["-c", ask, process.execPath, MAIN], { encoding: "utf8" });
  expect({
    lines: stdout.trimEnd().split("\n").length,
    stderr,
  }).toEqual({
    lines: 1,
    stderr: "",
  });
});

it("says why it cannot start and exits with 1; started, it stops on request", async () => {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  const kinesis = new KinesisServer();
  onTestFinished(() => kinesis.close());
  const environment = {
    CALI_KINESIS_STREAM: "logs",
    CALI_KINESIS_ENDPOINT: await kinesis.listen(),
    CALI_STATE_FILE: join(folder, "state.sqlite"),
    CALI_OBJECTS_FOLDER: join(folder, "objects"),
  };
  const first = new ConsumerProcess(MAIN, environment);
  await first.until("the first read", () => (kinesis.calls.GetRecords ?? 0) > 0);
  const second = new ConsumerProcess(MAIN, environment);
  expect(await second.ended).toBe(1);
  expect(second.output).toContain("another process has the state open");
  expect(await first.end("SIGTERM")).toBe(0);
  expect(first.output).toContain("no Slack webhook is configured");
  expect(first.output).toContain('"msg":"stopped"');
});
