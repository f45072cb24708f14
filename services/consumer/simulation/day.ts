import type { Level } from "@cali/log-record";
import { pino } from "pino";
import { parseConfig } from "../src/config/load.ts";
import { DynamoStateStore } from "../src/state/dynamodb.ts";
import { VirtualBucket } from "./bucket.ts";
import { Dice } from "./dice.ts";
import { knowledgeOf } from "./knowledge.ts";
import { lineOf } from "./lines.ts";
import { Network } from "./network.ts";
import { Replica } from "./process.ts";
import { sinksOf, VirtualChannel } from "./sinks.ts";
import { type Shard, VirtualStream } from "./stream.ts";
import { VirtualTable } from "./table.ts";
import { Life, VirtualTime } from "./time.ts";

/** Calls of one consumer in the hours that were simulated. */
export interface Calls {
  readonly kinesis: number;
  readonly dynamoDb: number;
  readonly s3: number;
  readonly milvus: number;
  readonly model: number;
  readonly slack: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LATENCY_MS = 20;
const SERVICES = 10;
/** Kinds of errors of a service; each hour brings all of them one more. */
const KINDS_AT_FIRST = 2;
const WORDS = [
  "disk",
  "basket",
  "queue",
  "index",
  "letter",
  "ledger",
  "parcel",
  "ticket",
  "voucher",
  "invoice",
];

/** What the consumer's defaults do, with DynamoDB. */
const CONFIG = parseConfig({
  region: "us-east-1",
  kinesis: { stream: "logs" },
  state: { table: "state" },
  objects: { bucket: "objects" },
  openSearch: { endpoint: "https://search.invalid", auth: "none" },
  knowledge: { vectors: "none" },
});

/** Prints how the calls of one consumer grow from one shard to so many, as rows of a table. */
export async function printDay(most: number, hours: number): Promise<void> {
  console.log(`| shards | Kinesis | DynamoDB | S3 | Milvus | model | Slack | (calls in ${hours} h)`);
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (let shards = 1; shards <= most; shards *= 10) {
    const { kinesis, dynamoDb, s3, milvus, model, slack } = await callsOf(shards, hours);
    const row = [shards, kinesis, dynamoDb, s3, milvus, model, slack];
    console.log(`| ${row.map((count) => count.toLocaleString("en-US")).join(" | ")} |`);
  }
}

/** Each shard brings a record a minute, of nine lines of INFO and an ERROR; what goes wrong is the same however many shards there are. */
export async function callsOf(shards: number, hours: number): Promise<Calls> {
  const time = new VirtualTime();
  const dice = new Dice(1);
  const stream = new VirtualStream(shards, time, dice.fork());
  const network = new Network({ time, dice: dice.fork(), windows: [], latencyMs: LATENCY_MS, trace() {} });
  const life = new Life("consumer", time, dice.fork().next);
  const clock = life.clock();
  const log = pino({ level: "silent" });
  for (const shard of stream.shards) time.after(dice.whole(0, MINUTE_MS), () => put(shard));
  function put(shard: Shard): void {
    const data = record(dice, clock.now(), Math.floor(time.now / HOUR_MS));
    stream.put(shard, data, [], clock.now());
    time.after(MINUTE_MS, () => put(shard));
  }
  const objects = new VirtualBucket().portOf(life, network);
  const client = new VirtualTable(() => undefined).clientOf(life, network, (command) => command);
  const opening = DynamoStateStore.open({ table: "state", region: "us-east-1", now: clock.now, client });
  let started: Awaited<ReturnType<typeof start>> | undefined;
  async function start(store: DynamoStateStore) {
    const knowledge = knowledgeOf({ objects, notes: store.notes, clock, log });
    const ports = { store, objects, stream: stream.portOf(life, network), causes: knowledge.causes };
    const sinks = sinksOf(life, network, { channel: new VirtualChannel(), index: new Set(), isBot: false });
    const replica = new Replica(life, CONFIG, { ...ports, sinks });
    const ended = Promise.all([replica.run(), knowledge.run(new AbortController().signal)]);
    return { knowledge, ended };
  }
  let failure: unknown;
  opening
    .then(start)
    .then((one) => {
      started = one;
      return one.ended;
    })
    .catch((error: unknown) => {
      failure = error;
    });
  await time.run(hours * HOUR_MS, () => failure !== undefined);
  if (failure !== undefined || started === undefined) throw failure;
  life.kill();
  const { kinesis, state, objects: s3, slack } = network.calls;
  return { kinesis, dynamoDb: state, s3, slack, ...started.knowledge.calls };
}

function record(dice: Dice, at: number, hour: number): Uint8Array {
  const timestamp = new Date(at).toISOString();
  const line = (level: Level, service: number, message: string) =>
    lineOf({ timestamp, level, service: `service-${service}`, message });
  const kind = dice.whole(0, Math.min(KINDS_AT_FIRST + hour, WORDS.length) - 1);
  const error = line(
    "ERROR",
    dice.whole(1, SERVICES),
    `a ${WORDS[kind]} was left behind after ${dice.whole(1, 99)} steps`,
  );
  const others = Array.from({ length: 9 }, () => line("INFO", dice.whole(1, SERVICES), "a request is done"));
  return Buffer.from([...others, error].join("\n"));
}
