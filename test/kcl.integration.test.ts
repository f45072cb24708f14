import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { describe, expect, it, onTestFinished } from "vitest";
import { REGION, STREAM, startKinesis } from "../local/kinesis.ts";
import { DynamoStateStore } from "../services/consumer/src/state/dynamodb.ts";
import { CREDENTIALS as credentials, startMoto } from "../services/consumer/test/support/moto.ts";
import {
  bundleConsumer,
  ConsumerProcess,
  temporaryFolder,
  until,
} from "../services/consumer/test/support/process.ts";
import { seeded } from "../services/consumer/test/support/random.ts";
import { alertsOf, SlackServer } from "../services/consumer/test/support/slack-server.ts";
import { makeStateTable } from "../services/consumer/test/support/state-table.ts";
import { workload } from "../services/consumer/test/support/workload.ts";

/** Folder with the jars of KCL's daemon: `mvn -f services/consumer/kcl/pom.xml dependency:copy-dependencies -DoutputDirectory=FOLDER`; `.ci/run` does it. */
const JARS = process.env.CALI_KCL_JARS ?? join(import.meta.dirname, "../.venv/kcl");
const MISSING = [
  ...(spawnSync("java", ["-version"]).error === undefined ? [] : ["java"]),
  ...(existsSync(JARS) ? [] : [JARS]),
];
const SKIPPED = MISSING.length === 0 ? "" : ` (skipped: no ${MISSING.join(", no ")})`;
const PAYLOADS = 100_000;
/** Starting a daemon, giving a lease to another, and a state of 100,000 records, on a machine that does much else. */
const PATIENCE_MS = 400_000;
const TIMEOUT_MS = 900_000;

const LOGS_A_RECORD = 200;

/** Logs in JSON, many to a record: the Kinesis of the tests takes a second for some hundred records. */
function packed(records: readonly Buffer[], invalid: ReadonlySet<string>): Buffer[] {
  const isJson = (record: Buffer) => record[0] === 0x7b && !invalid.has(record.toString("base64"));
  const logs = records.filter(isJson);
  const others = records.filter((record) => !isJson(record));
  const packs = Array.from({ length: Math.ceil(logs.length / LOGS_A_RECORD) }, (_, place) =>
    Buffer.from(logs.slice(place * LOGS_A_RECORD, (place + 1) * LOGS_A_RECORD).join("\n")),
  );
  // Among one another, as they would come.
  const every = Math.ceil(packs.length / Math.max(1, others.length));
  const mixed = packs.flatMap((pack, place) =>
    place % every === 0
      ? [...others.splice(0, Math.ceil(others.length / (packs.length - place))), pack]
      : [pack],
  );
  return [...mixed, ...others];
}

/** The key of an aggregate is that of its records: KCL leaves out those that another shard's keys are. */
const keyOf = (data: Buffer, place: number) => (data.readUInt32BE() === 0xf3899ac2 ? "p" : `key-${place}`);

async function put(kinesis: KinesisClient, records: readonly Buffer[]): Promise<void> {
  for (let from = 0; from < records.length; ) {
    const some = records.slice(from, from + 250);
    const answer = await kinesis.send(
      new PutRecordsCommand({
        StreamName: STREAM,
        Records: some.map((Data, place) => ({ Data, PartitionKey: keyOf(Data, from + place) })),
      }),
    );
    expect(answer.FailedRecordCount).toBe(0);
    from += some.length;
  }
}

/** Splits the first open shard, and merges two neighbours when that is done. */
async function reshard(kinesis: KinesisClient): Promise<void> {
  const active = () =>
    until("the stream", async () => {
      const answer = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: STREAM }));
      return answer.StreamDescriptionSummary?.StreamStatus === "ACTIVE";
    });
  const open = async () => {
    const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: STREAM }));
    return Shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
      .map((shard) => ({
        id: shard.ShardId as string,
        from: BigInt(shard.HashKeyRange?.StartingHashKey ?? 0),
        to: BigInt(shard.HashKeyRange?.EndingHashKey ?? 0),
      }))
      .sort((a, b) => (a.from < b.from ? -1 : 1));
  };
  const [first] = await open();
  if (first === undefined) throw new Error("no shard is open");
  const middle = String((first.from + first.to) / 2n);
  await kinesis.send(
    new SplitShardCommand({ StreamName: STREAM, ShardToSplit: first.id, NewStartingHashKey: middle }),
  );
  await active();
  const [one, other] = (await open()).slice(-2);
  await kinesis.send(
    new MergeShardsCommand({
      StreamName: STREAM,
      ShardToMerge: one?.id,
      AdjacentShardToMerge: other?.id,
    }),
  );
  await active();
}

