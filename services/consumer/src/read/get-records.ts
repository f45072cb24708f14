import { messageOf } from "@cali/base";
import { KinesisAnswerError, type ReadResult, type Records, type StreamRecord } from "./records.ts";

const RECORDS = '"Records":[';
const SEQUENCE = '"SequenceNumber":"';
const DATA = '"Data":"';
const ARRIVED = '"ApproximateArrivalTimestamp":';
const NEXT = '"NextShardIterator":"';
const BEHIND = '"MillisBehindLatest":';
/** Characters in which any number ends. */
const LONGEST_NUMBER = 40;
/** Characters of an arrival in seconds, with three decimals: as a number of ms it is exact. */
const LONGEST_ARRIVAL = 15;
const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const COMMA = 0x2c;
const BRACE_CLOSE = 0x7d;
/** Room for the places of so many records at first. */
const FIRST_RECORDS = 1_024;
/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = "\ufffd";
/** Bytes of the body that are looked through at once: as one text of its own it would outlive many collections of garbage. */
const PIECE = 65_536;

/**
 * Reads what GetRecords answers: up to 10,000 records at a time, which is where a consumer spends its time.
 * @throws KinesisAnswerError when the body is not what GetRecords answers
 */
export function parseGetRecords(body: Buffer): ReadResult {
  return scan(body) ?? parse(body);
}

/** Where a record's data is decoded when its text is asked for: a buffer of each record's own would be garbage that is slow to collect. */
const scratch = Buffer.allocUnsafeSlow(PIECE);

/** Where the fields of the records stand in the body: five numbers each, of which the first and the last two are a field's start and end. */
type Places = Uint32Array<ArrayBuffer>;
const PLACES = 5;

/** Records that are made when they are asked for: ten thousand wait at once, and as objects would outlive collections of young garbage. */
class ScannedRecords implements Records {
  readonly length: number;
  readonly #body: Buffer;
  readonly #places: Places;

  constructor(body: Buffer, places: Places, length: number) {
    this.#body = body;
    this.#places = places;
    this.length = length;
  }

  at(index: number): StreamRecord | undefined {
    const place = index < 0 ? index + this.length : index;
    if (place < 0 || place >= this.length) return undefined;
    return new ScannedRecord(this.#body, this.#places, place * PLACES);
  }
}

/** A record whose parts are read from the body when they are asked for. */
class ScannedRecord implements StreamRecord {
  readonly #body: Buffer;
  readonly #places: Places;
  readonly #at: number;

  constructor(body: Buffer, places: Places, at: number) {
    this.#body = body;
    this.#places = places;
    this.#at = at;
  }

