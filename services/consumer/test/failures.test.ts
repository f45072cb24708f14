import { expect, it } from "vitest";
import { type Clock, systemClock } from "../src/core/clock.ts";
import { StateUnavailableError } from "../src/core/errors.ts";
import type { ObjectStore } from "../src/state/objects/types.ts";
import { SqliteStateStore } from "../src/state/sqlite.ts";
import type { BatchCommit } from "../src/state/types.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { alertsOf } from "./support/slack-server.ts";

const json = (over: Parameters<typeof logRecord>[0] = {}) => JSON.stringify(logRecord(over));
const error = (message: string) => json({ level: "ERROR", message });
const ready = async (port: number) => {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { status: answer.status, text: await answer.text() };
};
const noSpace = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

it("throttled, and then with a key that is disabled: says which, waits, loses nothing", async () => {
  const rig = await Rig.create();
  for (let i = 0; i < 30; i++) rig.kinesis.put(json({ level: "WARN" }));
  rig.kinesis.fail("GetRecords", "ProvisionedThroughputExceededException", 1);
  rig.kinesis.fail("GetRecords", "KMSDisabledException", 1);
  rig.kinesis.fail("GetShardIterator", "InternalFailure", 1, 500);
  rig.kinesis.fail("ListShards", "LimitExceededException", 1);
  const consumer = await rig.start();
  const troubles: string[] = [];
  consumer.events.on("trouble", ({ text }) => text && troubles.push(text));
  await until("all records", async () => (await consumer.counters()).totals.records === 30);
  expect(troubles.join("\n")).toContain("ProvisionedThroughputExceededException");
  expect(troubles.join("\n")).toContain("the stream's KMS key cannot be used");
  await until("ready again", async () => (await ready(consumer.port)).status === 200);
  const said = rig.said.map(({ msg }) => msg).join("\n");
  expect(said).toContain("reading failed: KMSDisabledException");
  expect(said).toContain("reading works again");
});

it("a role that may not describe the stream still reads it; a stream that is not there stops the start", async () => {
  const rig = await Rig.create();
  rig.kinesis.fail("DescribeStreamSummary", "ResourceNotFoundException");
  await expect(rig.start()).rejects.toThrow("ResourceNotFoundException");
  rig.kinesis.fail("DescribeStreamSummary", "ServiceUnavailable", 1, 503);
  rig.kinesis.fail("DescribeStreamSummary", "AccessDeniedException");
  const consumer = await rig.start();
  rig.kinesis.put(json());
  await until("the record", async () => (await consumer.counters()).totals.records === 1);
  expect(rig.said.some(({ msg }) => msg.includes("kinesis:DescribeStreamSummary"))).toBe(true);
});

it("expired iterators are renewed from the last record, again and again", async () => {
  const rig = await Rig.create();
  const consumer = await rig.start({ kinesis: { batchRecords: 2 } });
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 4; i++) rig.kinesis.put(error("it broke"));
    rig.kinesis.expireIterators();
    const expected = (round + 1) * 4;
    await until("the round's records", async () => (await consumer.counters()).totals.records === expected);
  }
  expect((await consumer.counters()).totals).toMatchObject({
    records: 20,
    valid: 20,
    byLevel: { ERROR: 20 },
  });
});

it("a stream that is gone or forbidden: not ready, and says what to check", async () => {
  const rig = await Rig.create();
  const consumer = await rig.start();
  rig.kinesis.fail("GetRecords", "ResourceNotFoundException", 1_000);
  let text = "";
  await until("why it is not ready", async () => {
    const answer = await ready(consumer.port);
    text = answer.text;
    return answer.status === 503 && text.includes("ResourceNotFoundException");
  });
  expect(text).toContain("check the stream's name and region");
});

it("no room for objects: nothing is acknowledged until there is, and then nothing is missing", async () => {
  const rig = await Rig.create();
  let full = true;
  const real = rig.objects;
  const objects: ObjectStore = {
    put: async (...args) => {
      if (full) throw noSpace();
      return real.put(...args);
    },
    get: (key) => real.get(key),
    read: (key) => real.read(key),
    list: (prefix) => real.list(prefix),
    delete: (key) => real.delete(key),
  };
  const consumer = await rig.start({}, { objects });
  rig.kinesis.put('{"nonsense');
  rig.kinesis.put(json());
  await until("not ready", async () => (await ready(consumer.port)).text.includes("ENOSPC"));
  expect((await consumer.counters()).totals.records).toBe(0);
  full = false;
  await until("all records", async () => (await consumer.counters()).totals.records === 2);
  await until("ready again", async () => (await ready(consumer.port)).status === 200);
  expect((await rig.deadLetters()).map(({ bytes }) => bytes.toString())).toEqual(['{"nonsense']);
  expect(rig.said.some(({ msg }) => msg.includes("nothing is acknowledged, the shard waits"))).toBe(true);
});

it("no room for the state: the commit fails, the shard waits, and each line counts once in the end", async () => {
  const rig = await Rig.create();
  class FullStore extends SqliteStateStore {
    full = true;
    override async commitBatch(commit: BatchCommit): Promise<void> {
      if (this.full) throw new StateUnavailableError("state.sqlite: database or disk is full");
      return super.commitBatch(commit);
    }
  }
  const store = new FullStore(rig.stateFile);
  const consumer = await rig.start({}, { store });
  for (let i = 0; i < 10; i++) rig.kinesis.put(error("it broke"));
  await until("not ready", async () => (await ready(consumer.port)).text.includes("disk is full"));
  expect((await consumer.counters()).totals.records).toBe(0);
  store.full = false;
  await until("all records", async () => (await consumer.counters()).totals.records === 10);
  await rig.stop(consumer);
  const [only] = await rig.openState().loadContributions("shardId-000000000000");
  expect(only).toMatchObject({ count: 10 });
});

