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

/**
 * When a group is to be notified, silences and roots aside; infinity: not before something changes.
 * @param along groups that are notified with it. Default: none
 */
export function dueAt(
  group: Group,
  options: ScheduleOptions,
  now: number,
  along: readonly Group[] = [],
): number {
  const { groupWaitMs, groupIntervalMs, repeatIntervalMs, surgeFactor } = options;
  const { pending, notified, level, reopened, total } = totalsOf(group, along);
  if (pending === 0) return Number.POSITIVE_INFINITY;
  if (group.leaving) return Number.NEGATIVE_INFINITY;
  if (level === "WARN" && ![group, ...along].some(({ isLoud }) => isLoud)) return Number.POSITIVE_INFINITY;
  // A clock that was set back must not make the group quiet until it has caught up.
  group.countsFrom = Math.min(group.countsFrom, now);
  const { meta, startsNew, countsFrom, usualLines } = group;
  if (meta?.notifiedAt === undefined) {
    // The error's first alert is that of whichever would be notified first.
    if (along.length > 0) return Math.min(...[group, ...along].map((one) => dueAt(one, options, now)));
    if (usualLines === undefined || level === "FATAL") return countsFrom + (startsNew ? 0 : groupWaitMs);
    const surges = total >= surgeFactor * Math.max(1, usualLines);
    return countsFrom + (surges ? groupIntervalMs : repeatIntervalMs);
  }
  const isWorse =
    reopened ||
    along.some((one) => cameAfterwards(one, group, groupIntervalMs)) ||
    rank(level) > toldRank([group, ...along]) ||
    pending >= surgeFactor * Math.max(1, notified);
  return countsFrom + (isWorse ? groupIntervalMs : repeatIntervalMs);
}

/** The gravest level that was notified of any of them. */
const toldRank = (groups: readonly Group[]) =>
  Math.max(...groups.map(({ meta }) => (meta?.notifiedAt === undefined ? 0 : rank(meta.level))));

/** Whether a group that was never notified began when the other one had been quiet. */
function cameAfterwards(one: Group, { observedAt }: Group, groupIntervalMs: number): boolean {
  const { pendingSince } = totalsOf(one);
  return (
    one.meta === undefined && Number.isFinite(pendingSince) && pendingSince - observedAt > groupIntervalMs
  );
}

/** Notes the time of a line, and whether warnings have become many. */
export function noteRate(group: Group, { warnLeastLines, warnWindowMs }: ScheduleOptions): void {
  if (group.isLoud) return;
  const { recent, observedAt } = group;
  recent.push(observedAt);
  if (recent.length > warnLeastLines) recent.shift();
  group.isLoud = recent.length >= warnLeastLines && observedAt - (recent[0] as number) <= warnWindowMs;
}
