import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../src/config/load.ts";
import type { Alert } from "../src/core/types.ts";
import { type Consumer, startNotifier } from "../src/pipeline/consumer.ts";
import { openParts } from "../src/pipeline/parts.ts";
import { pipelineOf } from "../src/pipeline/shard-readers.ts";
import { KclShardWork } from "../src/pipeline/shard-work.ts";
import { DynamoStateStore } from "../src/state/dynamodb.ts";
import { CREDENTIALS as credentials, REGION as region, startMoto } from "./support/moto.ts";
import { until } from "./support/process.ts";
import { Rig } from "./support/rig.ts";
import { alertsOf } from "./support/slack-server.ts";
import { makeStateTable } from "./support/state-table.ts";

interface FixtureRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly data: string;
}

const linesOf = <T>(name: string): T[] =>
  readFileSync(join(import.meta.dirname, "fixtures/state-replicas", name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const RECORDS = linesOf<FixtureRecord>("records.jsonl");
const ITEMS = linesOf<Record<string, { S: string }>>("items.jsonl");
/** Shards, parents first. */
const SHARDS = [...new Set(RECORDS.map(({ shardId }) => shardId))].sort();
const PARENT = "shardId-000000000000";
/** Records that KCL gives at once. */
const AT_ONCE = 7;

const WAITING = ITEMS.filter(({ pk }) => pk?.S === "outbox").map(
  ({ doc }) => JSON.parse(doc?.S ?? "") as Alert,
);
/** Lines that belong to alerts, by service. */
const LINES = countBy(
  RECORDS.filter(({ data }) => data.endsWith("}") && !data.includes('"level":"INFO"')).map(
    ({ data }): [string, number] => [JSON.parse(data).service, 1],
  ),
);

function countBy(counts: readonly (readonly [string, number])[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of counts) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

/** The stream, with so many of its records, and a state. */
class World {
  readonly rig: Rig;
  readonly alerts: Alert[] = [];
  readonly store: DynamoStateStore;
  readonly #state: { file: undefined; table: string; endpoint: string; leaseDurationMs: number };
  #put = 0;

  private constructor(rig: Rig, store: DynamoStateStore, table: string, endpoint: string) {
    this.rig = rig;
    this.store = store;
    this.#state = { file: undefined, table, endpoint, leaseDurationMs: 1_000 };
  }

  static async create(items: readonly Record<string, { S: string }>[]): Promise<World> {
    const { endpoint, stop } = await startMoto();
    onTestFinished(stop);
    const table = await makeStateTable({ endpoint, region, credentials });
    const client = new DynamoDBClient({ endpoint, region, credentials });
    for (const Item of items) await client.send(new PutItemCommand({ TableName: table, Item }));
    client.destroy();
    const store = await DynamoStateStore.open({ table, region, endpoint, credentials });
    onTestFinished(() => store.close());
    return new World(await Rig.create(3), store, table, endpoint);
  }

  put(until = RECORDS.length): void {
    const { kinesis } = this.rig;
    for (const { data, shardId, sequenceNumber } of RECORDS.slice(this.#put, until)) {
      if (!kinesis.openShards.includes(shardId)) kinesis.split(PARENT);
      kinesis.put(data, shardId, sequenceNumber);
    }
    this.#put = until;
  }

  get #sections() {
    return {
      state: this.#state,
      // All that is counted is notified within the test.
      grouping: {
        groupWaitMs: 50,
        groupIntervalMs: 200,
        repeatIntervalMs: 400,
        warnLeastLines: 1,
        newKindsAnHour: 1_000,
        learnForMs: 0,
      },
      slack: { digestAbove: 11 },
    };
  }

  start(as?: typeof startNotifier): Promise<Consumer> {
    return this.rig.start(this.#sections, {}, as).then((consumer) => {
      consumer.events.on("alert", (alert) => this.alerts.push(alert));
      return consumer;
    });
  }

  /** What KCL's workers do with a lease table that is new: each shard is given from its oldest record on, parents first. */
  async kclReads(): Promise<void> {
    for (const shardId of SHARDS) {
      const parts = await openParts(parseConfig(this.rig.configOf(this.#sections)), this.rig.overrides);
      const work = new KclShardWork(parts, pipelineOf(parts, { isFollowed: true }), {
        isOurs: async () => true,
        touch() {},
      });
      await work.initialize({ action: "initialize", shardId, sequenceNumber: "TRIM_HORIZON" });
      const records = RECORDS.slice(0, this.#put)
        .filter((record) => record.shardId === shardId)
        .map(({ sequenceNumber, data }) => ({ sequenceNumber, data: Buffer.from(data).toString("base64") }));
      for (let from = 0; from < records.length; from += AT_ONCE)
        expect(await work.process(records.slice(from, from + AT_ONCE), 0)).toBe(true);
      if (shardId === PARENT && !this.rig.kinesis.openShards.includes(PARENT)) await work.end();
      parts.stream.close();
      await parts.store.close();
    }
  }

  /** Every line is counted and notified once, and all that was notified is sent once. */
  async expectAll(waiting: readonly Alert[]): Promise<void> {
    const told = () => [...waiting, ...this.alerts];
    const notified = () => countBy(told().map(({ service, count }) => [service, count]));
    const lines = Object.values(LINES).reduce((sum, count) => sum + count, 0);
    await until("every line to be notified", () => {
      return Object.values(notified()).reduce((sum, count) => sum + count, 0) >= lines;
    });
    expect(notified()).toEqual(LINES);
    await until("an empty outbox", async () => (await this.store.outbox.size()) === 0);
    const invalid = RECORDS.filter(({ data }) => !data.endsWith("}")).length;
    const valid = RECORDS.length - invalid;
    expect(await this.store.totals()).toMatchObject({ records: RECORDS.length, valid, invalid });
    const sent = alertsOf(this.rig.slack.posts).map(({ id }) => id);
    expect(sent.sort()).toEqual(
      told()
        .map(({ id }) => id)
        .sort(),
    );
    const first = told().filter(({ isNew }) => isNew);
    expect(new Set(first.map(({ fingerprint }) => fingerprint)).size).toBe(first.length);
  }
}

it("goes on with one process where three replicas were killed", async () => {
  const world = await World.create(ITEMS);
  world.put();
  await world.start();
  await world.expectAll(WAITING);
});

it("goes on with KCL's workers and a notifier where three replicas were killed", async () => {
  const world = await World.create(ITEMS);
  world.put();
  await world.kclReads();
  await world.start(startNotifier);
  await world.expectAll(WAITING);
});

it("goes on with KCL where engine single has stopped, and back", async () => {
  const world = await World.create([]);
  world.put(60);
  const single = await world.start();
  const readUpTo = (records: number) => async () => (await world.store.totals()).records >= records;
  await until("60 records", readUpTo(60));
  await world.rig.stop(single);
  world.put(120);
  await world.kclReads();
  const notifier = await world.start(startNotifier);
  await until("alerts of what the workers counted", () => world.alerts.length > 0);
  await world.rig.stop(notifier);
  world.put();
  await world.start();
  await world.expectAll([]);
});
