import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { asJson, generate } from "@cali/log-generator";

/**
 * A Kinesis that gets so many lines a second from when it is first read, and a Slack. Now and then one is an error of a kind and a service of its
 * own: the server notes when the first post names it, and answers /result with the delays. Prints its port.
 */
const { values } = parseArgs({
  options: { rate: { type: "string" }, shards: { type: "string" }, seconds: { type: "string" } },
});
const [RATE, SHARDS, SECONDS] = [Number(values.rate), Number(values.shards), Number(values.seconds)];
/** Seldom enough that each is a message of its own in Slack: eight within a minute are what a storm is told by, and more are collected. */
const MARKS_A_SECOND = 8 / 15;
/** The consumer starts, and code is compiled: what comes first is not counted. */
const UNCOUNTED_MARKS = 2;
/** Kinesis' limit for one answer. */
const MOST_RECORDS = 10_000;

const template = [
  ...generate({ seed: "delay", start: 0, rate: RATE, count: 2_000, badShare: 0, incidentEvery: 60_000 }),
]
  .filter(({ line }) => line.level === "INFO")
  .map((line) => JSON.parse(asJson(line, { platform: "eks", environment: "bench" })) as object);
const letters = (number: number) => [...String(number)].map((digit) => "bcdfghklmn"[Number(digit)]).join("");
/** A word, so that no mask takes it. */
const markOf = (number: number) => `reactor${letters(number)}leaks`;
/** Nothing but words of its own: with others' it would be of their kind. */
const sayingOf = (number: number) =>
  Array.from({ length: 5 }, (_, part) => `${letters(part)}${markOf(number)}`).join(" ");

let startedAt: number | undefined;
const delays = new Map<number, number>();
const marks = Array.from({ length: Math.floor(SECONDS * MARKS_A_SECOND) }, (_, number) => number);
const dueAt = (place: number) => (startedAt ?? 0) + (place * 1_000) / RATE;
const PLACES_A_MARK = Math.floor(RATE / MARKS_A_SECOND);

function record(place: number): string {
  const at = dueAt(place);
  const number = place / PLACES_A_MARK;
  const line = {
    ...template[place % template.length],
    timestamp: new Date(at).toISOString(),
    ...(Number.isInteger(number) && {
      level: "ERROR",
      service: `plant-${letters(number)}`,
      message: sayingOf(number),
      log_content: sayingOf(number),
    }),
  };
  const data = Buffer.from(JSON.stringify(line)).toString("base64");
  const sequence = String(10 ** 15 + place);
  return `{"SequenceNumber":"${sequence}","ApproximateArrivalTimestamp":${(at / 1_000).toFixed(3)},"Data":"${data}","PartitionKey":"k"}`;
}

/** The shard's lines that have come by now, from that one on. */
function read(iterator: string): string {
  const [shard = 0, from = 0] = iterator.split("/").map(Number);
  startedAt ??= Date.now();
  const now = Date.now();
  const records: string[] = [];
  let next = from;
  const hasCome = (index: number) =>
    dueAt(index * SHARDS + shard) <= now && index * SHARDS + shard < SECONDS * RATE;
  while (records.length < MOST_RECORDS && hasCome(next)) records.push(record(next++ * SHARDS + shard));
  return `{"MillisBehindLatest":0,"NextShardIterator":"${shard}/${next}","Records":[${records.join(",")}]}`;
}

function note(post: string): void {
  for (const number of marks) {
    if (delays.has(number) || !post.includes(markOf(number))) continue;
    delays.set(number, Date.now() - dueAt(number * PLACES_A_MARK));
  }
}

function answer(action: string | undefined, url: string, body: string): string {
  if (url === "/result") {
    const counted = marks.filter((number) => number >= UNCOUNTED_MARKS);
    return JSON.stringify(counted.map((number) => delays.get(number) ?? null));
  }
  if (action === undefined) {
    note(body);
    return "ok";
  }
  if (action === "GetRecords") return read(JSON.parse(body).ShardIterator);
  const shardId = (shard: number) => `shardId-${String(shard).padStart(12, "0")}`;
  if (action === "GetShardIterator")
    return JSON.stringify({ ShardIterator: `${Number(JSON.parse(body).ShardId.slice(-12))}/0` });
  if (action === "ListShards") {
    const range = {
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
      SequenceNumberRange: { StartingSequenceNumber: "1" },
    };
    const Shards = Array.from({ length: SHARDS }, (_, shard) => ({ ShardId: shardId(shard), ...range }));
    return JSON.stringify({ Shards });
  }
  return JSON.stringify({ StreamDescriptionSummary: { StreamCreationTimestamp: 1_700_000_000 } });
}

const server = createServer(async (request, response) => {
  const body = await text(request);
  const action = request.headers["x-amz-target"]?.toString().split(".")[1];
  response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
  response.end(answer(action, request.url ?? "", body));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