it("Slack is unreachable: alerts are kept over a restart, the pod stays ready, and each is sent once", async () => {
  const rig = await Rig.create();
  const dead = { slack: { webhookUrl: "http://127.0.0.1:9/services/T0/B0/hidden" } };
  const first = await rig.start(dead);
  rig.kinesis.put(error("the first is broken"));
  rig.kinesis.put(error("something else does not work at all"));
  await until("two waiting", async () => (await first.counters()).outbox === 2);
  await until("the trouble", () => first.troubles().some((text) => text.startsWith("slack: ")));
  expect((await ready(first.port)).status).toBe(200);
  expect(JSON.stringify(rig.said)).not.toContain("hidden");
  await rig.stop(first);
  await rig.start();
  await until("both sent", () => alertsOf(rig.slack.posts).length === 2);
  expect(new Set(alertsOf(rig.slack.posts).map(({ id }) => id)).size).toBe(2);
});

it("Slack takes too long: the alert comes again under the same id, marked as a possible repeat", async () => {
  const rig = await Rig.create();
  rig.slack.status = 0;
  const consumer = await rig.start({ slack: { timeoutMs: 150 } });
  rig.kinesis.put(error("it broke"));
  await until("a try", () => rig.slack.requests > 0);
  rig.slack.status = 200;
  await until("the alert", () => rig.slack.posts.length > 0);
  await until("an empty outbox", async () => (await consumer.counters()).outbox === 0);
  // On a busy machine a good answer may take too long, too: then it comes once more.
  const told = alertsOf(rig.slack.posts);
  expect(told.every(({ isRepeat }) => isRepeat)).toBe(true);
  expect(new Set(told.map(({ id }) => id)).size).toBe(1);
});

it("a clock that jumps a day ahead and two back: alerts come in time, and none twice", async () => {
  const rig = await Rig.create();
  let offset = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + offset };
  const consumer = await rig.start({}, { clock });
  const jumps = [0, 86_400_000, -86_400_000];
  for (const [round, jump] of jumps.entries()) {
    offset = jump;
    const service = `service-${round}`;
    rig.kinesis.put(json({ level: "ERROR", service }));
    rig.kinesis.put(json({ level: "ERROR", service: "service-0" }));
    await until(service, () => alertsOf(rig.slack.posts).some((alert) => alert.service === service));
  }
  await until("all records", async () => (await consumer.counters()).totals.records === 6);
  const notified = alertsOf(rig.slack.posts).map(({ service }) => service);
  expect(notified).toEqual(["service-0", "service-1", "service-2"]);
});

it("a shard that hangs is noticed and read again; the others go on meanwhile", async () => {
  const rig = await Rig.create(2);
  const [hanging = "", other = ""] = rig.kinesis.openShards;
  rig.kinesis.hanging.add(hanging);
  const consumer = await rig.start({ limits: { stallMs: 200 } });
  rig.kinesis.put(json(), hanging);
  rig.kinesis.put(json(), other);
  await until("the other shard", async () => (await consumer.counters()).totals.records === 1);
  await until("a restart", () => rig.said.some(({ msg }) => msg.includes("no progress")));
  rig.kinesis.hanging.clear();
  await until("the hanging shard", async () => (await consumer.counters()).totals.records === 2);
});

it("a record that takes the process down again and again is found, kept aside, and the rest goes on", async () => {
  const rig = await Rig.create();
  const [shardId = ""] = rig.kinesis.openShards;
  for (let i = 0; i < 20; i++) rig.kinesis.put(error(`line ${i}`));
  // What seven processes leave behind that died on the first record.
  const store = new SqliteStateStore(rig.stateFile);
  const lease = await store.acquireLease(shardId, "dead");
  for (let i = 0; i < 7; i++) await store.countAttempt(lease, i);
  await store.close();
  const consumer = await rig.start();
  await until("all records", async () => (await consumer.counters()).totals.records === 20);
  expect((await consumer.counters()).totals).toMatchObject({ valid: 19, invalid: 1 });
  const [letter] = await rig.deadLetters();
  expect(letter?.reason).toBe("the process ended 7 times while it worked on this record");
  expect(letter?.bytes.toString()).toBe(error("line 0"));
  await rig.stop(consumer);
  expect((await rig.openState().shards())[0]?.checkpoint.attempts).toBe(0);
});

it("a few dead processes in a row reject nothing", async () => {
  const rig = await Rig.create();
  const [shardId = ""] = rig.kinesis.openShards;
  for (let i = 0; i < 20; i++) rig.kinesis.put(error(`line ${i}`));
  const store = new SqliteStateStore(rig.stateFile);
  const lease = await store.acquireLease(shardId, "dead");
  for (let i = 0; i < 6; i++) await store.countAttempt(lease, i);
  await store.close();
  const consumer = await rig.start();
  await until("all records", async () => (await consumer.counters()).totals.valid === 20);
});
