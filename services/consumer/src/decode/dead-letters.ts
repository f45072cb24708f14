import { z } from "zod";
import { comparePositions, type Position } from "../core/types.ts";
import type { ObjectStore } from "../state/objects/types.ts";

/** A payload that is no log record, or that could not be processed. */
export interface RejectedPayload {
  shardId: string;
  position: Position;
  /** As it came. */
  bytes: Uint8Array;
  reason: string;
  /** ms since the epoch when Kinesis took the record; the same on every read. */
  arrivedAt: number;
}

/** Where dead letters are: `dlq/dt=YYYY-MM-DD/<shard>/<first sequence number>-<index>_<last>-<index>.jsonl`. */
export const DEAD_LETTERS = "dlq/";

/** One line of a dead-letter object: a payload that is no log record, as it came, with what was wrong. */
export const deadLetterSchema = z
  .strictObject({
    /** The original bytes, when they are valid UTF-8. Either this or `base64`. */
    text: z.string().optional(),
    /** The original bytes otherwise. */
    base64: z.base64().optional(),
    reason: z.string(),
    stream: z.string(),
    shardId: z.string(),
    sequenceNumber: z.string().regex(/^\d{1,128}$/),
    /** Place within the Kinesis record. */
    index: z.int().min(0),
    /** When Kinesis took the record, ISO 8601. */
    arrivedAt: z.iso.datetime(),
  })
  .refine(({ text, base64 }) => (text === undefined) !== (base64 === undefined), {
    message: "either `text` or `base64`",
  });
export type DeadLetter = z.infer<typeof deadLetterSchema>;

/** The payload's bytes as they came. */
export function bytesOf({ text, base64 }: DeadLetter): Uint8Array {
  return text === undefined ? Buffer.from(base64 ?? "", "base64") : Buffer.from(text, "utf8");
}

/**
 * Keeps the invalid payloads of a batch; durable when it resolves.
 *
 * What is written is a pure function of the payloads: the same batch again writes the same bytes under the same keys.
 * After a crash a batch can begin elsewhere, so a payload may stand in two objects: its place shows that it is one.
 *
 * @throws ObjectStoreError
 */
export async function keepDeadLetters(
  objects: ObjectStore,
  stream: string,
  payloads: readonly RejectedPayload[],
): Promise<void> {
  for (const batch of byShardAndDay(payloads)) {
    const [first] = batch;
    const last = batch.at(-1);
    if (!first || !last) continue;
    // Both ends: another batch that begins here but holds less must not take this one's place.
    const range = `${placeOf(first)}_${placeOf(last)}`;
    const key = `${DEAD_LETTERS}dt=${day(first.arrivedAt)}/${first.shardId}/${range}.jsonl`;
    const lines = batch.map((payload) => JSON.stringify(letterOf(stream, payload)));
    await objects.put(key, Buffer.from(`${lines.join("\n")}\n`), { contentType: "application/x-ndjson" });
  }
}

const placeOf = ({ position: { sequenceNumber, index } }: RejectedPayload) => `${sequenceNumber}-${index}`;

function byShardAndDay(payloads: readonly RejectedPayload[]): RejectedPayload[][] {
  const groups = new Map<string, RejectedPayload[]>();
  for (const payload of payloads) {
    const place = `${payload.shardId}/${day(payload.arrivedAt)}`;
    const group = groups.get(place);
    if (group) group.push(payload);
    else groups.set(place, [payload]);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => comparePositions(a.position, b.position)));
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function letterOf(
  stream: string,
  { bytes, reason, shardId, position, arrivedAt }: RejectedPayload,
): DeadLetter {
  const text = utf8(bytes);
  return {
    ...(text === undefined ? { base64: Buffer.from(bytes).toString("base64") } : { text }),
    reason,
    stream,
    shardId,
    sequenceNumber: position.sequenceNumber,
    index: position.index,
    arrivedAt: new Date(arrivedAt).toISOString(),
  };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
