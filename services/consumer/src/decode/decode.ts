import { isUtf8 } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import { messageOf } from "@cali/base";
import { type LogRecord, ownRecord } from "@cali/log-record";
import kinesisAggregation from "aws-kinesis-agg";
import { Collector, type Payload, type TextOptions } from "./collector.ts";
import { readTextInto } from "./text.ts";

export interface DecodeOptions extends Partial<TextOptions> {
  /** Most bytes that one gzip may become, and most bytes of one aggregate's records in all. Default 16 MiB. */
  maxDecodedBytes?: number;
}

/** What Kinesis has of a record; its text only where that is quick to have and the data is UTF-8. */
interface Source {
  readonly data: Uint8Array;
  readonly text?: string | undefined;
}

const DEFAULT_MAX_DECODED_BYTES = 16 * 1024 * 1024;
/** Most logs of one Kinesis record; the rest of it is one invalid payload. */
export const MAX_PAYLOADS = 10_000;
const BRACE_OPEN = 0x7b;
const KPL_MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const TOO_MANY = `more than ${MAX_PAYLOADS} payloads in one record: this is the rest`;

/**
 * Reads what one Kinesis record holds: JSON of any logger, one or several, joined by newlines or simply one after the other;
 * lines of text; envelopes of those; a gzip of these; a KPL aggregate of any. What is no text, or JSON that is broken, is an
 * invalid payload with its original bytes and the reason. Never throws, and returns at least one payload.
 */
export function decode(data: Uint8Array, options: DecodeOptions = {}): Payload[] {
  return decodeRecord({ data }, options);
}

/** As `decode`, of a record that may know its text: then no bytes are made of CALI's own. */
export function decodeRecord(source: Source, options: DecodeOptions = {}): Payload[] {
  const { text } = source;
  // One object alone, by far the most frequent: it is parsed once, and CALI's own record is done.
  const value = text === undefined ? objectOf(source.data) : parsed(text);
  const own = value === undefined ? undefined : ownRecord(value);
  if (own !== undefined) return [new OwnPayload(own, source)];
  const { maxDecodedBytes = DEFAULT_MAX_DECODED_BYTES, arrival = Date.now(), zone = "UTC" } = options;
  const bytes = bufferOf(source.data);
  const out = new Collector(MAX_PAYLOADS, { arrival, zone });
  const rest =
    value !== undefined
      ? out.value(value, bytes)
      : bytes.length >= 4 && bytes.subarray(0, 4).equals(KPL_MAGIC)
        ? readAggregate(bytes, maxDecodedBytes, out)
        : readPlain(bytes, maxDecodedBytes, out);
  if (rest !== undefined) out.refuse(rest, TOO_MANY);
  return out.payloads;
}

/** The payload of nearly every record; its bytes are hardly ever asked for. */
class OwnPayload {
  readonly ok = true;
  readonly format = "cali";
  readonly record: LogRecord;
  readonly #source: Source;

  constructor(record: LogRecord, source: Source) {
    this.record = record;
    this.#source = source;
  }

  get bytes(): Uint8Array {
    return this.#source.data;
  }
}

const bufferOf = (data: Uint8Array) =>
  Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** The JSON object that bytes are; nothing when they are anything else. */
function objectOf(data: Uint8Array): object | undefined {
  return data[0] === BRACE_OPEN && isUtf8(data) ? parsed(bufferOf(data).toString("utf8")) : undefined;
}

/** The JSON object that a text is; nothing when it is anything else. */
function parsed(text: string): object | undefined {
  if (text.charCodeAt(0) !== BRACE_OPEN) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** Text or gzip of text; an aggregate inside them is not a thing that the KPL makes. Gives what was too much. */
function readPlain(bytes: Buffer, limit: number, out: Collector): Buffer | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return readBytes(bytes, out);
  let text: Buffer;
  try {
    text = gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ERR_BUFFER_TOO_LARGE" ? `becomes more than ${limit} bytes` : message;
    out.refuse(bytes, `gzip: ${why}`);
    return undefined;
  }
  const rest = readBytes(text, out);
  // It can be a thousand times the record: compressed it is kept, and fits into the stream again.
  return rest === undefined ? undefined : gzipSync(rest);
}

function readBytes(bytes: Buffer, out: Collector): Buffer | undefined {
  const before = out.payloads.length;
  const rest = readTextInto(bytes, out);
  if (out.payloads.length === before && rest === undefined) {
    out.refuse(bytes, bytes.length === 0 ? "empty: 0 bytes" : "empty: only blanks");
  }
  return rest;
}

/** The package checks the magic number and the MD5 of the whole; a broken aggregate is one invalid record. */
function readAggregate(bytes: Buffer, limit: number, out: Collector): Buffer | undefined {
  let datas: Buffer[] = [];
  let failure: string | undefined;
  try {
    kinesisAggregation.deaggregateSync(
      { data: bytes, partitionKey: "", sequenceNumber: "" } as never,
      true,
      (error: Error | undefined, records?: { data: string }[]) => {
        if (error) failure = error.message;
        else datas = (records ?? []).map(({ data }) => Buffer.from(data, "base64"));
      },
    );
  } catch (error) {
    failure = messageOf(error);
  }
  if (failure === undefined && datas.length === 0) failure = "it holds no record";
  if (failure !== undefined) {
    out.refuse(bytes, `KPL aggregate: ${failure}`);
    return undefined;
  }
  let left = limit;
  for (const [index, data] of datas.entries()) {
    const before = out.payloads.length;
    const rest = out.isFull ? data : readPlain(data, Math.max(1, left), out);
    if (rest !== undefined) return aggregateOf([rest, ...datas.slice(index + 1)]);
    for (const payload of out.payloads.slice(before)) left -= payload.bytes.length;
  }
  return undefined;
}

/** The package's types leave it out. */
const { RecordAggregator } = kinesisAggregation as unknown as {
  RecordAggregator: new () => {
    addUserRecord(record: { partitionKey: string; data: Buffer }): void;
    build(): { data: Buffer };
  };
};

/** A KPL aggregate of these. */
export function aggregateOf(datas: readonly Buffer[]): Buffer {
  const aggregator = new RecordAggregator();
  for (const data of datas) aggregator.addUserRecord({ partitionKey: "rest", data });
  return aggregator.build().data;
}
