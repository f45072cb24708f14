import { messageOf } from "@cali/base";
import { KinesisAnswerError, type ReadResult, type StreamRecord } from "./records.ts";

const RECORDS = Buffer.from('"Records":[');
const SEQUENCE = Buffer.from('"SequenceNumber":"');
const DATA = Buffer.from('"Data":"');
const ARRIVED = Buffer.from('"ApproximateArrivalTimestamp":');
const NEXT = Buffer.from('"NextShardIterator":"');
const BEHIND = Buffer.from('"MillisBehindLatest":');
const QUOTE = 0x22;
const EQUALS = 0x3d;
const NUMBER = /^[0-9.eE+-]+/;

/**
 * Reads what GetRecords answers: up to 10,000 records at a time, which is where a consumer spends its time.
 * @throws KinesisAnswerError when the body is not what GetRecords answers
 */
export function parseGetRecords(body: Buffer): ReadResult {
  return scan(body) ?? parse(body);
}

/** A record whose parts are read from the answer when they are asked for: few are. */
class ScannedRecord implements StreamRecord {
  readonly data: Uint8Array;
  readonly #body: Buffer;
  readonly #sequence: number;
  readonly #arrived: number;

  constructor(body: Buffer, sequence: number, arrived: number, data: Uint8Array) {
    this.#body = body;
    this.#sequence = sequence;
    this.#arrived = arrived;
    this.data = data;
  }

  get sequenceNumber(): string {
    return this.#body.toString("latin1", this.#sequence, this.#body.indexOf(QUOTE, this.#sequence));
  }

  get arrivedAt(): number {
    return Math.round(numberAt(this.#body, this.#arrived) * 1000);
  }
}

/**
 * The quick way, for compact JSON as AWS writes it: finds each record's fields by their quoted names. Inside a JSON
 * string every quote has a backslash before it, so `"Data":"` can be nothing but the key. Whatever is not exactly as
 * expected (blanks, an escape in a field, a field missing or beyond its record) gives undefined.
 */
function scan(body: Buffer): ReadResult | undefined {
  if (body.indexOf(RECORDS) === -1) return undefined;
  // One buffer for all: an allocation for each of 10,000 records takes longer than decoding them.
  const all = Buffer.allocUnsafeSlow(Math.ceil((body.length * 3) / 4));
  const records: StreamRecord[] = [];
  let bytes = 0;
  let sequence = body.indexOf(SEQUENCE);
  let data = body.indexOf(DATA);
  let arrived = body.indexOf(ARRIVED);
  while (sequence !== -1 && data !== -1 && arrived !== -1) {
    const from = data + DATA.length;
    const to = body.indexOf(QUOTE, from);
    if (to === -1) return undefined;
    const written = all.write(body.toString("latin1", from, to), bytes, "base64");
    // What is no base64, such as an escape, would be left out without a word.
    if (written !== decodedLength(body, from, to)) return undefined;
    const sequenceFrom = sequence + SEQUENCE.length;
    const arrivedFrom = arrived + ARRIVED.length;
    records.push(new ScannedRecord(body, sequenceFrom, arrivedFrom, all.subarray(bytes, bytes + written)));
    bytes += written;
    const last = Math.max(to, sequenceFrom, arrivedFrom);
    sequence = body.indexOf(SEQUENCE, sequenceFrom);
    data = body.indexOf(DATA, to);
    arrived = body.indexOf(ARRIVED, arrivedFrom);
    if (isBefore(sequence, last) || isBefore(data, last) || isBefore(arrived, last)) return undefined;
  }
  if (sequence !== -1 || data !== -1 || arrived !== -1) return undefined;
  const behind = body.indexOf(BEHIND);
  const next = body.indexOf(NEXT);
  const iterator = next + NEXT.length;
  const nextText = next === -1 ? "" : body.toString("latin1", iterator, body.indexOf(QUOTE, iterator));
  if (nextText.includes("\\")) return undefined;
  return {
    records,
    ...(nextText === "" ? {} : { next: nextText }),
    behindMs: behind === -1 ? 0 : numberAt(body, behind + BEHIND.length),
    bytes,
  };
}

/** A field of the next record in the one that was just read: then they are not one of each. */
const isBefore = (place: number, last: number) => place !== -1 && place < last;

function decodedLength(body: Buffer, from: number, to: number): number {
  const length = to - from;
  if (length % 4 !== 0) return -1;
  const padding = body[to - 1] !== EQUALS ? 0 : body[to - 2] === EQUALS ? 2 : 1;
  return length === 0 ? 0 : (length / 4) * 3 - padding;
}

function numberAt(body: Buffer, place: number): number {
  const value = Number(NUMBER.exec(body.toString("latin1", place, place + 40))?.[0]);
  return Number.isFinite(value) ? value : 0;
}

/** The thorough way. */
function parse(body: Buffer): ReadResult {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new KinesisAnswerError(`GetRecords: the answer is no JSON: ${messageOf(error).slice(0, 200)}`);
  }
  const { Records, NextShardIterator, MillisBehindLatest } = (answer ?? {}) as Record<string, unknown>;
  if (!Array.isArray(Records)) throw new KinesisAnswerError("GetRecords: the answer has no Records");
  let bytes = 0;
  const records = Records.map((record: Record<string, unknown> | null): StreamRecord => {
    const { SequenceNumber, Data, ApproximateArrivalTimestamp: arrived } = record ?? {};
    if (typeof SequenceNumber !== "string" || typeof Data !== "string") {
      throw new KinesisAnswerError("GetRecords: a record without SequenceNumber or Data");
    }
    const data = Buffer.from(Data, "base64");
    bytes += data.length;
    return {
      sequenceNumber: SequenceNumber,
      arrivedAt: typeof arrived === "number" ? Math.round(arrived * 1000) : 0,
      data,
    };
  });
  return {
    records,
    ...(typeof NextShardIterator === "string" && NextShardIterator !== "" ? { next: NextShardIterator } : {}),
    behindMs: typeof MillisBehindLatest === "number" ? MillisBehindLatest : 0,
    bytes,
  };
}
