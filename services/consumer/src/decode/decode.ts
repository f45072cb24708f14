import { isUtf8 } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import kinesisAggregation from "aws-kinesis-agg";

/** One payload of a Kinesis record: a JSON value (an object, unless a validator says otherwise), or why it is none. */
export type Payload =
  | { ok: true; value: unknown; bytes: Uint8Array }
  | { ok: false; reason: string; bytes: Uint8Array };

export interface DecodeOptions {
  /** Most bytes that one gzip may become, and most bytes of one aggregate's records in all. Default 16 MiB. */
  maxDecodedBytes?: number;
}

const DEFAULT_MAX_DECODED_BYTES = 16 * 1024 * 1024;
/** Most payloads of one Kinesis record; the rest of it is one invalid payload. */
export const MAX_PAYLOADS = 10_000;
const KPL_MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

/**
 * Tells apart what one Kinesis record can hold and splits it: a JSON object; several, joined by newlines or simply one
 * after the other; a gzip of those; a KPL aggregate of any of these. What cannot be read is an invalid payload with its
 * original bytes and the reason. Never throws, and returns at least one payload.
 */
export function decode(data: Uint8Array, options: DecodeOptions = {}): Payload[] {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes[0] === BRACE_OPEN && isUtf8(bytes)) {
    try {
      return [{ ok: true, value: JSON.parse(bytes.toString("utf8")), bytes }];
    } catch {
      return decodeText(bytes);
    }
  }
  const limit = options.maxDecodedBytes ?? DEFAULT_MAX_DECODED_BYTES;
  if (bytes.length >= 4 && bytes.subarray(0, 4).equals(KPL_MAGIC)) return decodeAggregate(bytes, limit);
  return decodePlain(bytes, limit);
}

/** Text or gzip of text; an aggregate inside them is not a thing that the KPL makes. */
function decodePlain(bytes: Buffer, limit: number): Payload[] {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return decodeText(bytes);
  let text: Buffer;
  try {
    text = gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ERR_BUFFER_TOO_LARGE" ? `becomes more than ${limit} bytes` : message;
    return [invalid(bytes, `gzip: ${why}`)];
  }
  // What is left over can be a thousand times the record: compressed it is kept, and fits into the stream again.
  return decodeText(text).map((payload) =>
    payload.ok || payload.reason !== TOO_MANY ? payload : { ...payload, bytes: gzipSync(payload.bytes) },
  );
}

/** The package checks the magic number and the MD5 of the whole; a broken aggregate is one invalid record. */
function decodeAggregate(bytes: Buffer, limit: number): Payload[] {
  const payloads: Payload[] = [];
  let failure: string | undefined;
  let left = limit;
  try {
    kinesisAggregation.deaggregateSync(
      { data: bytes, partitionKey: "", sequenceNumber: "" } as never,
      true,
      (error: Error | undefined, records?: { data: string }[]) => {
        if (error) failure = error.message;
        const rest: Buffer[] = [];
        for (const record of failure === undefined ? (records ?? []) : []) {
          const data = Buffer.from(record.data, "base64");
          if (payloads.length >= MAX_PAYLOADS) {
            rest.push(data);
            continue;
          }
          const inner = decodePlain(data, Math.max(1, left));
          for (const payload of inner) left -= payload.bytes.length;
          payloads.push(...inner);
        }
        if (rest.length > 0) payloads.push(invalid(aggregateOf(rest), TOO_MANY));
      },
    );
  } catch (error) {
    failure = (error as Error).message;
  }
  if (failure !== undefined) return [invalid(bytes, `KPL aggregate: ${failure}`)];
  return payloads.length > 0 ? payloads : [invalid(bytes, "KPL aggregate: it holds no record")];
}

/** The package's types leave it out. */
const { RecordAggregator } = kinesisAggregation as unknown as {
  RecordAggregator: new () => {
    addUserRecord(record: { partitionKey: string; data: Buffer }): void;
    build(): { data: Buffer };
  };
};

