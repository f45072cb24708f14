import { LEVELS, type Level } from "@cali/log-record";
import type { Contribution, GroupMeta } from "../types.ts";

/** A contribution that can still grow. */
export interface Tally {
  count: number;
  byLevel: Partial<Record<Level, number>>;
  firstSeen: number;
  lastSeen: number;
  samples: string[];
  upTo: Contribution["upTo"];
  reopenedAtCount?: number;
  /** Whether it began at 0 in this process: the state may know of lines before. */
  isFresh: boolean;
}

/** Lines of one template of one service, and what was told of them. */
export interface Group {
  readonly fingerprint: string;
  service: string;
  template: string;
  errorCode?: string;
  /** Whether its first line made the template: then nobody has to wait for more. */
  startsNew: boolean;
  readonly createdAt: number;
  /** When a line last came, by the consumer's clock. */
  observedAt: number;
  /** What was told, as it is kept in the state; undefined: nothing yet. */
  meta: GroupMeta | undefined;
  /** By shard. */
  readonly tallies: Map<string, Tally>;
  /** It has to go, and is told of first. */
  leaving: boolean;
}

/** Lines in all, those not told of yet, and what is grave among them. */
export interface GroupTotals {
  readonly total: number;
  readonly pending: number;
  /** Lines that were told of, those of other replicas too. */
  readonly told: number;
  readonly level: Level;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Whether it came back, after it had been quiet, since it was last told of. */
  readonly reopened: boolean;
}

export function totalsOf({ tallies, meta }: Group): GroupTotals {
  let total = 0;
  let pending = 0;
  let gravest = 0;
  let firstSeen = Number.POSITIVE_INFINITY;
  let lastSeen = Number.NEGATIVE_INFINITY;
  let reopened = false;
  for (const [shardId, tally] of tallies) {
    const told = meta?.notifiedTotals[shardId] ?? 0;
    total += tally.count;
    pending += Math.max(0, tally.count - told);
    firstSeen = Math.min(firstSeen, tally.firstSeen);
    lastSeen = Math.max(lastSeen, tally.lastSeen);
    reopened ||= tally.reopenedAtCount !== undefined && tally.reopenedAtCount > told;
    for (let rank = LEVELS.length - 1; rank > gravest; rank--) {
      if (tally.byLevel[LEVELS[rank] as Level]) gravest = rank;
    }
  }
  const told = Object.values(meta?.notifiedTotals ?? {}).reduce((sum, count) => sum + count, 0);
  return { total, pending, told, level: LEVELS[gravest] as Level, firstSeen, lastSeen, reopened };
}

export function rank(level: Level): number {
  return LEVELS.indexOf(level);
}
