import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { KinesisServer } from "./support/kinesis-server.ts";
import { bundleConsumer, ConsumerProcess, temporaryFolder } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { SlackServer } from "./support/slack-server.ts";

/** The incident that a message is an update of, and its own alert. */
const saidOf = (post: string) => ({
  incident: /(?:incident in [^·]+· |update of the incident )`([^`]+)`/i.exec(post)?.[1],
  first: /alert `([^`]+)`/.exec(post)?.[1],
});

it("an incident goes on after the consumer was killed: its next alert is an update, and no second incident", async () => {
  const { folder, remove } = await temporaryFolder();
  const kinesis = new KinesisServer(1);
  const slack = new SlackServer();
  onTestFinished(async () => {
    await kinesis.close();
    await slack.close();
    await remove();
  });
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
    CALI_GROUPING_DEPENDENCIES: JSON.stringify({ cart: ["payment"] }),
    NODE_COMPILE_CACHE: join(folder, "cache"),
  };
  const put = (service: string, message: string) =>
    kinesis.put(JSON.stringify(logRecord({ level: "ERROR", service, message })));

  put("payment", "the pool has no free connection");
  const first = new ConsumerProcess(program, environment);
  await first.until("the incident", () => slack.posts.length === 1);
  const begun = saidOf(slack.posts[0] ?? "");
  expect(begun.incident).toBeUndefined();
  await first.end("SIGKILL");

  put("payment", "the ledger is out of balance");
  const second = new ConsumerProcess(program, environment);
  // The first alert may come again, if the kill fell between Slack's answer and the note of it.
  const about = (text: string) => slack.posts.find((post) => post.includes(text));
  await second.until("the update", () => about("the ledger") !== undefined);
  expect(saidOf(about("the ledger") ?? "").incident).toBe(begun.first);
  // Another service's trouble is an incident of its own.
  put("search", "the index has gone");
  await second.until("the other", () => about("the index") !== undefined);
  expect(saidOf(about("the index") ?? "").incident).toBeUndefined();
  expect(await second.end("SIGTERM")).toBe(0);
});
