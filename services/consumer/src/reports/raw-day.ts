import { createGunzip } from "node:zlib";
import { decode, type Payload } from "../decode.ts";
import type { ObjectStore } from "../objects/types.ts";

/** What Firehose archives: `raw/dt=YYYY-MM-DD/`, gzip of JSON objects, by the day (UTC) of arrival. */
export const RAW = "raw/";

/** One archived payload. */
export interface RawPayload {
  readonly payload: Payload;
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

/**
 * Reads what was archived on a day, payload by payload, whatever the size of the day.
 *
 * @param date YYYY-MM-DD
 * @param onBroken is told of an object that cannot be read; what came before its damage is read.
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
        for (const payload of decode(text)) yield { payload, archivedAt };
      }
    } catch (error) {
      onBroken({ key, reason: (error as Error).message });
    }
  }
}

/** Unpacked pieces that end where a line or an object ends. */
async function* pieces(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feeding = feed(packed, gunzip);
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = lastEnd(text);
      // Without the line's end: the same payload has the same bytes wherever it stands.
      if (end > 0) yield text.subarray(0, text[end - 1] === NEWLINE ? end - 1 : end);
      rest = text.subarray(end);
      if (rest.length > LONGEST_PAYLOAD) {
        yield rest;
        rest = Buffer.alloc(0);
      }
    }
  } finally {
    // What came before the damage counts.
    if (rest.length > 0) yield rest;
    gunzip.destroy();
  }
  await feeding;
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

/** Behind the last end of a line, or between the last two objects that touch. */
function lastEnd(text: Buffer): number {
  return Math.max(text.lastIndexOf("\n") + 1, text.lastIndexOf("}{") + 1);
}
