import { type Alert, comparePositions, type GroupMeta } from "../core/types.ts";
import { redact } from "../redact/redact.ts";
import { type Group, rateOf, totalsOf } from "./group.ts";
import { MOST_SAMPLES } from "./tally.ts";

/** What is due: the alert, and the group once it is notified. */
export interface DueAlert {
  readonly meta: GroupMeta;
  readonly alert: Alert;
  /** It is notified only when its cause is known: a fresh state does not know yet what is usual. */
  readonly onlyIfKnown?: boolean;
}

/** The alert of a group now. */
export function alertOf(
  group: Group,
  { muted, roots, now }: { muted: Alert["muted"]; roots: readonly string[]; now: number },
): DueAlert {
  const { fingerprint, service, template, errorCode, createdAt, tallies, latest } = group;
  const { total, pending, level, firstSeen, lastSeen } = totalsOf(group);
  const isNew = group.meta?.notifiedAt === undefined;
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
  const code = errorCode === undefined ? {} : { errorCode };
  return {
    meta: {
      fingerprint,
      service,
      template,
      level,
      ...code,
      createdAt,
      notifiedAt: now,
      notifiedTotals,
      notifiedSpans,
      notifications,
    },
    alert: {
      id: `${fingerprint}-${createdAt.toString(36)}-${notifications}`,
      fingerprint,
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
      samples: [...tallies.values()].flatMap(({ samples }) => samples).slice(0, MOST_SAMPLES),
      isNew,
      muted,
      ...(roots.length > 0 && { mayBeCausedBy: roots }),
      ...latest,
      rate: rateOf(group, now),
      ...(group.isSymptom && { isSymptom: true }),
    },
  };
}