  get sequenceNumber(): string {
    return asciiOf(this.#body, this.#place(0), this.#place(1));
  }

  get arrivedAt(): number {
    return arrivalAt(this.#body, this.#place(2));
  }

  get data(): Uint8Array {
    return Buffer.from(this.#base64(), "base64");
  }

  get text(): string | undefined {
    if (this.#place(4) - this.#place(3) > scratch.length) return undefined;
    const text = scratch.toString("utf8", 0, scratch.write(this.#base64(), "base64"));
    return text.includes(REPLACEMENT) ? undefined : text;
  }

  #base64(): string {
    return asciiOf(this.#body, this.#place(3), this.#place(4));
  }

  #place(field: number): number {
    return this.#places[this.#at + field] as number;
  }
}

/** @throws Error when the body was let go: nothing may be taken for an empty record */
function asciiOf(body: Buffer, start: number, end: number): string {
  if (body.length === 0) throw new Error("the record was let go before it was read");
  return body.toString("latin1", start, end);
}

/** Seconds since the epoch with up to three decimals, as Kinesis writes them, in ms; what is written otherwise is read as any number. */
function arrivalAt(body: Buffer, start: number): number {
  let value = 0;
  let decimals = -1;
  for (let at = start; at < start + LONGEST_ARRIVAL; at++) {
    const byte = body[at] as number;
    if (byte === POINT && decimals === -1) decimals = 0;
    else if (byte >= ZERO && byte <= NINE) {
      value = value * 10 + byte - ZERO;
      if (decimals !== -1) decimals++;
    } else if ((byte === COMMA || byte === BRACE_CLOSE) && decimals <= 3) {
      return value * 10 ** (3 - Math.max(decimals, 0));
    } else break;
  }
  return Math.round(numberIn(asciiOf(body, start, start + LONGEST_NUMBER)) * 1000);
}

/**
 * The quick way, for compact JSON as AWS writes it: finds each record's fields by their quoted names. Inside a JSON string every quote has
 * a backslash before it, so `"Data":"` can be nothing but the key. Whatever is not exactly as expected (blanks, an escape in a field, a
 * field missing or beyond its record) gives undefined.
 */
function scan(body: Buffer): ReadResult | undefined {
  let places: Places = new Uint32Array(PLACES * FIRST_RECORDS);
  let records = 0;
  let bytes = 0;
  let start = body.indexOf(RECORDS);
  if (start === -1) return undefined;
  const head = body.toString("latin1", 0, start);
  for (let size = PIECE; ; ) {
    const text = body.toString("latin1", start, start + size);
    let end = 0;
    let sequence = text.indexOf(SEQUENCE);
    let arrived = text.indexOf(ARRIVED);
    let data = text.indexOf(DATA);
    while (sequence !== -1 && arrived !== -1 && data !== -1) {
      const from = {
        sequence: sequence + SEQUENCE.length,
        arrived: arrived + ARRIVED.length,
        data: data + DATA.length,
      };
      const sequenceEnd = text.indexOf('"', from.sequence);
      const dataEnd = text.indexOf('"', from.data);
      const last = Math.max(sequenceEnd, from.arrived, dataEnd);
      // Behind them all the record ends: none is cut off with the piece.
      if (sequenceEnd === -1 || dataEnd === -1 || text.indexOf("}", last) === -1) break;
      const length = decodedLength(text.slice(from.data, dataEnd));
      if (length === -1) return undefined;
      bytes += length;
      if (places.length === records * PLACES)
        places = new Uint32Array(places.buffer.transfer(places.byteLength * 2));
      const at = records++ * PLACES;
      places[at] = start + from.sequence;
      places[at + 1] = start + sequenceEnd;
      places[at + 2] = start + from.arrived;
      places[at + 3] = start + from.data;
      places[at + 4] = start + dataEnd;
      end = last;
      sequence = text.indexOf(SEQUENCE, sequenceEnd);
      arrived = text.indexOf(ARRIVED, from.arrived);
      data = text.indexOf(DATA, dataEnd);
      if (isBefore(sequence, last) || isBefore(arrived, last) || isBefore(data, last)) return undefined;
    }
    if (end > 0) {
      start += end;
      size = PIECE;
    } else if (start + size < body.length) {
      size *= 2;
    } else {
      const isAll = sequence === -1 && arrived === -1 && data === -1;
      return isAll ? resultOf(new ScannedRecords(body, places, records), bytes, head + text) : undefined;
    }
  }
}

/** @param outside what the body has before the records and behind them */
function resultOf(records: Records, bytes: number, outside: string): ReadResult | undefined {
  const behind = outside.indexOf(BEHIND);
  const behindMs = behind === -1 ? 0 : numberIn(outside.slice(behind + BEHIND.length));
  const place = outside.indexOf(NEXT);
  if (place === -1) return { records, behindMs, bytes };
  const next = outside.slice(place + NEXT.length, outside.indexOf('"', place + NEXT.length));
  if (next.includes("\\")) return undefined;
  return { records, ...(next === "" ? {} : { next }), behindMs, bytes };
}

/** A field of the next record in the one that was just read: then they are not one of each. */
const isBefore = (place: number, last: number) => place !== -1 && place < last;

/** How many bytes a text in base64 stands for; -1: it isn't any, such as with an escape in it. */
function decodedLength(text: string): number {
  if (text.length % 4 !== 0 || text.includes("\\")) return -1;
  return (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
}

/** The number that a text begins with, or 0. */
function numberIn(text: string): number {
  const value = Number.parseFloat(text.slice(0, LONGEST_NUMBER));
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
