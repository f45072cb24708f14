import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { KinesisServer } from "./support/kinesis-server.ts";
import { LlmServer, sendJson, USABLE } from "./support/llm-server.ts";
import { bundleConsumer, ConsumerProcess, temporaryFolder, until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { BOT_TOKEN, slackApi } from "./support/slack-api.ts";
import { SlackServer } from "./support/slack-server.ts";

const error = (message: string) => JSON.stringify(logRecord({ level: "ERROR", service: "payment", message }));

async function model() {
  const llm = new LlmServer();
  const baseUrl = await llm.listen();
  onTestFinished(() => llm.close());
  return { llm, baseUrl };
}

it("a webhook is told a late cause once, though the consumer was killed while the model was silent", async () => {
  const { folder, remove } = await temporaryFolder();
  const kinesis = new KinesisServer(1);
  const slack = new SlackServer();
  onTestFinished(async () => {
    await kinesis.close();
    await slack.close();
    await remove();
  });
  const { llm, baseUrl } = await model();
  const program = await bundleConsumer(folder);
  const environment = {
    CALI_KINESIS_STREAM: "logs",
    CALI_KINESIS_ENDPOINT: await kinesis.listen(),
    CALI_KINESIS_MIN_READ_INTERVAL_MS: "5",
    CALI_KINESIS_POLL_INTERVAL_MS: "10",
    CALI_SLACK_PACE_MS: "10",
    CALI_STATE_LEASE_DURATION_MS: "2000",
    CALI_STATE_FILE: join(folder, "state.sqlite"),
    CALI_OBJECTS_FOLDER: join(folder, "objects"),
    CALI_SLACK_WEBHOOK_URL: await slack.listen(),
    CALI_LLM_API_KEY: "test-key",
    CALI_LLM_BASE_URL: baseUrl,
    NODE_COMPILE_CACHE: join(folder, "cache"),
  };
  const found = () => slack.posts.filter((post) => post.includes("Cause found"));

  llm.mood = () => undefined;
  kinesis.put(error("the ledger is out of balance"));
  const first = new ConsumerProcess(program, environment);
  await first.until("the alert", () => slack.posts.length === 1);
  expect(slack.posts[0]).toContain("nothing was found out within 3 s");
  await first.end("SIGKILL");

  llm.mood = undefined;
  const second = new ConsumerProcess(program, environment);
  await second.until("the cause", () => found().length === 1);
  expect(found()[0]).toContain(USABLE.cause);
  expect(found()[0]).toMatch(/of the alert `[0-9a-f]+-/);
  expect(await second.end("SIGTERM")).toBe(0);

  const third = new ConsumerProcess(program, environment);
  kinesis.put(error("the coupon has no owner"));
  await third.until("the next alert", () => slack.posts.some((post) => post.includes("the coupon")));
  expect(await third.end("SIGTERM")).toBe(0);
  expect(found()).toHaveLength(1);
});

it("a bot puts a late cause into the alert's message, below what has become of the incident", async () => {
  const rig = await Rig.create();
  const { api, apiUrl } = await slackApi();
  const { llm, baseUrl } = await model();
  llm.mood = (response) => sendJson(response, 500, {});
  await rig.start({
    slack: { botToken: BOT_TOKEN, channel: "#alerts", apiUrl },
    llm: { apiKey: "test-key", baseUrl, attempts: 1 },
  });
  rig.kinesis.put(error("the ledger is out of balance"));
  await until("the alert", () => api.calls.length === 1);
  expect(api.calls[0]?.blocks).toContain("the language model could not be asked");
  llm.mood = undefined;
  await until("the change", () => api.calls.length === 2);
  expect(api.calls[1]).toMatchObject({ method: "chat.update", channel: "C1", ts: "17.1" });
  expect(api.calls[1]?.blocks).toContain(USABLE.cause);
  expect(api.calls[1]?.blocks).not.toContain("unknown");

  // What comes next keeps the cause.
  rig.kinesis.put(error("the coupon has no owner"));
  await until("the update", () => api.calls.some(({ blocks }) => blocks.includes("*Goes on* in payment")));
  const update = api.calls.findLast(({ method }) => method === "chat.update");
  expect(update).toMatchObject({ ts: "17.1" });
  expect(update?.blocks).toContain("the ledger is out of balance");
  expect(update?.blocks).toContain(USABLE.cause);
  expect(rig.slack.posts).toEqual([]);
});