/** What is left of an aggregate, as one again. */
function aggregateOf(datas: readonly Buffer[]): Buffer {
  const aggregator = new RecordAggregator();
  for (const data of datas) aggregator.addUserRecord({ partitionKey: "rest", data });
  return aggregator.build().data;
}

const TOO_MANY = `more than ${MAX_PAYLOADS} payloads in one record: this is the rest`;

function decodeText(bytes: Buffer): Payload[] {
  if (!isUtf8(bytes)) return [invalid(bytes, "not UTF-8 text, nor gzip, nor a KPL aggregate")];
  const whole = objectsOf(bytes);
  if (whole.pieces.length === 0)
    return [invalid(bytes, bytes.length === 0 ? "empty: 0 bytes" : "empty: only blanks")];
  const payloads = parsed(whole);
  if (payloads.every((payload) => payload.ok || payload.reason === TOO_MANY)) return payloads;
  // Something is broken. A line end cannot stand inside a JSON string, so each line is read by itself: one broken
  // line then costs no other. Text whose objects span lines reads no better so, and stays one invalid piece each.
  const byLine = parsed(linesOf(bytes));
  return valid(byLine) >= valid(payloads) ? byLine : payloads;
}

/** Parts of a text, at most `MAX_PAYLOADS`, and what comes after them. */
interface Pieces {
  pieces: Buffer[];
  rest: Buffer | undefined;
}

function parsed({ pieces, rest }: Pieces): Payload[] {
  const payloads = pieces.map(parse);
  if (rest !== undefined && !isBlank(rest)) payloads.push(invalid(rest, TOO_MANY));
  return payloads;
}

const valid = (payloads: Payload[]) => payloads.reduce((sum, payload) => sum + (payload.ok ? 1 : 0), 0);

const invalid = (bytes: Uint8Array, reason: string): Payload => ({ ok: false, reason, bytes });

function parse(bytes: Buffer): Payload {
  try {
    return { ok: true, value: JSON.parse(bytes.toString("utf8")), bytes };
  } catch (error) {
    return invalid(bytes, `JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** Each line that is a JSON value, and the objects of the others. */
function linesOf(bytes: Buffer): Pieces {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    const line = bytes.subarray(start, end === -1 ? bytes.length : end);
    const { pieces: found, rest } =
      isBlank(line) || parse(line).ok
        ? { pieces: isBlank(line) ? [] : [line], rest: undefined }
        : objectsOf(line, MAX_PAYLOADS - pieces.length);
    pieces.push(...found);
    start += line.length + 1;
    if (rest !== undefined) return { pieces, rest: bytes.subarray(rest.byteOffset - bytes.byteOffset) };
    if (pieces.length >= MAX_PAYLOADS) return { pieces, rest: bytes.subarray(start) };
  }
  return { pieces, rest: undefined };
}

/**
 * Cuts text into objects by counting braces outside strings. What stands between them (anything but blanks) is a piece
 * of its own up to the next brace, and so is an object that never ends.
 */
function objectsOf(bytes: Buffer, most = MAX_PAYLOADS): Pieces {
  const pieces: Buffer[] = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === BRACE_OPEN) {
      if (depth++ === 0) start = keep(bytes, start, at, pieces);
    } else if (depth > 0 && byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (depth > 0 && byte === BRACE_CLOSE && --depth === 0) {
      start = keep(bytes, start, at + 1, pieces);
    }
    if (pieces.length >= most) return { pieces, rest: bytes.subarray(start) };
  }
  keep(bytes, start, bytes.length, pieces);
  return { pieces, rest: undefined };
}

function keep(bytes: Buffer, start: number, end: number, pieces: Buffer[]): number {
  const piece = bytes.subarray(start, end);
  if (!isBlank(piece)) pieces.push(piece);
  return end;
}

/** The place of the quote that ends the string starting at `at`, or the last byte. */
function endOfString(bytes: Buffer, at: number): number {
  for (let next = at + 1; next < bytes.length; next++) {
    if (bytes[next] === BACKSLASH) next++;
    else if (bytes[next] === QUOTE) return next;
  }
  return bytes.length - 1;
}

const isBlank = (bytes: Buffer) => bytes.every((byte) => byte <= 0x20);
