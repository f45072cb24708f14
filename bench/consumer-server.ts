import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { asJson, generate } from "@cali/log-generator";

/**
 * Answers as a Kinesis with endless shards: every GetRecords gets one of a few prepared answers (`--answers`, 4) of `--records`
 * records of the generator's shop, in which only the sequence numbers are written anew, so that no record is a repeat. Takes posts to
 * Slack too. Prints its port.
 */
const { values } = parseArgs({
  options: {
    shards: { type: "string" },
    records: { type: "string" },
    answers: { type: "string", default: "4" },
  },
});
const SHARDS = Number(values.shards);
const RECORDS = Number(values.records);
const ANSWERS = Number(values.answers);
const ORIGIN = { platform: "eks", environment: "bench" };
const HEAD = "496000000000000000000000000000000000";
const DIGITS = 14;
/** Each bad record is a file in dlq/, synced to disk. */
const BAD_SHARE = 0.001;

interface Answer {
  body: Buffer;
  /** Where the digits of each record's sequence number stand. */
  places: number[];
}

function prepare(part: number): Answer {
  const lines = generate({
    seed: `bench-${part}`,
    start: Date.parse("2026-01-25T09:00:00Z"),
    rate: 2_000,
    count: RECORDS,
    badShare: BAD_SHARE,
    incidentEvery: 60_000,
  });
  const texts: string[] = [];
  for (const line of lines) {
    const data = Buffer.from(asJson(line, ORIGIN)).toString("base64");
    const arrived = (line.at / 1000).toFixed(3);
    texts.push(
      `{"SequenceNumber":"${HEAD}${"0".repeat(DIGITS)}","ApproximateArrivalTimestamp":${arrived},"Data":"${data}","PartitionKey":"${line.line.traceId}"}`,
    );
  }
  const body = Buffer.from(
    `{"MillisBehindLatest":60000,"NextShardIterator":"${"i".repeat(200)}","Records":[${texts.join(",")}]}`,
  );
  const places: number[] = [];
  for (let at = body.indexOf(HEAD); at !== -1; at = body.indexOf(HEAD, at + 1)) places.push(at + HEAD.length);
  return { body, places };
}

const answers = Array.from({ length: ANSWERS }, (_, part) => prepare(part));
let sequence = 0;
let round = 0;

/** A copy with sequence numbers that go on from the last answer's. */
function records(): Buffer {
  const answer = answers[round++ % ANSWERS] as Answer;
  const body = Buffer.from(answer.body);
  for (const place of answer.places) {
    let rest = ++sequence;
    for (let at = place + DIGITS - 1; rest > 0; at--) {
      body[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  return body;
}

const shards = Array.from({ length: SHARDS }, (_, i) => ({
  ShardId: `shardId-${String(i).padStart(12, "0")}`,
  HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
  SequenceNumberRange: { StartingSequenceNumber: "1" },
}));

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const action = String(request.headers["x-amz-target"]).split(".")[1];
    const body =
      action === "GetRecords"
        ? records()
        : action === undefined
          ? "ok"
          : JSON.stringify(
              action === "ListShards"
                ? { Shards: shards }
                : action === "GetShardIterator"
                  ? { ShardIterator: "i".repeat(200) }
                  : { StreamDescriptionSummary: { StreamCreationTimestamp: 1_700_000_000 } },
            );
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1", "content-length": body.length });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  const bytes = answers.reduce((sum, { body }) => sum + body.length, 0) / ANSWERS / RECORDS;
  process.stdout.write(
    `${JSON.stringify({ port: (server.address() as AddressInfo).port, bytes: Math.round(bytes) })}\n`,
  );
});