describe.skipIf(SKIPPED)(`the Kinesis Client Library's daemon${SKIPPED}`, { timeout: TIMEOUT_MS }, () => {
  it("loses nothing and notifies nothing twice: single before, a daemon and the notifier killed, a split, a merge", async () => {
    const { folder, remove } = await temporaryFolder();
    onTestFinished(remove);
    const kinesis = await startKinesis(4, join(folder, "kinesis.log"));
    onTestFinished(() => kinesis.stop());
    const moto = await startMoto();
    onTestFinished(() => moto.stop());
    const slack = new SlackServer();
    const webhook = await slack.listen();
    onTestFinished(() => slack.close());
    const table = await makeStateTable({ endpoint: moto.endpoint, region: REGION, credentials });
    const program = await bundleConsumer(folder);
    const environment = {
      AWS_REGION: REGION,
      CALI_KINESIS_STREAM: STREAM,
      CALI_KINESIS_ENDPOINT: kinesis.endpoint,
      // The local Kinesis answers slowly beside other tests; KCL's client gives a read up after 30 s. So few reads, each of little.
      CALI_KINESIS_POLL_INTERVAL_MS: "500",
      CALI_KINESIS_BATCH_RECORDS: "50",
      CALI_KINESIS_DISCOVERY_INTERVAL_MS: "2000",
      CALI_STATE_TABLE: table,
      CALI_STATE_ENDPOINT: moto.endpoint,
      CALI_STATE_LEASE_DURATION_MS: "5000",
      CALI_OBJECTS_FOLDER: join(folder, "objects"),
      CALI_SLACK_WEBHOOK_URL: webhook,
      CALI_SLACK_PACE_MS: "10",
      CALI_KCL_JARS_FOLDER: JARS,
      CALI_KCL_APPLICATION_NAME: "cali-test",
      CALI_KCL_JAVA_OPTIONS: JSON.stringify(["-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]),
      NODE_COMPILE_CACHE: join(folder, "cache"),
    };
    const start = (role: string, more = {}) =>
      new ConsumerProcess(program, { ...environment, ...more }, [role], { ownGroup: true });
    const store = await DynamoStateStore.open({
      table,
      region: REGION,
      endpoint: moto.endpoint,
      credentials,
    });
    const processed = async () => {
      const { valid, invalid } = await store.totals();
      return valid + invalid;
    };
    const { records: loose, expected } = workload(PAYLOADS, seeded(7), 0.02);
    const records = packed(loose, new Set(expected.invalid));
    const half = Math.floor(records.length / 2);
    await put(kinesis.client, records.slice(0, half));

    // Engine single was there before, with the same state: KCL begins at the oldest record all the same.
    const single = start("run", { CALI_KINESIS_BATCH_RECORDS: "5" });
    await single.until("the first records", async () => (await processed()) > 0, PATIENCE_MS);
    expect(await single.end("SIGTERM"), single.output.slice(-2000)).toBe(0);
    const before = await processed();

    const [first, second] = [start("workers"), start("workers")];
    const notifier = start("notifier");
    const aTenth = async () => (await processed()) > before + PAYLOADS / 10;
    await first.until("a tenth", aTenth, PATIENCE_MS);
    // Whichever has shards: the other one takes over.
    await first.end("SIGKILL");
    await notifier.end("SIGKILL");
    const next = start("notifier");
    const third = start("workers");
    await reshard(kinesis.client);
    await put(kinesis.client, records.slice(half));
    const all = () => processed().then((count) => count >= expected.payloads);
    await second.until("all records", all, PATIENCE_MS).catch((error: Error) => {
      throw new Error(`${error.message}; the other said: ${third.output.slice(-3000)}`);
    });
    const everyService = () => {
      const notified = new Set(alertsOf(slack.posts).map(({ service }) => service));
      return Object.keys(expected.errors).every((service) => notified.has(service));
    };
    await next.until("every service", everyService, PATIENCE_MS);
    expect(await second.end("SIGTERM"), second.output.slice(-2000)).toBe(0);
    expect(await third.end("SIGTERM"), third.output.slice(-2000)).toBe(0);
    expect(await next.end("SIGTERM"), next.output.slice(-2000)).toBe(0);

    const { valid, invalid } = await store.totals();
    expect({ valid, invalid }).toEqual({ valid: expected.valid, invalid: expected.invalid.length });
    const unmarked = alertsOf(slack.posts).filter((alert) => !alert.isRepeat);
    expect(new Set(unmarked.map(({ id }) => id)).size).toBe(unmarked.length);
    await store.close();
  });
});
