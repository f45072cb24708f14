import { type Alert, comparePositions, type GroupMeta } from "../core/types.ts";
import { redact } from "../redact/redact.ts";
import { type Group, rateOf, totalsOf } from "./group.ts";
import { MOST_SAMPLES } from "./tally.ts";

/** What is due: the alert, and the group once it is notified. */
export interface DueAlert {
  readonly meta: GroupMeta;
  /** Groups whose lines the alert has too, once it is notified: they are of the same error. Default: none. */
  readonly along?: readonly GroupMeta[];
  readonly alert: Alert;
  /** It is notified only when its cause is known: a fresh state does not know yet what is usual. */
  readonly onlyIfKnown?: boolean;
}

/** The alert of a group now. */
export function alertOf(
  group: Group,
  {
    muted,
    roots,
    now,
    along = [],
  }: { muted: Alert["muted"]; roots: readonly string[]; now: number; along?: readonly Group[] },
): DueAlert {
  const { fingerprint, service, template, errorCode, createdAt, latest } = group;
  const { total, pending, level, firstSeen, lastSeen } = totalsOf(group, along);
  const isNew = group.meta?.notifiedAt === undefined;
  const told = along.filter((one) => totalsOf(one).pending > 0);
  const meta = metaOf(group, now);
  const code = errorCode === undefined ? {} : { errorCode };
  return {
    meta,
    ...(told.length > 0 && { along: told.map((one) => metaOf(one, now)) }),
    alert: {
      id: `${fingerprint}-${createdAt.toString(36)}-${meta.notifications}`,
      fingerprint,
      ...(told.length > 0 && { along: told.map((one) => one.fingerprint) }),
      service,
      level,
      // A word that no mask knows stays in the template, and it may be a secret.
      template: redact(template),
      ...code,
      count: pending,
      total,
      suppressed: isNew ? pending - 1 : pending,
      firstSeen,
      lastSeen,
      samples: [group, ...along]
        .flatMap(({ tallies }) => [...tallies.values()].flatMap(({ samples }) => samples))
        .slice(0, MOST_SAMPLES),
      isNew,
      muted,
      ...(roots.length > 0 && { mayBeCausedBy: roots }),
      ...latest,
      rate: rateOf(group, now, along),
      ...(group.isSymptom && { isSymptom: true }),
    },
  };
}

/** A group once all its lines are notified. */
function metaOf(group: Group, now: number): GroupMeta {
  const { fingerprint, service, template, errorCode, createdAt, tallies } = group;
  const notifications = (group.meta?.notifications ?? 0) + 1;
  const notifiedTotals = { ...group.meta?.notifiedTotals };
  const notifiedSpans = { ...group.meta?.notifiedSpans };
  for (const [shardId, { count, from, upTo }] of tallies) {
    const before = notifiedSpans[shardId]?.upTo;
    // After a crash a tally can stand before what was notified.
    if (before && comparePositions(upTo, before) < 0) continue;
    notifiedTotals[shardId] = count;
    notifiedSpans[shardId] = { ...(from && { from }), upTo };
  }
  return {
    fingerprint,
    service,
    template,
    level: totalsOf(group).level,
    ...(errorCode !== undefined && { errorCode }),
    createdAt,
    notifiedAt: now,
    notifiedTotals,
    notifiedSpans,
    notifications,
  };
}
