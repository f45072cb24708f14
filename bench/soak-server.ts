import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { asJson, generate } from "@cali/log-generator";

/**
 * A Kinesis that gets as many lines a second as `POST /rate` says, keeps none of them, and a Slack. One line in a thousand is an error whose
 * words never come again. While `POST /faults` says so, one answer in five is throttled, fails, or never ends. Prints its port.
 */
const { values } = parseArgs({ options: { shards: { type: "string", default: "4" } } });
const SHARDS = Number(values.shards);
const MOST_RECORDS = 2_000;
const NEW_EVERY = 1_000;
const BAD_EVERY = 5;
const STREAM = { StreamCreationTimestamp: 1_700_000_000 };

const lines = [
  ...generate({ seed: "soak", start: 0, rate: 100, count: 5_000, badShare: 0.002, incidentEvery: 20_000 }),
].map((line) => asJson(line, { platform: "eks", environment: "soak" }));
const letters = (number: number, salt: number) =>
  [...String(number * 7 + salt)].map((digit) => "bcdfghklmn"[Number(digit)]).join("");

let rate = 0;
let made = 0;
let countedAt = performance.now();
let hasFaults = false;
let asked = 0;

/** Lines that have come by now. */
function count(): number {
  const now = performance.now();
  made += (rate * (now - countedAt)) / 1_000;
  countedAt = now;
  return made;
}

/** How many had come when, since the consumer's place: what is between two entries came evenly. */
const history: { at: number; made: number }[] = [{ at: performance.now(), made: 0 }];
const MOST_HISTORY = 1_000;

/** ms since the line of that place came. */
function ageOf(place: number): number {
  const after = history.findIndex((entry) => entry.made > place);
  const [from, to] = [history[Math.max(0, after - 1)], history[after]];
  if (from === undefined || to === undefined) return 0;
  const share = (place - from.made) / Math.max(1, to.made - from.made);
  return Math.max(0, performance.now() - from.at - share * (to.at - from.at));
}

/** The line of that place, logged now. */
function lineOf(place: number, timestamp: string): string {
  const line = (lines[place % lines.length] ?? "").replace(
    /"timestamp":"[^"]*"/,
    `"timestamp":"${timestamp}"`,
  );
  if (place % NEW_EVERY !== 0) return line;
  const said = Array.from({ length: 5 }, (_, part) => letters(place, part)).join(" ");
  return line
    .replace(/"level":"[^"]*"/, '"level":"ERROR"')
    .replace(/"message":"[^"]*"/, `"message":"${said}"`)
    .replace(/"log_content":"[^"]*"/, `"log_content":"${said}"`);
}

function read(iterator: string): string {
  const [shard = 0, from = 0] = iterator.split("/").map(Number);
  const come = count();
  const now = Date.now();
  const timestamp = new Date(now).toISOString();
  const records: string[] = [];
  let next = from;
  for (; records.length < MOST_RECORDS && next * SHARDS + shard < come; next++) {
    const place = next * SHARDS + shard;
    const data = Buffer.from(lineOf(place, timestamp)).toString("base64");
    records.push(
      `{"SequenceNumber":"${10 ** 15 + place}","ApproximateArrivalTimestamp":${(now / 1_000).toFixed(3)},"Data":"${data}","PartitionKey":"k"}`,
    );
  }
  const behind = Math.round(ageOf(next * SHARDS + shard));
  return `{"MillisBehindLatest":${behind},"NextShardIterator":"${shard}/${next}","Records":[${records.join(",")}]}`;
}

function answer(action: string | undefined, url: string | undefined, body: string): string {
  if (url === "/rate") {
    history.push({ at: performance.now(), made: count() });
    if (history.length > MOST_HISTORY) history.shift();
    rate = Number(body);
  }
  if (url === "/faults") hasFaults = body === "on";
  if (action === "GetRecords") return read(JSON.parse(body).ShardIterator);
  if (action === "GetShardIterator") {
    // Whoever asks again goes on where it was.
    const { ShardId, StartingSequenceNumber: after } = JSON.parse(body);
    const shard = Number(ShardId.slice(-12));
    const next = after === undefined ? 0 : (Number(after) - 10 ** 15 - shard) / SHARDS + 1;
    return JSON.stringify({ ShardIterator: `${shard}/${next}` });
  }
  if (action === "ListShards") {
    const range = {
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
      SequenceNumberRange: { StartingSequenceNumber: "1" },
    };
    const ids = Array.from({ length: SHARDS }, (_, shard) => `shardId-${String(shard).padStart(12, "0")}`);
    return JSON.stringify({ Shards: ids.map((ShardId) => ({ ShardId, ...range })) });
  }
  return action === undefined ? "ok" : JSON.stringify({ StreamDescriptionSummary: STREAM });
}

const server = createServer(async (request, response) => {
  const body = await text(request);
  const action = request.headers["x-amz-target"]?.toString().split(".")[1];
  const canFail = action === "GetRecords" || request.url === "/slack";
  const headers = { "content-type": "application/x-amz-json-1.1" };
  if (hasFaults && canFail && ++asked % BAD_EVERY === 0) {
    const kind = (asked / BAD_EVERY) % 3;
    if (kind === 0)
      response.writeHead(400, headers).end('{"__type":"ProvisionedThroughputExceededException"}');
    else if (kind === 1) response.writeHead(500, headers).end("{}");
    else request.socket.destroy();
    return;
  }
  response.writeHead(200, headers).end(answer(action, request.url, body));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
