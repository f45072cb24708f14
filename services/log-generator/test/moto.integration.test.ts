import { CreateDeliveryStreamCommand, FirehoseClient } from "@aws-sdk/client-firehose";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { validateRecord } from "@cali/log-record";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Moto, startMoto } from "../../../test/support/moto.ts";
import { asJson, generate } from "../src/generate.ts";
import { START } from "./support/lines.ts";
import { start } from "./support/program.ts";

const COUNT = 3_000;
const ENV = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-west-1" };
const OPTIONS = [
  "--seed",
  "9",
  "--start",
  new Date(START).toISOString(),
  "--speed",
  "max",
  "--bad-share",
  "0.05",
];
const EXPECTED = [...generate({ seed: "9", start: START, rate: 100, count: COUNT, badShare: 0.05 })];
const RECORDS = EXPECTED.map((line) => asJson(line, { platform: "eks", environment: "dev" }));

let moto: Moto;
let config: Pick<S3ClientConfig, "endpoint" | "region" | "credentials">;
beforeAll(async () => {
  moto = await startMoto();
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  config = { endpoint: moto.url, region: "eu-west-1", credentials };
});
afterAll(() => moto?.stop());

/** Runs the real command and expects it to have delivered all of its lines. */
async function deliver(sink: string): Promise<void> {
  const options = [
    ...OPTIONS,
    "--count",
    String(COUNT),
    "--sink",
    sink,
    "--stream",
    "logs",
    "--endpoint",
    moto.url,
    // moto loses records of calls that come at the same time.
    "--concurrency",
    "1",
  ];
  const { code, stderr, counters } = await start(options, { env: ENV }).ended;
  expect(code, stderr).toBe(0);
  expect(counters).toMatchObject({ made: COUNT, accepted: COUNT, refused: 0 });
}

describe("against moto", () => {
  it("puts every line into a Kinesis stream, a service's lines into one shard", async () => {
    const kinesis = new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() });
    await kinesis.send(new CreateStreamCommand({ StreamName: "logs", ShardCount: 3 }));
    await deliver("kinesis");

    const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: "logs" }));
    const received: string[] = [];
    const shardOf = new Map<string, Set<string>>();
    for (const { ShardId = "" } of Shards) {
      const place = { StreamName: "logs", ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
      let { ShardIterator } = await kinesis.send(new GetShardIteratorCommand(place));
      for (;;) {
        const answer = await kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }));
        if (answer.Records?.length === 0) break;
        for (const { Data, PartitionKey = "" } of answer.Records ?? []) {
          received.push(Buffer.from(Data ?? []).toString());
          shardOf.set(PartitionKey, (shardOf.get(PartitionKey) ?? new Set()).add(ShardId));
        }
        ShardIterator = answer.NextShardIterator;
      }
    }
    expect(received.toSorted()).toEqual(RECORDS.map((record) => `${record}\n`).toSorted());
    expect(shardOf.size).toBe(12);
    for (const shards of shardOf.values()) expect(shards.size).toBe(1);
    kinesis.destroy();
  });

  it("puts every line through Firehose into S3, as lines of JSON", async () => {
    const s3 = new S3Client({ ...config, forcePathStyle: true });
    const firehose = new FirehoseClient(config);
    await s3.send(
      new CreateBucketCommand({
        Bucket: "raw",
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    const destination = { BucketARN: "arn:aws:s3:::raw", RoleARN: "arn:aws:iam::123456789012:role/firehose" };
    const delivery = { DeliveryStreamName: "logs", ExtendedS3DestinationConfiguration: destination };
    await firehose.send(new CreateDeliveryStreamCommand(delivery));
    await deliver("firehose");

    const received: string[] = [];
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "raw" }));
    for (const { Key } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: "raw", Key }));
      const text = (await Body?.transformToString()) ?? "";
      expect(text.endsWith("\n")).toBe(true);
      received.push(...text.slice(0, -1).split("\n"));
    }
    expect(received.toSorted()).toEqual(RECORDS.toSorted());
    const valid = received.filter((text) => isValid(text)).length;
    expect(valid).toBe(EXPECTED.filter(({ bad }) => bad === undefined).length);
    s3.destroy();
    firehose.destroy();
  });
});

function isValid(text: string): boolean {
  try {
    return validateRecord(JSON.parse(text)).ok;
  } catch {
    return false;
  }
}
