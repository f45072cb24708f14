import { createGunzip } from "node:zlib";
import { messageOf } from "@cali/base";
import type { Payload } from "../decode/collector.ts";
import { decode } from "../decode/decode.ts";
import { ObjectStoreError } from "../state/objects/errors.ts";
import type { ObjectStore } from "../state/objects/types.ts";

/** What Firehose archives: `raw/dt=YYYY-MM-DD/`, gzip of JSON objects, by the day (UTC) of arrival. */
const RAW = "raw/";

/** One archived payload. */
export interface RawPayload {
  readonly payload: Payload;
  /** Which of the logs that came in the same bytes, from 0. */
  readonly place: number;
  /** When its object was written, ms since the epoch: when it had arrived, a delivery's buffering aside. */
  readonly archivedAt: number;
}

/** An object of the archive that cannot be read to its end. */
export interface BrokenObject {
  readonly key: string;
  readonly reason: string;
}

/** Longest text without an end of a line or of an object; more is one invalid payload. Far more than Kinesis takes. */
const LONGEST_PAYLOAD = 8 * 1024 * 1024;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/**
 * Reads what was archived on a day, payload by payload, whatever the size of the day.
 *
 * @param date YYYY-MM-DD
 * @throws ObjectStoreError
 * @param onBroken is called with an object that cannot be read; what came before its damage is read.
 */
export async function* readRawDay(
  objects: ObjectStore,
  date: string,
  onBroken: (broken: BrokenObject) => void,
): AsyncGenerator<RawPayload> {
  for await (const { key, modified } of objects.list(`${RAW}dt=${date}/`)) {
    const archivedAt = modified.getTime();
    try {
      for await (const text of pieces(objects.read(key))) {
        let place = 0;
        let before: Uint8Array | undefined;
        for (const payload of decode(text, { arrival: archivedAt })) {
          place = payload.bytes === before ? place + 1 : 0;
          before = payload.bytes;
          yield { payload, place, archivedAt };
        }
      }
    } catch (error) {
      // Objects that cannot be had are no quiet day.
      if (error instanceof ObjectStoreError) throw error;
      onBroken({ key, reason: messageOf(error) });
    }
  }
}

/** Unpacked pieces that end where a line or an object ends. */
async function* pieces(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feeding = feed(packed, gunzip);
  const ends = new PayloadEnds();
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const endInChunk = ends.lastIn(chunk);
      const end = endInChunk === 0 ? 0 : rest.length + endInChunk;
      const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      // Without the line's end: the same payload has the same bytes wherever it stands.
      if (end > 0) yield text.subarray(0, text[end - 1] === NEWLINE ? end - 1 : end);
      rest = text.subarray(end);
      if (rest.length > LONGEST_PAYLOAD) {
        yield rest;
        rest = Buffer.alloc(0);
        ends.reset();
      }
    }
  } finally {
    // What came before the damage counts.
    if (rest.length > 0) yield rest;
    gunzip.destroy();
  }
  await feeding;
}

/** Finds where payloads end in a text that comes bit by bit: at a line's end, and where an object closes. */
class PayloadEnds {
  #depth = 0;
  #inString = false;
  #isEscaped = false;

  /** Behind the last end in the chunk; 0: there is none. */
  lastIn(chunk: Uint8Array): number {
    let end = 0;
    for (let place = 0; place < chunk.length; place++) {
      const byte = chunk[place];
      if (byte === NEWLINE) {
        // No JSON string has one in it, so whatever was open is broken.
        this.reset();
        end = place + 1;
      } else if (this.#isEscaped) this.#isEscaped = false;
      else if (this.#inString) {
        if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) this.#inString = this.#depth > 0;
      else if (byte === BRACE_OPEN) this.#depth++;
      else if (byte === BRACE_CLOSE && this.#depth > 0 && --this.#depth === 0) end = place + 1;
    }
    return end;
  }

  reset(): void {
    this.#depth = 0;
    this.#inString = false;
    this.#isEscaped = false;
  }
}

async function feed(
  packed: AsyncIterable<Uint8Array>,
  gunzip: ReturnType<typeof createGunzip>,
): Promise<void> {
  try {
    for await (const chunk of packed) {
      if (!gunzip.write(chunk))
        await new Promise((resolve) => gunzip.once("drain", resolve).once("close", resolve));
      if (gunzip.destroyed) return;
    }
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error as Error);
  }
}
