import { type Group, rank, totalsOf } from "./group.ts";

export interface ScheduleOptions {
  /** Time a group of a known template gathers lines before it is first notified, ms. */
  readonly groupWaitMs: number;
  /** Least time between two alerts of a group that got worse or came back, ms. */
  readonly groupIntervalMs: number;
  /** Least time between two alerts of a group that just goes on, ms. */
  readonly repeatIntervalMs: number;
  /** A group got worse when it has this many times the lines that were notified. */
  readonly surgeFactor: number;
  /** A group of warnings alone is notified once it has so many lines… */
  readonly warnLeastLines: number;
  /** …within this time, ms. */
  readonly warnWindowMs: number;
}

/** When a group is to be notified, silences and roots aside; infinity: not before something changes. */
export function dueAt(group: Group, options: ScheduleOptions, now: number): number {
  const { groupWaitMs, groupIntervalMs, repeatIntervalMs, surgeFactor } = options;
  const { pending, notified, level, reopened, total } = totalsOf(group);
  if (pending === 0) return Number.POSITIVE_INFINITY;
  if (group.leaving) return Number.NEGATIVE_INFINITY;
  if (level === "WARN" && !group.isLoud) return Number.POSITIVE_INFINITY;
  // A clock that was set back must not make the group quiet until it has caught up.
  group.countsFrom = Math.min(group.countsFrom, now);
  const { meta, startsNew, countsFrom, usualLines } = group;
  if (meta?.notifiedAt === undefined) {
    if (usualLines === undefined || level === "FATAL") return countsFrom + (startsNew ? 0 : groupWaitMs);
    const surges = total >= surgeFactor * Math.max(1, usualLines);
    return countsFrom + (surges ? groupIntervalMs : repeatIntervalMs);
  }
  const isWorse =
    reopened || rank(level) > rank(meta.level) || pending >= surgeFactor * Math.max(1, notified);
  return countsFrom + (isWorse ? groupIntervalMs : repeatIntervalMs);
}

/** Notes the time of a line, and whether warnings have become many. */
export function noteRate(group: Group, { warnLeastLines, warnWindowMs }: ScheduleOptions): void {
  if (group.isLoud) return;
  const { recent, observedAt } = group;
  recent.push(observedAt);
  if (recent.length > warnLeastLines) recent.shift();
  group.isLoud = recent.length >= warnLeastLines && observedAt - (recent[0] as number) <= warnWindowMs;
}
