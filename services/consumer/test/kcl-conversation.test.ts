import fc from "fast-check";
import { pino } from "pino";
import { expect, it } from "vitest";
import { decode } from "../src/decode/decode.ts";
import { converse, type ShardWork } from "../src/read/kcl/conversation.ts";
import { KclProtocolError, parseMessage, type WorkerMessage } from "../src/read/kcl/messages.ts";
import { streamRecords } from "../src/read/kcl/records.ts";
import { aggregate } from "./support/workload.ts";

const log = pino({ level: "silent" });
const record = (sequenceNumber: string, text = "x", subSequenceNumber = 0) => ({
  data: Buffer.from(text).toString("base64"),
  partitionKey: "k",
  approximateArrivalTimestamp: 1_700_000_000_000,
  sequenceNumber,
  subSequenceNumber,
});
const initialize = {
  action: "initialize",
  shardId: "shard-1",
  sequenceNumber: "TRIM_HORIZON",
  subSequenceNumber: 0,
};
const records = (...sequenceNumbers: string[]) => ({
  action: "processRecords",
  records: sequenceNumbers.map((one) => record(one)),
  millisBehindLatest: 5,
});
const taken = (error: string | null = null) => ({ action: "checkpoint", sequenceNumber: null, error });

/** What a worker says to these messages, in which order it works, and how it ends. */
async function talk(messages: readonly object[], how: { isOurs?: boolean; stepMs?: number } = {}) {
  const { isOurs = true, stepMs = 0 } = how;
  const said: WorkerMessage[] = [];
  const done: string[] = [];
  let now = 0;
  const work: ShardWork = {
    initialize: async ({ shardId, sequenceNumber }) => void done.push(`open ${shardId} ${sequenceNumber}`),
    process: async (given) => {
      now += stepMs;
      done.push(`process ${given.map(({ sequenceNumber }) => sequenceNumber)}`);
      return isOurs;
    },
    end: async () => {
      done.push("end");
      return isOurs;
    },
  };
  async function* lines() {
    for (const message of messages) yield JSON.stringify(message);
  }
  const clock = { monotonic: () => now, sleep: async () => {} };
  await converse({ lines: lines(), say: (one) => said.push(one), work, log, clock });
  return { said, done };
}

const status = (responseFor: string) => ({ action: "status", responseFor });
const last = { action: "checkpoint", sequenceNumber: null, subSequenceNumber: null };

it("answers each request after its work, and ends with its input", async () => {
  const { said, done } = await talk([initialize, records("1", "2"), { action: "leaseLost" }]);
  expect(done).toEqual(["open shard-1 TRIM_HORIZON", "process 1,2"]);
  expect(said).toEqual([status("initialize"), status("processRecords"), status("leaseLost")]);
});

it("asks for a checkpoint behind records every ten seconds, before it says that they are done", async () => {
  const messages = [initialize, records("1"), records("2", "3"), taken(), records("4")];
  const { said } = await talk(messages, { stepMs: 6_000 });
  expect(said).toEqual([
    status("initialize"),
    status("processRecords"),
    { action: "checkpoint", sequenceNumber: "3", subSequenceNumber: 0 },
    status("processRecords"),
    status("processRecords"),
  ]);
});

it("goes on when a checkpoint on the way is not taken", async () => {
  const messages = [initialize, records("1"), taken("ThrottlingException"), records("2")];
  const { done } = await talk(messages, { stepMs: 10_000 }).catch((error) => ({ done: [String(error)] }));
  expect(done).toEqual(["open shard-1 TRIM_HORIZON", "process 1", "process 2"]);
});

it.each(["shardEnded", "shutdownRequested"])(
  "checkpoints all at %s, again while it is throttled",
  async (action) => {
    const messages = [initialize, { action }, taken("ThrottlingException"), taken()];
    expect((await talk(messages)).said).toEqual([status("initialize"), last, last, status(action)]);
  },
);

it("gives up a last checkpoint that another worker's lease refuses", async () => {
  const messages = [initialize, { action: "shutdownRequested" }, taken("ShutdownException")];
  expect((await talk(messages)).said).toEqual([status("initialize"), last, status("shutdownRequested")]);
});

it.each(["shardEnded", "shutdownRequested"])(
  "checkpoints nothing at %s when the state has given the shard to another process",
  async (action) => {
    const { said } = await talk([initialize, records("1"), { action }], { isOurs: false, stepMs: 20_000 });
    expect(said).toEqual([status("initialize"), status("processRecords"), status(action)]);
  },
);

it.each<[string, RegExp]>([
  ["{", /given "\{", allowed one JSON object a line/],
  ["5", /given "5": the message:/],
  ['{"action":"dance"}', /given the action "dance": action:/],
  ['{"action":"initialize"}', /given the action "initialize": shardId:/],
  [
    '{"action":"processRecords","records":[{"data":"","sequenceNumber":"x"}]}',
    /records\.0\.sequenceNumber: a decimal sequence number/,
  ],
])("refuses %s, and says what was given and what is allowed", (line, message) => {
  expect(() => parseMessage(line)).toThrow(message);
});

it("refuses an answer that it has not asked for, and a request where an answer has to be", async () => {
  await expect(talk([taken()])).rejects.toThrow(KclProtocolError);
  await expect(talk([initialize, { action: "shardEnded" }, records("1")])).rejects.toThrow(
    "given processRecords, allowed the answer to a checkpoint",
  );
});

it("reads any line, or refuses it with a short error", () => {
  const action = fc.constantFrom(
    "initialize",
    "processRecords",
    "leaseLost",
    "shardEnded",
    "checkpoint",
    "?",
  );
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ action, shardId: fc.anything(), records: fc.anything(), error: fc.anything() })
      .map((value) => JSON.stringify(value) ?? ""),
  );
  fc.assert(
    fc.property(line, (text) => {
      try {
        parseMessage(text);
      } catch (error) {
        expect(error).toBeInstanceOf(KclProtocolError);
        expect((error as Error).message.length).toBeLessThan(600);
      }
    }),
  );
});

it("puts the records of an aggregate together again, so that each has the position that it has in Kinesis", () => {
  const texts = fc.array(fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 4 }), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(texts, (given) => {
      const read = given.flatMap((parts, place) =>
        parts.map((text, sub) => record(String(place + 1), text, sub)),
      );
      const found = streamRecords(read);
      expect(found.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
        given.map((_, place) => String(place + 1)),
      );
      for (const [place, parts] of given.entries()) {
        const asKinesis = aggregate(parts.map((text) => Buffer.from(text)));
        const messages = (data: Uint8Array) =>
          decode(data).map((payload) => (payload.ok ? payload.record.message : payload.reason));
        expect(messages(found[place]?.data as Buffer)).toEqual(messages(asKinesis));
      }
    }),
  );
});
