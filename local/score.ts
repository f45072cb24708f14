import type { LineLabel } from "@cali/log-generator";
import type { Alert, GroupedEvent } from "../services/consumer/src/core/types.ts";
import { AlertGrouper, type GroupingOptions } from "../services/consumer/src/group/alert-grouper.ts";
import { identityOf } from "../services/consumer/src/group/identity.ts";
import { TemplateMiner } from "../services/consumer/src/group/template-miner.ts";

/** A WARN, ERROR or FATAL line: what the consumer saw, and what the generator knows. */
export interface ScoredLine {
  readonly event: Omit<GroupedEvent, "fingerprint" | "template" | "isNew">;
  readonly label: LineLabel;
}

/** How well the alerts say what happened, each from 0 to 1. */
export interface Score {
  /** Lines. */
  readonly lines: number;
  /**
   * Share of lines whose group has exactly the lines of their template: one split or merged template makes all of its
   * lines wrong. Loghub's definition (Zhu et al., "Tools and Benchmarks for Automated Log Parsing", ICSE 2019).
   */
  readonly groupingAccuracy: number;
  /** Alerts. */
  readonly alerts: number;
  /** Share of alerts whose trouble no other group is about: a template that was split makes alerts that say nothing new. */
  readonly alertPrecision: number;
  /** Share of templates of services that an alert is about. */
  readonly alertRecall: number;
}

/** What became of lines: the group of each and what it is of, and the alerts in their order. */
export interface AlertedLines {
  readonly found: readonly FoundLine[];
  readonly alerts: readonly Alert[];
}

/** A line's group, and what the line is of. */
export interface FoundLine {
  readonly fingerprint: string;
  readonly truth: string;
  /** The group that it was counted in, where that is the one of a service's many new kinds. */
  readonly together?: string | undefined;
}

/** Groups and alerts on lines in the order and at the times they were logged, without waiting. */
export function alertLines(lines: readonly ScoredLine[], options: GroupingOptions = {}): AlertedLines {
  const miner = new TemplateMiner();
  let now = lines[0]?.event.at ?? 0;
  const grouper = new AlertGrouper({
    ...options,
    now: () => now,
    describe: (fingerprint) => miner.get(fingerprint),
  });
  const alerts: Alert[] = [];
  const notify = () => {
    for (const { meta, along = [], alert } of grouper.due(now)) {
      for (const one of [meta, ...along]) grouper.confirm(one);
      alerts.push(alert);
    }
  };
  const found: FoundLine[] = [];
  for (const { event, label } of lines) {
    // What was due before this line is notified before it.
    for (let next = grouper.nextDueAt(); next !== undefined && next <= event.at; next = grouper.nextDueAt()) {
      now = Math.max(now, next);
      const before = alerts.length;
      notify();
      if (alerts.length === before) break;
    }
    now = Math.max(now, event.at);
    const { record } = event;
    const identity = identityOf(record);
    const match = miner.add(record.service, record.message, now, identity);
    grouper.takeDirty(event.shardId);
    grouper.observe({ ...event, ...match, identity });
    const counted = grouper.takeDirty(event.shardId).map((one) => one.fingerprint);
    const isAlone = counted.length === 0 || counted.includes(match.fingerprint);
    found.push({
      fingerprint: match.fingerprint,
      truth: truthOf(label),
      ...(!isAlone && { together: counted[0] }),
    });
  }
  notify();
  // Held back for a while, notified in the end.
  now += HELD_BACK_AT_MOST_MS;
  notify();
  return {
    found: found.map((line) => ({ ...line, fingerprint: miner.resolve(line.fingerprint) })),
    alerts,
  };
}

/** What each alert is of: what most lines of its group are of. */
export function truthsOfAlerts({ found, alerts }: AlertedLines): { alert: Alert; truth: string }[] {
  const truthsOf = new Map<string, Map<string, number>>();
  for (const { fingerprint, truth } of found) count(truthsOf, fingerprint, truth);
  return alerts.flatMap((alert) => {
    const truth = mostOf(truthsOf.get(alert.fingerprint));
    return truth === undefined ? [] : [{ alert, truth }];
  });
}

/** Longer than any wait, interval and repeat. */
const HELD_BACK_AT_MOST_MS = 24 * 3_600_000;

/** What a line is of: a template of a service. */
export const truthOf = ({ service, template }: LineLabel) => `${service}/${template}`;

/**
 * @param found for each line its group, and what it is of
 * @param alerts in their order
 */
export function scoreAlerts(found: readonly FoundLine[], alerts: readonly Alert[]): Score {
  const truthsOf = new Map<string, Map<string, number>>();
  const groupsOf = new Map<string, Map<string, number>>();
  const together = new Map<string, Set<string>>();
  for (const { fingerprint, truth, together: group } of found) {
    count(truthsOf, fingerprint, truth);
    count(groupsOf, truth, fingerprint);
    if (group !== undefined) together.set(group, (together.get(group) ?? new Set()).add(truth));
  }
  const isExact = (fingerprint: string, truth: string) =>
    truthsOf.get(fingerprint)?.size === 1 && groupsOf.get(truth)?.size === 1;
  const right = found.filter(({ fingerprint, truth }) => isExact(fingerprint, truth)).length;

  const notified = new Set<string>();
  const groupThatTold = new Map<string, string>();
  let precise = 0;
  for (const { fingerprint } of alerts) {
    const truth = mostOf(truthsOf.get(fingerprint));
    if (truth === undefined) continue;
    notified.add(truth);
    const first = groupThatTold.get(truth) ?? fingerprint;
    groupThatTold.set(truth, first);
    if (first === fingerprint) precise++;
  }
  // One alert of the many new kinds of a service tells of all of them; it has to say more than the groups of their own did.
  for (const { fingerprint } of alerts) {
    const kinds = together.get(fingerprint);
    if (kinds === undefined) continue;
    for (const truth of kinds) notified.add(truth);
    if ([...kinds].some((truth) => !groupThatTold.has(truth))) precise++;
  }
  const truths = [...groupsOf.keys()];
  return {
    lines: found.length,
    groupingAccuracy: share(right, found.length),
    alerts: alerts.length,
    alertPrecision: share(precise, alerts.length),
    alertRecall: share(truths.filter((truth) => notified.has(truth)).length, truths.length),
  };
}

function count(counts: Map<string, Map<string, number>>, key: string, value: string): void {
  const inner = counts.get(key) ?? new Map<string, number>();
  counts.set(key, inner.set(value, (inner.get(value) ?? 0) + 1));
}

const mostOf = (counts: Map<string, number> | undefined) =>
  [...(counts ?? [])].sort(([, a], [, b]) => b - a)[0]?.[0];

const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);

/** The value below which this share of the values lies (nearest rank). */
export function percentile(values: readonly number[], part: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}
