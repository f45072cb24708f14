import { LEVELS, type Level, type LogRecord } from "@cali/log-record";
import { comparePositions, type GroupMeta, type LatestLine } from "../core/types.ts";
import { redact } from "../redact/redact.ts";
import { isSymptom } from "./dependencies.ts";
import { stackOf } from "./stack.ts";
import { MINUTE_MS, RATE_MINUTES, type Tally } from "./tally.ts";

/** Lines of one template of one service, and what of them was notified. */
export interface Group {
  readonly fingerprint: string;
  service: string;
  template: string;
  errorCode?: string;
  /** What its lines say of the error beside their words, one part a line; undefined: not known, or it has several errors. */
  identity: string | undefined;
  /** Whether its first line made the template: then nobody has to wait for more. */
  startsNew: boolean;
  readonly createdAt: number;
  /** From when its wait or interval counts: when it began or was last notified; never ahead of the clock. */
  countsFrom: number;
  /** When its last line was logged. */
  observedAt: number;
  /** What was notified, as it is kept in the state; undefined: nothing yet. */
  meta: GroupMeta | undefined;
  /** By shard. */
  readonly tallies: Map<string, Tally>;
  /** It has to go, and is notified first. */
  leaving: boolean;
  /** Whether its lines read as a symptom of another service's trouble. */
  isSymptom: boolean;
  /** Times of the last lines, until warnings have become many. */
  readonly recent: number[];
  /** Whether there are enough warnings to notify. */
  isLoud: boolean;
  /** Lines that a fresh state has taken for usual; undefined: it has not. */
  usualLines?: number;
  /** Whose alert tells of it, and the groups that this one tells of, as it was seen last; undefined: it stands for itself. */
  toldBy?: { readonly lead: Group; readonly along: readonly Group[] } | undefined;
  /** What the last line says of itself. */
  latest: LatestLine;
}

/** Lines in all, those not notified yet, and the gravest level among them. */
export interface GroupTotals {
  readonly total: number;
  readonly pending: number;
  /** Lines that were notified, those of other replicas too. */
  readonly notified: number;
  readonly level: Level;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Whether it came back, after it had been quiet, since it was last notified. */
  readonly reopened: boolean;
  /** Since when lines are pending, by the consumer's clock; infinity: none is, or it is not known. */
  readonly pendingSince: number;
}

/** @param along groups that are notified with it. Default: none */
export function totalsOf(group: Group, along: readonly Group[] = []): GroupTotals {
  let total = 0;
  let pending = 0;
  let gravest = 0;
  let firstSeen = Number.POSITIVE_INFINITY;
  let lastSeen = Number.NEGATIVE_INFINITY;
  let reopened = false;
  let pendingSince = Number.POSITIVE_INFINITY;
  let notified = 0;
  for (const { tallies, meta } of [group, ...along]) {
    for (const tally of tallies.values()) {
      total += tally.count;
      pending += tally.count - tally.notified;
      firstSeen = Math.min(firstSeen, tally.firstSeen);
      lastSeen = Math.max(lastSeen, tally.lastSeen);
      if (tally.count > tally.notified)
        pendingSince = Math.min(pendingSince, tally.pendingSince ?? pendingSince);
      reopened ||= tally.reopenedAtCount !== undefined && tally.reopenedAtCount > tally.notified;
      for (let rank = LEVELS.length - 1; rank > gravest; rank--) {
        if (tally.byLevel[LEVELS[rank] as Level]) gravest = rank;
      }
    }
    for (const count of Object.values(meta?.notifiedTotals ?? {})) notified += count;
  }
  return {
    total,
    pending,
    notified,
    level: LEVELS[gravest] as Level,
    firstSeen,
    lastSeen,
    reopened,
    pendingSince,
  };
}

/** A group that mostly pauses for so long is not back after such a pause: it goes on. */
const USUAL_PAUSES = 3;

/** Whether a line at this time comes after a pause that says that the group was over, and not that its lines are few. */
export function comesBack(group: Group, at: number, leastPauseMs: number): boolean {
  const { total, firstSeen } = totalsOf(group);
  const usual = total > 1 ? Math.max(0, group.observedAt - firstSeen) / (total - 1) : 0;
  return at - group.observedAt > Math.max(leastPauseMs, USUAL_PAUSES * usual);
}

/** Whether a group has counted again, after a crash, all that was notified before. */
export function hasCaughtUp({ tallies, meta }: Group): boolean {
  return [...tallies].every(([shardId, { upTo }]) => {
    const span = meta?.notifiedSpans?.[shardId];
    return span === undefined || comparePositions(upTo, span.upTo) >= 0;
  });
}

export function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

export function newGroup(
  fields: Pick<Group, "fingerprint" | "service" | "template" | "createdAt" | "startsNew"> & {
    errorCode?: string;
    identity?: string;
  },
): Group {
  return {
    ...fields,
    identity: fields.identity,
    countsFrom: fields.createdAt,
    observedAt: Number.NEGATIVE_INFINITY,
    meta: undefined,
    tallies: new Map(),
    leaving: false,
    isSymptom: isSymptom(fields.template),
    recent: [],
    isLoud: false,
    latest: {},
  };
}

/** Notes what a line says of itself. */
export function noteLine(group: Group, record: LogRecord): void {
  const {
    version,
    pod_name: podName,
    environment,
    platform,
    trace_id: traceId,
    log_content: content,
  } = record;
  const ownFrames = group.latest.ownFrames ?? stackOf(content).ownFrames.map((frame) => redact(frame));
  group.latest = {
    version,
    podName,
    environment,
    platform,
    ...(traceId !== "-" && { traceId }),
    ...(ownFrames.length > 0 && { ownFrames }),
  };
}

/** Lines of each of the last minutes, this one last. */
export function rateOf(group: Group, now: number, along: readonly Group[] = []): number[] {
  const first = Math.floor(now / MINUTE_MS) - RATE_MINUTES + 1;
  const lines = Array.from({ length: RATE_MINUTES }, () => 0);
  for (const { rate } of [group, ...along].flatMap(({ tallies }) => [...tallies.values()])) {
    for (const { minute, lines: some } of rate) {
      const place = minute - first;
      if (place >= 0 && place < RATE_MINUTES) lines[place] = (lines[place] ?? 0) + some;
    }
  }
  return lines;
}
