import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../src/core/clock.ts";
import { noTotals } from "../src/core/totals.ts";
import type { NewTemplate } from "../src/core/types.ts";
import { AlertGrouper } from "../src/group/alert-grouper.ts";
import { TemplateMiner } from "../src/group/template-miner.ts";
import { Metrics } from "../src/ops/metrics.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { SqliteStateStore } from "../src/state/sqlite.ts";
import { temporaryFolder } from "./support/process.ts";
import { logRecord } from "./support/records.ts";

const silent = pino({ level: "silent" });

/** Two shards of one process; `keep` stands for new_errors/. */
async function twoShards(keep: (templates: NewTemplate[]) => Promise<void> = async () => {}) {
  const { folder, remove } = await temporaryFolder();
  const store = new SqliteStateStore(join(folder, "state.sqlite"));
  onTestFinished(async () => {
    await store.close();
    await remove();
  });
  const miner = new TemplateMiner();
  const grouper = new AlertGrouper({
    groupWaitMs: 0,
    groupIntervalMs: 0,
    repeatIntervalMs: 0,
    surgeFactor: 10,
    inhibitWindowMs: 0,
    dependencies: {},
    silences: [],
    maxGroups: 100,
    now: () => Date.now(),
    describe: (fingerprint) => miner.get(fingerprint),
  });
  const metrics = new Metrics(systemClock, {
    templates: () => miner.size,
    bufferedBytes: () => 0,
    outbox: async () => 0,
    incidentsWaiting: async () => 0,
  });
  const pipeline = new Pipeline({
    store,
    miner,
    grouper,
    keepRejected: async () => {},
    keepNewTemplates: keep,
    maxDecodedBytes: 1024 * 1024,
    metrics,
    clock: systemClock,
    log: silent,
  });
  let sequenceNumber = 0;
  const open = async (shardId: string) => {
    const lease = await store.acquireLease(shardId, "me");
    const checkpoint = { shardId, ended: false, totals: noTotals(), attempts: 0 };
    const shard = await pipeline.openShard(lease, checkpoint);
    return (...datas: string[]) => {
      const records = datas.map((data) => ({
        sequenceNumber: String(++sequenceNumber),
        arrivedAt: 0,
        data: Buffer.from(data),
      }));
      const signal = new AbortController().signal;
      return shard.process({ records, last: false, behindMs: 0 }, signal, () => {});
    };
  };
  const metric = () => metrics.registry.getSingleMetricAsString("cali_consumer_repeats_total");
  return { store, first: await open("shard-1"), second: await open("shard-2"), metric };
}

const error = (message: string) => JSON.stringify(logRecord({ level: "ERROR", message }));

const fingerprints = async (found: Promise<{ fingerprint: string }[]>) =>
  (await found).map(({ fingerprint }) => fingerprint);

it("a commit holds the templates of its counts, also those that another shard brought and has not committed", async () => {
  const never = new Promise<void>(() => {});
  let calls = 0;
  const { store, first, second } = await twoShards(() => (calls++ === 0 ? never : Promise.resolve()));
  void first(error("the disk of node 17 is full"), error("the disk of node 18 is full"));
  await expect.poll(() => calls).toBe(1);
  await second(error("the disk of node 19 is full"));
  // A process that ends here finds the second shard's counts, and the template they are of.
  const counted = await fingerprints(store.loadContributions("shard-2"));
  expect(counted).toHaveLength(1);
  expect(await fingerprints(store.loadTemplates())).toEqual(counted);
});

it("a commit holds no new template that only another shard has counted: it would not be new after a crash", async () => {
  const { store, first, second } = await twoShards((templates) =>
    templates.some(({ template }) => template.includes("disk")) ? new Promise(() => {}) : Promise.resolve(),
  );
  void first(error("the disk is full"));
  await second(error("no route to the host of the database"));
  const counted = await fingerprints(store.loadContributions("shard-2"));
  expect(counted).toHaveLength(1);
  expect(await fingerprints(store.loadTemplates())).toEqual(counted);
});

it("counts a log once that was sent again, whichever shard it came to, and again when it has no id", async () => {
  const { store, first, second, metric } = await twoShards();
  const sent = (hash?: string) =>
    JSON.stringify({
      ...logRecord({ level: "ERROR", message: "the disk is full" }),
      source_id: hash && `5b1c3a52/app/0/stdout/1970-01-01T00:00:00.000000000Z/${hash.repeat(8)}`,
    });
  await first(sent("a"), sent("b"), sent("a"));
  await second(sent("b"), sent("c"), sent(), sent());
  const counts = await Promise.all(
    ["shard-1", "shard-2"].map(async (shard) => {
      const found = await store.loadContributions(shard);
      return found.reduce((sum, { count }) => sum + count, 0);
    }),
  );
  expect(counts).toEqual([2, 3]);
  expect(await metric()).toMatch(/^cali_consumer_repeats_total 2$/m);
});

it("counts each log of an application that has a field of that name itself", async () => {
  const { store, first, metric } = await twoShards();
  const own = JSON.stringify({ level: "error", msg: "the disk is full", source_id: "web" });
  const record = JSON.stringify({
    ...logRecord({ level: "ERROR", message: "the disk is full" }),
    source_id: "web",
  });
  await first(own, own, record, record);
  const counted = await store.loadContributions("shard-1");
  expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(4);
  expect(await metric()).toMatch(/^cali_consumer_repeats_total 0$/m);
});

it("logs that come late are an error of Fluent Bit that is alerted like every other", async () => {
  const { store, first } = await twoShards();
  // The stream took them at 0: they are from before.
  const late = (number: number) =>
    JSON.stringify({
      ...logRecord({ level: "INFO" }),
      source_id: `uid/app/0/stdout/1969-12-31T23:50:00.000000000Z/${String(number).padStart(8, "0")}`,
    });
  await first(...Array.from({ length: 30 }, (_, number) => late(number)));
  const counted = await store.loadContributions("shard-1");
  expect(counted).toHaveLength(1);
  expect(counted[0]).toMatchObject({ count: 1, samples: [expect.stringMatching(/^deliveries are late: /)] });
});

it("a batch with more dead letters than one commit takes is done to its end, each record once", async () => {
  const { store, first } = await twoShards();
  const broken = Array.from({ length: 20_001 }, () => "");
  await first(...broken, error("the disk is full"));
  const checkpoint = (await store.shards()).find(({ checkpoint: { shardId } }) => shardId === "shard-1");
  expect(checkpoint?.checkpoint).toMatchObject({
    sequenceNumber: "20002",
    totals: { records: 20_002, valid: 1, invalid: 20_001 },
  });
  const samples = (await store.loadContributions("shard-1")).flatMap((one) => one.samples);
  expect(samples).toContain("the disk is full");
});
