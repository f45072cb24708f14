import { randomUUID } from "node:crypto";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { bytesOf, DEAD_LETTERS, deadLetterSchema } from "../src/decode/dead-letters.ts";
import { type Consumer, startConsumer } from "../src/pipeline/consumer.ts";
import { DynamoStateStore } from "../src/state/dynamodb.ts";
import { S3ObjectStore } from "../src/state/objects/s3.ts";
import { CREDENTIALS as credentials, REGION as region, startMoto } from "./support/moto.ts";
import { until } from "./support/process.ts";
import { seeded } from "./support/random.ts";
import { alertsOf, SlackServer } from "./support/slack-server.ts";
import { stateContract } from "./support/state-contract.ts";
import { makeStateTable } from "./support/state-table.ts";
import { workload } from "./support/workload.ts";

let endpoint = "";
let stopMoto: () => Promise<void> = async () => undefined;
beforeAll(async () => {
  const moto = await startMoto();
  endpoint = moto.endpoint;
  stopMoto = moto.stop;
});
afterAll(() => stopMoto());

const client = () => ({ endpoint, region, credentials, requestHandler: new NodeHttpHandler({}) });

const makeTable = () => makeStateTable(client());

describe("DynamoStateStore", () => {
  stateContract(
    async () => {
      const options = { table: await makeTable(), region, endpoint, credentials };
      return { store: await DynamoStateStore.open(options), reopen: () => DynamoStateStore.open(options) };
    },
    { runs: 10 },
  );

  it("lets one of two replicas take a free shard", async () => {
    const options = { table: await makeTable(), region, endpoint, credentials };
    const stores = await Promise.all([DynamoStateStore.open(options), DynamoStateStore.open(options)]);
    // One after the other: moto looks at conditions without a lock, so that both may hold at once.
    expect(await stores[0].acquireLease("a", "owner0")).toBeDefined();
    expect(await stores[1].acquireLease("a", "owner1")).toBeUndefined();
  });

  it("lets only one replica send an alert that both have looked at", async () => {
    const options = { table: await makeTable(), region, endpoint, credentials };
    const { alert, meta } = await import("./support/state-contract.ts");
    const [one, other] = [await DynamoStateStore.open(options), await DynamoStateStore.open(options)];
    await one.commitNotification({ meta: meta("f", 1), alert: alert("f-1") });
    await one.outbox.pending(1);
    await other.outbox.pending(1);
    await other.outbox.markSending(["f-1"]);
    await expect(one.outbox.markSending(["f-1"])).rejects.toThrow("another replica is sending it");
  });

  it("refuses a newer version, and says which table it cannot reach", async () => {
    const table = await makeTable();
    const Item = { pk: { S: "meta" }, sk: { S: "schema" }, version: { N: "99" } };
    await new DynamoDBClient(client()).send(new PutItemCommand({ TableName: table, Item }));
    const open = (name: string) => DynamoStateStore.open({ table: name, region, endpoint, credentials });
    await expect(open(table)).rejects.toThrow(/given state of version 99, allowed up to 1/);
    await expect(open("no-such-table")).rejects.toThrow(/table no-such-table: ResourceNotFoundException/);
  });
});

it("a second process waits, takes over when the first ends, a shard is split: all is counted once and notified once", async () => {
  const kinesis = new KinesisClient(client());
  const stream = `logs-${randomUUID()}`;
  const table = await makeTable();
  const bucket = `objects-${randomUUID()}`;
  await new S3Client({ endpoint, region, credentials, forcePathStyle: true }).send(
    new CreateBucketCommand({ Bucket: bucket }),
  );
  await kinesis.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 }));
  await until("the stream", async () => {
    const answer = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
    return answer.StreamDescriptionSummary?.StreamStatus === "ACTIVE";
  });
  const slack = new SlackServer();
  const webhookUrl = await slack.listen();
  onTestFinished(() => slack.close());
  const start = () =>
    startConsumer(
      {
        region,
        kinesis: { stream, endpoint, pollIntervalMs: 100, minReadIntervalMs: 50, discoveryIntervalMs: 300 },
        state: { table, endpoint, leaseDurationMs: 8_000 },
        objects: { bucket, endpoint },
        slack: { webhookUrl, paceMs: 10 },
        knowledge: { vectors: "none" },
        http: { port: 0, host: "127.0.0.1" },
      },
      { credentials, log: pino({ level: "silent" }) },
    );
  const running: Consumer[] = [await start(), await start()];
  onTestFinished(async () => {
    for (const consumer of running) await consumer.stop();
  });
  const [one, other] = running as [Consumer, Consumer];
  await until("both shards", async () => (await one.counters()).shards.length === 2);
  const readiness = async () => (await fetch(`http://127.0.0.1:${other.port}/readyz`)).text();
  await until("who waits", async () =>
    /^waiting for .+, which has this state, to end\n$/.test(await readiness()),
  );
  const { records, expected } = workload(2_000, seeded(7));
  const half = Math.ceil(records.length / 2);
  await putAll(kinesis, stream, records.slice(0, half));
  await until("some records", async () => (await one.counters()).totals.records > 0);
  expect((await other.counters()).shards).toEqual([]);
  await one.stop();
  await until("who took over", async () => (await readiness()) === "ready\n");
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
  const [first] = Shards;
  const { StartingHashKey = "0", EndingHashKey = "0" } = first?.HashKeyRange ?? {};
  const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n;
  await kinesis.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: first?.ShardId,
      NewStartingHashKey: String(middle),
    }),
  );
  await putAll(kinesis, stream, records.slice(half));
  await until(
    "all payloads",
    async () => {
      const { valid, invalid } = (await other.counters()).totals;
      return valid + invalid >= expected.payloads;
    },
    60_000,
  );
  expect((await other.counters()).totals).toMatchObject({
    valid: expected.valid,
    invalid: expected.invalid.length,
  });
  const services = Object.keys(expected.errors);
  await until(
    "every service notified",
    () => {
      const notified = new Set(alertsOf(slack.posts).map(({ service }) => service));
      return services.every((service) => notified.has(service));
    },
    60_000,
  );
  const unmarked = alertsOf(slack.posts).filter(({ isRepeat }) => !isRepeat);
  expect(new Set(unmarked.map(({ id }) => id)).size).toBe(unmarked.length);

  const objects = new S3ObjectStore({ bucket, region, endpoint, credentials });
  const letters = new Map<string, string>();
  for await (const { key } of objects.list(DEAD_LETTERS)) {
    for (const line of Buffer.from((await objects.get(key)) ?? [])
      .toString()
      .trimEnd()
      .split("\n")) {
      const letter = deadLetterSchema.parse(JSON.parse(line));
      const place = `${letter.shardId} ${letter.sequenceNumber} ${letter.index}`;
      letters.set(place, Buffer.from(bytesOf(letter)).toString("base64"));
    }
  }
  expect([...letters.values()].sort()).toEqual(expected.invalid);
});

async function putAll(kinesis: KinesisClient, stream: string, records: Buffer[]): Promise<void> {
  for (let from = 0; from < records.length; from += 500) {
    const Records = records.slice(from, from + 500).map((Data) => ({ Data, PartitionKey: randomUUID() }));
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
    expect(answer.FailedRecordCount ?? 0).toBe(0);
  }
}
