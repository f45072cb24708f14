import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** One reader in a process of its own: warms up, then counts records for a while and prints how many a second. */
const { values } = parseArgs({
  options: {
    reader: { type: "string" },
    port: { type: "string" },
    shards: { type: "string" },
    seconds: { type: "string" },
    lifion: { type: "string" },
    vectors: { type: "string" },
  },
});
const endpoint = `http://127.0.0.1:${values.port}`;
const shards = Number(values.shards);
const seconds = Number(values.seconds);
const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
const region = "us-east-1";
const shardIds = Array.from({ length: shards }, (_, i) => `shardId-${String(i).padStart(12, "0")}`);
/** Of CPU: on a busy machine two seconds by the clock may be half a second of it. */
const WARM_UP_SECONDS = 2;

let count = 0;

const READERS: Record<string, () => Promise<() => Promise<void>>> = {
  /** The whole consumer: decode, validate, mine, group, throttle, commit to SQLite on disk, dlq/ in a folder. */
  async cali() {
    // Here, so that the peers' garbage collectors don't have to look through it.
    const { startConsumer } = await import("@cali/consumer");
    const folder = await mkdtemp(join(tmpdir(), "cali-bench-"));
    const consumer = await startConsumer(
      {
        region,
        kinesis: { stream: "bench", endpoint },
        state: { file: join(folder, "state.sqlite") },
        objects: { folder: join(folder, "objects") },
        slack: { webhookUrl: `${endpoint}/slack` },
        knowledge: { vectors: values.vectors === "sqlite" ? "sqlite" : "none" },
        http: { port: 0, host: "127.0.0.1" },
        log: { level: "error" },
      },
      { credentials },
    );
    consumer.events.on("commit", ({ delta }) => {
      count += delta.valid + delta.invalid;
    });
    return async () => {
      await consumer.stop();
      await rm(folder, { recursive: true, force: true });
    };
  },

  /** AWS's client alone: nothing is done with the records. */
  async sdk() {
    const client = new KinesisClient({
      endpoint,
      region,
      credentials,
      requestHandler: new NodeHttpHandler({}),
    });
    for (const ShardId of shardIds) {
      void (async () => {
        const start = { StreamName: "bench", ShardId, ShardIteratorType: "TRIM_HORIZON" as const };
        let { ShardIterator } = await client.send(new GetShardIteratorCommand(start));
        for (;;) {
          const answer = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }));
          ShardIterator = answer.NextShardIterator;
          count += answer.Records?.length ?? 0;
        }
      })();
    }
    return async () => client.destroy();
  },

  /**
   * lifion-kinesis's polling consumers with its defaults, which read and parse JSON, but no pause between polls and
   * without its DynamoDB.
   */
  async lifion() {
    const require = createRequire(join(values.lifion ?? "", "package.json"));
    const PollingConsumer = require("lifion-kinesis/lib/polling-consumer");
    const Client = require("lifion-kinesis/lib/kinesis-client");
    const logger = { debug: () => undefined, warn: () => undefined, error: console.error };
    const client = new Client({ awsOptions: { endpoint, region, credentials }, logger, streamName: "bench" });
    for (const shardId of shardIds) {
      const consumer = new PollingConsumer({
        client,
        initialPositionInStream: "TRIM_HORIZON",
        leaseExpiration: Date.now() + 3_600_000,
        limit: 10_000,
        logger,
        noRecordsPollDelay: 250,
        pollDelay: 0,
        pushToStream: (error: Error | null, batch: { records: unknown[] }) => {
          if (error) throw error;
          count += batch.records.length;
        },
        shardId,
        shouldDeaggregate: false,
        shouldParseJson: "auto",
        stateStore: { getShardsData: async () => ({ shardsPath: "", shardsPathNames: {} }) },
        stopConsumer: () => undefined,
        streamName: "bench",
        useAutoCheckpoints: false,
        usePausedPolling: false,
      });
      await consumer.start();
    }
    return async () => undefined;
  },
};

const stop = await READERS[values.reader ?? ""]?.();
const started = process.cpuUsage();
while (cpuSeconds(started) < WARM_UP_SECONDS) await new Promise((resolve) => setTimeout(resolve, 50));
const from = { count, at: performance.now(), cpu: process.cpuUsage() };
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const took = (performance.now() - from.at) / 1000;
const cpu = cpuSeconds(from.cpu);
process.stdout.write(
  `${JSON.stringify({
    perSecond: Math.round((count - from.count) / took),
    perCpuSecond: Math.round((count - from.count) / cpu),
    rssMiB: Math.round(process.memoryUsage().rss / 1024 / 1024),
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    records: count,
  })}\n`,
);
await stop?.();
process.exit(0);

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}
