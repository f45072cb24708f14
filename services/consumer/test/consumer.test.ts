import { gzipSync } from "node:zlib";
import { expect, it, vi } from "vitest";
import { REFUSED_ALERTS } from "../src/notify/slack/refused.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { alertsOf } from "./support/slack-server.ts";
import { aggregate } from "./support/workload.ts";

const json = (over: Parameters<typeof logRecord>[0] = {}) => JSON.stringify(logRecord(over));
const get = async (port: number, path: string) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: answer.status, text: await answer.text() };
};

it("a line becomes an alert, and the numbers show it", async () => {
  const rig = await Rig.create(2);
  const consumer = await rig.start();
  const alerts: string[] = [];
  consumer.events.on("alert", (alert) => alerts.push(alert.service));
  const [one, other] = rig.kinesis.openShards;
  rig.kinesis.put(json(), one);
  rig.kinesis.put(json({ level: "ERROR", service: "payment", message: "card 12 is declined" }), other);
  rig.kinesis.put('{"nonsense', other);
  await until("the alert", () => rig.slack.posts.length > 0);
  await until("all three", async () => (await consumer.counters()).totals.records === 3);
  expect(alerts).toEqual(["payment"]);
  expect(alertsOf(rig.slack.posts)).toMatchObject([{ service: "payment", isRepeat: false }]);
  expect(await consumer.counters()).toMatchObject({
    totals: { records: 3, valid: 2, invalid: 1, byLevel: { INFO: 1, ERROR: 1 } },
    alerts: 1,
    templates: 1,
    shards: rig.kinesis.openShards,
  });
  await until("an empty outbox", async () => (await consumer.counters()).outbox === 0);
  expect(await get(consumer.port, "/healthz")).toEqual({ status: 200, text: "healthy\n" });
  expect(await get(consumer.port, "/readyz")).toEqual({ status: 200, text: "ready\n" });
  const { text } = await get(consumer.port, "/metrics");
  for (const line of [
    'cali_consumer_records_total{result="valid"} 2',
    'cali_consumer_records_total{result="invalid"} 1',
    'cali_consumer_lines_total{level="ERROR"} 1',
    "cali_consumer_alerts_total 1",
    "cali_consumer_suppressed_total 0",
    "cali_consumer_outbox_size 0",
    "cali_consumer_shards 2",
  ]) {
    expect(text).toContain(line);
  }
  expect(text).toMatch(/cali_consumer_lag_milliseconds \d/);
  expect(text).toMatch(/cali_consumer_notified_age_seconds \d/);
  expect((await get(consumer.port, "/else")).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${consumer.port}/healthz`, { method: "POST" })).status).toBe(405);
});

it("an alert that Slack refuses is kept aside, and counted", async () => {
  const rig = await Rig.create();
  const consumer = await rig.start();
  const metrics = async () => (await get(consumer.port, "/metrics")).text;
  expect(await metrics()).toContain("cali_consumer_refused_alerts_total 0");
  rig.slack.status = 400;
  rig.kinesis.put(json({ level: "ERROR", service: "payment", message: "card 12 is declined" }));
  await until("the refusal", async () => (await metrics()).includes("cali_consumer_refused_alerts_total 1"));
  await until("an empty outbox", async () => (await consumer.counters()).outbox === 0);
  const kept: string[] = [];
  for await (const { key } of rig.objects.list(REFUSED_ALERTS))
    kept.push(Buffer.from((await rig.objects.get(key)) ?? []).toString());
  expect(kept).toHaveLength(1);
  expect(JSON.parse(kept[0] ?? "")).toMatchObject({
    reason: "Slack refuses it as blocks and as text",
    alert: { service: "payment" },
  });
});

it("every kind of broken record is kept as it came, with the reason, and no other is lost", async () => {
  const rig = await Rig.create();
  const megabyte = logRecord({ message: "x".repeat(1024 * 1024 - 400) });
  const big = json({ level: "WARN", log_content: "y".repeat(200_000) });
  const brokenAggregate = aggregate([Buffer.from(json())]);
  brokenAggregate[20] = (brokenAggregate[20] ?? 0) ^ 1;
  const broken: [Buffer, string][] = [
    [Buffer.alloc(0), "empty"],
    [Buffer.from("   "), "empty"],
    [Buffer.from([0xff, 0xfe, 0x00]), "not UTF-8"],
    [Buffer.from("\u0001\u0002 nonsense"), "not text"],
    [Buffer.from('{"level":"INFO"'), "JSON"],
    [gzipSync(json()).subarray(0, 40), "gzip"],
    [gzipSync(Buffer.alloc(20 * 1024 * 1024, 0x20)), "gzip: becomes more than"],
    [brokenAggregate, "KPL aggregate"],
    [Buffer.from(JSON.stringify(megabyte).slice(0, -1)), "JSON"],
    [Buffer.from('{"'.repeat(512 * 1024)), "JSON"],
  ];
  for (const [bytes] of broken) {
    rig.kinesis.put(bytes);
    rig.kinesis.put(json());
  }
  rig.kinesis.put(big);
  const consumer = await rig.start();
  const total = broken.length * 2 + 1;
  await until("all records", async () => (await consumer.counters()).totals.records === total);
  const { valid, invalid } = (await consumer.counters()).totals;
  expect({ valid, invalid }).toEqual({ valid: broken.length + 1, invalid: broken.length });
  const letters = await rig.deadLetters();
  expect(letters).toHaveLength(broken.length);
  for (const [place, [bytes, reason]] of broken.entries()) {
    expect(letters[place]?.reason).toContain(reason);
    expect(letters[place]?.bytes.equals(bytes)).toBe(true);
  }
});

it("a record that cannot be processed is kept aside, and its shard goes on", async () => {
  const rig = await Rig.create();
  const { TemplateMiner } = await import("../src/group/template-miner.ts");
  const add = TemplateMiner.prototype.add;
  const spy = vi.spyOn(TemplateMiner.prototype, "add").mockImplementation(function (this: never, ...args) {
    if (args[1].includes("poison")) throw new RangeError("too much");
    return add.apply(this, args);
  });
  rig.kinesis.put(json({ level: "ERROR", message: "before" }));
  rig.kinesis.put(json({ level: "ERROR", message: "poison" }));
  rig.kinesis.put(json({ level: "ERROR", message: "after" }));
  const consumer = await rig.start();
  await until("all records", async () => (await consumer.counters()).totals.records === 3);
  spy.mockRestore();
  expect((await consumer.counters()).totals).toMatchObject({ valid: 2, invalid: 1 });
  const [letter] = await rig.deadLetters();
  expect(letter?.reason).toBe("processing failed: RangeError: too much");
  expect(JSON.parse(letter?.bytes.toString() ?? "")).toMatchObject({ message: "poison" });
});

it("children of split and merged shards are read after their parents, each record once", async () => {
  const rig = await Rig.create(2);
  const order: string[] = [];
  const consumer = await rig.start({ kinesis: { batchRecords: 3 } });
  consumer.events.on("commit", ({ shardId }) => order.push(shardId));
  const [first = "", second = ""] = rig.kinesis.openShards;
  const fill = (shardId: string) => {
    for (let i = 0; i < 10; i++) rig.kinesis.put(json({ level: "WARN" }), shardId);
  };
  fill(first);
  fill(second);
  const [left = "", right = ""] = rig.kinesis.split(first);
  fill(left);
  fill(right);
  const merged = rig.kinesis.merge(right, second);
  fill(merged);
  await until("all records", async () => (await consumer.counters()).totals.records === 50);
  const begins = (shardId: string) => order.indexOf(shardId);
  const ends = (shardId: string) => order.lastIndexOf(shardId);
  expect(begins(left)).toBeGreaterThan(ends(first));
  expect(begins(right)).toBeGreaterThan(ends(first));
  expect(begins(merged)).toBeGreaterThan(Math.max(ends(right), ends(second)));
  await rig.stop(consumer);
  const store = rig.openState();
  const states = await store.shards();
  expect(states.filter((one) => one.checkpoint.ended).map((one) => one.checkpoint.shardId)).toEqual(
    [first, second, right].sort(),
  );
  let count = 0;
  for (const { checkpoint } of states) {
    for (const one of await store.loadContributions(checkpoint.shardId)) count += one.count;
  }
  expect(count).toBe(50);
});

it("a shard beyond the stream's retention is forgotten, its child goes on, and nothing is counted twice", async () => {
  const rig = await Rig.create();
  const [parent = ""] = rig.kinesis.openShards;
  rig.kinesis.put(json({ level: "ERROR" }));
  const consumer = await rig.start();
  await until("the first", async () => (await consumer.counters()).totals.records === 1);
  const [child = ""] = rig.kinesis.split(parent);
  await until("the children", async () => (await consumer.counters()).shards.includes(child));
  rig.kinesis.forget(parent);
  rig.kinesis.put(json({ level: "ERROR" }), child);
  await until("the child's record", async () => (await consumer.counters()).totals.records === 2);
  const listings = rig.kinesis.calls.ListShards ?? 0;
  await until("two more listings", () => (rig.kinesis.calls.ListShards ?? 0) > listings + 4);
  expect((await consumer.counters()).totals.records).toBe(2);
  await rig.stop(consumer);
  const shardIds = (await rig.openState().shards()).map(({ checkpoint }) => checkpoint.shardId);
  expect(shardIds).not.toContain(parent);
  expect(shardIds).toContain(child);
});

it("starts again where it stopped, and with LATEST where it first was", async () => {
  const rig = await Rig.create();
  rig.kinesis.now = Date.now() - 1;
  rig.kinesis.put(json({ level: "ERROR", message: "old" }));
  rig.kinesis.now = undefined;
  const first = await rig.start({ kinesis: { initialPosition: "LATEST" } });
  await until("reading", async () => (await first.counters()).shards.length === 1);
  await rig.stop(first);
  rig.kinesis.put(json({ level: "ERROR", message: "while it was away" }));
  const second = await rig.start({ kinesis: { initialPosition: "LATEST" } });
  await until("the new record", async () => (await second.counters()).totals.records === 1);
  await rig.stop(second);
  expect((await rig.openState().loadTemplates()).map((one) => one.tokens.join(" "))).toEqual([
    "while it was away",
  ]);
});
