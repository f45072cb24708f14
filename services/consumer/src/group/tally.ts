import type { Level } from "@cali/log-record";
import { comparePositions, type GroupMeta, type MinuteLines, type Position } from "../core/types.ts";
import { redact } from "../redact/redact.ts";

/** Most samples of a tally, and of an alert. */
export const MOST_SAMPLES = 3;
/** Longest sample, in UTF-16 units. */
const LONGEST_SAMPLE = 1_000;
/** What is looked at beyond it, so that a secret at the end is whole when it is looked for. */
const SAMPLE_MARGIN = 1_000;

/** A contribution that can still grow. */
export interface Tally {
  count: number;
  byLevel: Partial<Record<Level, number>>;
  firstSeen: number;
  lastSeen: number;
  samples: string[];
  /** The first event counted; undefined: not known. */
  from?: Position;
  upTo: Position;
  /** How many of `count` were notified. */
  notified: number;
  reopenedAtCount?: number;
  /** Whether the group's warnings had become many with its last line. */
  isLoud?: boolean;
  /** When the first of the lines came that are not notified yet. */
  pendingSince?: number;
  /** Lines of the last minutes that had some, by the consumer's clock. */
  rate: MinuteLines[];
}

export function newTally(position: Position, loggedAt: number): Tally {
  return {
    count: 0,
    byLevel: {},
    firstSeen: loggedAt,
    lastSeen: loggedAt,
    samples: [],
    from: position,
    upTo: position,
    notified: 0,
    rate: [],
  };
}

/** Minutes of a tally's rate. */
export const RATE_MINUTES = 20;
export const MINUTE_MS = 60_000;

/** Counts a line in the minute that it came. */
export function noteMinute({ rate }: Tally, now: number): void {
  const minute = Math.floor(now / MINUTE_MS);
  const last = rate.at(-1);
  if (last?.minute === minute) last.lines++;
  else rate.push({ minute, lines: 1 });
  if (rate.length > RATE_MINUTES) rate.shift();
}

/**
 * How many of a tally's lines were notified. Positions say which: a tally can count from elsewhere than the one that was
 * notified, since the group was let go and came again, or a crash took it back to what the state had. When the positions
 * don't say, lines are notified again rather than never.
 */
export function notifiedOf(shardId: string, tally: Tally, meta: GroupMeta): number {
  const total = meta.notifiedTotals[shardId];
  const span = meta.notifiedSpans?.[shardId];
  if (total === undefined) return tally.notified;
  if (span && comparePositions(tally.upTo, span.upTo) <= 0) return tally.count;
  const isSameCount = span === undefined || isSame(tally.from, span.from);
  return isSameCount ? Math.max(tally.notified, Math.min(tally.count, total)) : tally.notified;
}

export function isSame(a: Position | undefined, b: Position | undefined): boolean {
  return a === undefined || b === undefined ? a === b : comparePositions(a, b) === 0;
}

/** Lines in a row that bring no new sample, after which a tally is not looked at for more. */
const MOST_TRIED = 64;
/** Of a tally that may take another sample: the line it was offered last, and how many in a row brought none. */
const offered = new WeakMap<Tally, { last: string; tried: number }>();

/** Keeps the line as a sample, redacted, if there is room and it is new. A line that repeats the last one costs a comparison. */
export function addSample(tally: Tally, content: string): void {
  if (tally.samples.length >= MOST_SAMPLES) return;
  const head = content.slice(0, LONGEST_SAMPLE + SAMPLE_MARGIN);
  const before = offered.get(tally);
  if (before && (before.last === head || before.tried >= MOST_TRIED)) return;
  const sample = redact(head).slice(0, LONGEST_SAMPLE);
  const isNew = !tally.samples.includes(sample);
  if (isNew) tally.samples.push(sample);
  // A copy: a slice would keep the whole line in memory.
  const last = Buffer.from(head, "utf16le").toString("utf16le");
  offered.set(tally, { last, tried: isNew ? 0 : (before?.tried ?? 0) + 1 });
}
