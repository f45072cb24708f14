import { createHash } from "node:crypto";
import { type KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { parseJson, resend } from "@cali/base";
import { bytesOf, DEAD_LETTERS, type DeadLetter, deadLetterSchema } from "../decode/dead-letters.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import { dateOf } from "./dates.ts";

export interface ReplayOptions {
  readonly objects: ObjectStore;
  readonly client: KinesisClient;
  readonly stream: string;
  /** Letters whose records arrived from then on, and before then, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Only letters whose reason has this text in it. Default: all. */
  readonly reason?: string;
  /** Count only. */
  readonly dryRun?: boolean;
}

export interface ReplayCounts {
  /** Letters in the time, each place once. */
  found: number;
  /** Not asked for by their reason. */
  skipped: number;
  /** Replayed by an earlier run. */
  before: number;
  /** Taken by Kinesis now. */
  replayed: number;
  /** Not taken: too large, or refused again and again. They stay dead letters. */
  refused: number;
  /** Lines in dlq/ that are no dead letters. */
  broken: number;
}

/** Marks of what was replayed: `dlq-replayed/<hash of the letters' places>.txt`. */
const MARKS = "dlq-replayed/";
const DAY_MS = 24 * 3_600_000;
/** What PutRecords takes (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html). */
const MOST_RECORDS = 500;
const MOST_BYTES = 5 * 1024 * 1024;
/** Data and partition key together may have 1 MiB. */
const LONGEST_KEY = 256;
const LONGEST_RECORD = 1024 * 1024 - LONGEST_KEY;
const MOST_TRIES = 8;

interface Letter {
  readonly place: string;
  readonly bytes: Uint8Array;
}

/**
 * Feeds dead letters back into the stream, as the bytes that they came as. A letter is known by its place, so one that
 * stands in two objects is replayed once, and a second run replays nothing again. What fails again comes back to dlq/
 * under its new place.
 *
 * A mark is written after Kinesis took the records: a crash in between makes the next run send those again.
 *
 * @throws ObjectStoreError, and what Kinesis says when the stream cannot be written at all
 */
export async function replay(options: ReplayOptions): Promise<ReplayCounts> {
  const { objects, dryRun = false } = options;
  const counts: ReplayCounts = { found: 0, skipped: 0, before: 0, replayed: 0, refused: 0, broken: 0 };
  const done = await replayedPlaces(objects);
  const seen = new Set<string>();
  let batch: Letter[] = [];
  let bytes = 0;
  const flush = async () => {
    if (batch.length === 0) return;
    if (dryRun) counts.replayed += batch.length;
    else await send(batch, options, counts);
    batch = [];
    bytes = 0;
  };
  for await (const letter of letters(options, counts)) {
    const place = `${letter.stream}/${letter.shardId}/${letter.sequenceNumber}/${letter.index}`;
    if (seen.has(place)) continue;
    seen.add(place);
    counts.found++;
    if (options.reason !== undefined && !letter.reason.includes(options.reason)) counts.skipped++;
    else if (done.has(place)) counts.before++;
    else {
      const body = bytesOf(letter);
      if (body.length === 0 || body.length > LONGEST_RECORD) {
        counts.refused++;
        continue;
      }
      if (batch.length === MOST_RECORDS || bytes + body.length + place.length > MOST_BYTES) await flush();
      batch.push({ place, bytes: body });
      bytes += body.length + place.length;
    }
  }
  await flush();
  return counts;
}

async function* letters(
  { objects, from, to }: ReplayOptions,
  counts: ReplayCounts,
): AsyncGenerator<DeadLetter> {
  for (let day = from - (from % DAY_MS); day < to; day += DAY_MS) {
    for await (const { key } of objects.list(`${DEAD_LETTERS}dt=${dateOf(day)}/`)) {
      const body = await objects.get(key);
      for (const line of Buffer.from(body ?? [])
        .toString("utf8")
        .split("\n")) {
        if (line === "") continue;
        const letter = deadLetterSchema.safeParse(parseJson(line)).data;
        if (!letter) counts.broken++;
        else if (Date.parse(letter.arrivedAt) >= from && Date.parse(letter.arrivedAt) < to) yield letter;
      }
    }
  }
}

async function replayedPlaces(objects: ObjectStore): Promise<Set<string>> {
  const places = new Set<string>();
  for await (const { key } of objects.list(MARKS)) {
    const body = await objects.get(key);
    for (const place of Buffer.from(body ?? [])
      .toString("utf8")
      .split("\n"))
      if (place !== "") places.add(place);
  }
  return places;
}

/** Sends a batch, its refused records alone again. What a call took is marked before the next one, which may fail. */
async function send(
  batch: readonly Letter[],
  { client, stream, objects }: ReplayOptions,
  counts: ReplayCounts,
): Promise<void> {
  const put = async (letters: readonly Letter[]) => {
    const { Records = [] } = await client.send(
      new PutRecordsCommand({
        ...(stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream }),
        Records: letters.map(({ place, bytes }) => ({
          Data: bytes,
          PartitionKey: place.slice(-LONGEST_KEY),
        })),
      }),
    );
    const isRefused = (_: Letter, index: number) =>
      Records[index] === undefined || Records[index].ErrorCode !== undefined;
    const taken = letters.filter((letter, index) => !isRefused(letter, index));
    if (taken.length > 0) await mark(objects, taken);
    counts.replayed += taken.length;
    return letters.filter(isRefused);
  };
  const left = await resend(batch, put, { tries: MOST_TRIES, firstMs: 100, longestMs: 10_000 });
  counts.refused += left.length;
}

async function mark(objects: ObjectStore, taken: readonly Letter[]): Promise<void> {
  const text = taken.map(({ place }) => place).join("\n");
  const name = createHash("sha256").update(text).digest("hex").slice(0, 32);
  await objects.put(`${MARKS}${name}.txt`, Buffer.from(text), { contentType: "text/plain" });
}
