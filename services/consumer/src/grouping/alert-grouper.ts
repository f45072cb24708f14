import type { Level } from "@cali/log-record";
import { redact } from "../redact.ts";
import {
  type Alert,
  type Contribution,
  comparePositions,
  type GroupedEvent,
  type GroupMeta,
} from "../types.ts";
import { type Group, rank, type Tally, totalsOf } from "./group.ts";
import { Inhibition, type ServiceDependencies } from "./inhibition.ts";
import { type Silence, silencedUntil } from "./silences.ts";

export interface GroupingOptions {
  /** Time a group of a known template gathers lines before it is first told of, ms. Default: 30,000. */
  readonly groupWaitMs?: number;
  /** Least time between two alerts of a group that got worse or came back, ms. Default: 300,000. */
  readonly groupIntervalMs?: number;
  /** Least time between two alerts of a group that just goes on, ms. Default: 14,400,000. */
  readonly repeatIntervalMs?: number;
  /** A group got worse when it has this many times the lines that were told of. Default: 10. */
  readonly surgeFactor?: number;
  /** Most groups kept. Default: 10,000. */
  readonly maxGroups?: number;
  /** Which services call which: trouble of one mutes those that depend on it. Default: none. */
  readonly dependencies?: ServiceDependencies;
  /** Time after its last line for which trouble mutes others, ms. Default: 300,000. */
  readonly inhibitWindowMs?: number;
  /** Default: none. */
  readonly silences?: readonly Silence[];
  /** The consumer's clock. Default: `Date.now`. */
  readonly now?: () => number;
  /** Service and template of a fingerprint from a state; `TemplateMiner.get`. Default: unknown until a line comes. */
  readonly describe?: (fingerprint: string) => { service: string; template: string } | undefined;
}

/** What is due: the group after it was told of, and what is told. */
export interface DueAlert {
  readonly meta: GroupMeta;
  readonly alert: Alert;
}

const MOST_SAMPLES = 3;
/** Longest sample, in UTF-16 units, before it is redacted. */
const LONGEST_SAMPLE = 1_000;
/** A group that nothing may tell of now is looked at again after this time, ms. */
const LOOK_AGAIN_MS = 1_000;
/** Only trouble of this gravity explains that of others. */
const ROOT_LEVEL: Level = "ERROR";

/**
 * Groups lines by template, and decides when a group is told of, as Prometheus' Alertmanager does: wait for more when
 * it begins, keep an interval when it gets worse, repeat rarely when it just goes on; quiet where a silence or the
 * trouble of a service it depends on says so. What is held back is counted and told with the next alert.
 *
 * Totals per shard only grow, and events that a shard's total counts already are skipped: reading records again after
 * a crash changes nothing. `due` changes nothing either; `confirm` does, after the caller has made it durable.
 */
export class AlertGrouper {
  readonly #options: Required<Omit<GroupingOptions, "dependencies" | "describe">> &
    Pick<GroupingOptions, "describe">;
  readonly #inhibition: Inhibition;
  /** The ones that had no line for the longest come first. */
  readonly #groups = new Map<string, Group>();
  readonly #dirty = new Map<string, Set<string>>();
  #nextDueAt = Number.POSITIVE_INFINITY;

  constructor(options: GroupingOptions = {}) {
    this.#options = {
      groupWaitMs: 30_000,
      groupIntervalMs: 300_000,
      repeatIntervalMs: 14_400_000,
      surgeFactor: 10,
      maxGroups: 10_000,
      inhibitWindowMs: 300_000,
      silences: [],
      now: Date.now,
      ...options,
    };
    this.#inhibition = new Inhibition(options.dependencies ?? {});
  }

  /** Groups known. */
  get size(): number {
    return this.#groups.size;
  }

  /** Counts a line. @returns false when it was counted before. */
  observe(event: GroupedEvent): boolean {
    const group = this.#groupOf(event);
    let tally = group.tallies.get(event.shardId);
    if (tally && comparePositions(event.position, tally.upTo) <= 0) return false;
    const loggedAt = Date.parse(event.record.timestamp);
    const cameBack = group.meta !== undefined && event.at - group.observedAt > this.#options.groupIntervalMs;
    if (!tally) {
      tally = {
        count: 0,
        byLevel: {},
        firstSeen: loggedAt,
        lastSeen: loggedAt,
        samples: [],
        upTo: event.position,
        isFresh: true,
      };
      group.tallies.set(event.shardId, tally);
    }
    const { level } = event.record;
    tally.count++;
    tally.byLevel[level] = (tally.byLevel[level] ?? 0) + 1;
    tally.firstSeen = Math.min(tally.firstSeen, loggedAt);
    tally.lastSeen = Math.max(tally.lastSeen, loggedAt);
    tally.upTo = event.position;
    if (cameBack) tally.reopenedAtCount = tally.count;
    if (tally.samples.length < MOST_SAMPLES) addSample(tally, event.record.log_content);
    group.observedAt = Math.max(group.observedAt, event.at);
    group.template = event.template;
    group.errorCode ??= event.record.error_code;
    this.#markDirty(event.shardId, event.fingerprint);
    const dueAt = this.#dueAt(group);
    if (dueAt < this.#nextDueAt) this.#nextDueAt = dueAt;
    return true;
  }

  /** What a shard brought since the last call: it belongs into the state together with the shard's checkpoint. */
  takeDirty(shardId: string): Contribution[] {
    const fingerprints = this.#dirty.get(shardId);
    this.#dirty.delete(shardId);
    return [...(fingerprints ?? [])].flatMap((fingerprint) => {
      const tally = this.#groups.get(fingerprint)?.tallies.get(shardId);
      if (!tally) return [];
      const { isFresh, ...kept } = tally;
      return [{ ...kept, fingerprint, shardId, byLevel: { ...kept.byLevel }, samples: [...kept.samples] }];
    });
  }

  /** When to call `due` next, in ms by the consumer's clock; undefined: nothing waits. */
  nextDueAt(): number | undefined {
    return this.#nextDueAt === Number.POSITIVE_INFINITY ? undefined : this.#nextDueAt;
  }

  /** What is to be told now. Each is told again by the next call until it is confirmed. */
  due(now: number): DueAlert[] {
    const roots = this.#activeRoots(now);
    const found: DueAlert[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const group of this.#groups.values()) {
      const dueAt = this.#dueAt(group);
      if (dueAt > now && !group.leaving) {
        next = Math.min(next, dueAt);
        continue;
      }
      const heldUntil = group.leaving ? undefined : this.#heldUntil(group, roots, now);
      if (heldUntil !== undefined) {
        next = Math.min(next, heldUntil);
        continue;
      }
      if (totalsOf(group).pending === 0) continue;
      found.push(this.#alertOf(group, roots, now));
      // Until it is confirmed it stays due.
      next = Math.min(next, now);
    }
    this.#nextDueAt = next;
    return found;
  }

  /** Notes that an alert is durable. */
  confirm(meta: GroupMeta): void {
    const group = this.#groups.get(meta.fingerprint);
    if (!group) return;
    group.meta = meta;
    if (group.leaving && totalsOf(group).pending === 0) this.#groups.delete(meta.fingerprint);
    else this.#nextDueAt = Math.min(this.#nextDueAt, this.#dueAt(group));
  }

  /** Takes what a state holds: all at the start, a shard's when it is taken over, a group another replica told of. */
  restore(contributions: readonly Contribution[], metas: readonly GroupMeta[]): void {
    for (const meta of metas) {
      const { fingerprint, service, template, errorCode, createdAt } = meta;
      let group = this.#groups.get(fingerprint);
      if (group) {
        // The group was let go and came again: what was told is told, and what came since is new.
        for (const [shardId, tally] of group.tallies) {
          if (!tally.isFresh || group.meta) continue;
          tally.count += meta.notifiedTotals[shardId] ?? 0;
          tally.isFresh = false;
          this.#markDirty(shardId, fingerprint);
        }
        group.meta = meta;
      } else {
        group = newGroup({ fingerprint, service, template, errorCode, createdAt, startsNew: false });
        group.meta = meta;
        this.#groups.set(fingerprint, group);
      }
    }
    for (const { fingerprint, shardId, samples, byLevel, ...rest } of contributions) {
      let group = this.#groups.get(fingerprint);
      if (!group) {
        const known = this.#options.describe?.(fingerprint) ?? { service: "unknown", template: "" };
        // It was never told of: nobody has to wait for more.
        group = newGroup({ ...known, fingerprint, createdAt: this.#options.now(), startsNew: true });
        this.#groups.set(fingerprint, group);
      }
      group.tallies.set(shardId, { ...rest, byLevel: { ...byLevel }, samples: [...samples], isFresh: false });
      group.observedAt = Math.max(group.observedAt, rest.lastSeen);
    }
    this.#nextDueAt = Number.NEGATIVE_INFINITY;
  }

  /** Forgets what a shard brought: another replica goes on with it. */
  dropShard(shardId: string): void {
    this.#dirty.delete(shardId);
    for (const [fingerprint, group] of this.#groups) {
      if (group.tallies.delete(shardId) && group.tallies.size === 0 && !group.meta)
        this.#groups.delete(fingerprint);
    }
  }

  #groupOf({ fingerprint, record, template, isNew, at }: GroupedEvent): Group {
    const known = this.#groups.get(fingerprint);
    if (known) {
      // To the end: the others had no line for longer.
      this.#groups.delete(fingerprint);
      this.#groups.set(fingerprint, known);
      if (known.service === "unknown") known.service = record.service;
      return known;
    }
    const group = newGroup({
      fingerprint,
      service: record.service,
      template,
      errorCode: record.error_code,
      createdAt: at,
      startsNew: isNew,
    });
    this.#groups.set(fingerprint, group);
    if (this.#groups.size > this.#options.maxGroups) this.#makeRoom();
    return group;
  }

  /** Lets the group go that had no line for the longest; one that was not told of yet is told of first. */
  #makeRoom(): void {
    for (const [fingerprint, group] of this.#groups) {
      if (group.tallies.size > 0 && totalsOf(group).pending === 0) {
        this.#groups.delete(fingerprint);
        return;
      }
    }
    for (const group of this.#groups.values()) {
      if (!group.leaving) {
        group.leaving = true;
        this.#nextDueAt = Number.NEGATIVE_INFINITY;
        return;
      }
    }
  }

  #markDirty(shardId: string, fingerprint: string): void {
    let fingerprints = this.#dirty.get(shardId);
    if (!fingerprints) {
      fingerprints = new Set();
      this.#dirty.set(shardId, fingerprints);
    }
    fingerprints.add(fingerprint);
  }

  /** When a group is to be told of, silences and roots aside; infinity: nothing is pending. */
  #dueAt(group: Group): number {
    const { groupWaitMs, groupIntervalMs, repeatIntervalMs, surgeFactor, now } = this.#options;
    const { pending, told, level, reopened } = totalsOf(group);
    if (pending === 0) return Number.POSITIVE_INFINITY;
    if (group.leaving) return Number.NEGATIVE_INFINITY;
    const { createdAt, startsNew } = group;
    if (group.meta?.notifiedAt === undefined) return startsNew ? createdAt : createdAt + groupWaitMs;
    // A clock that was set back must not make the group quiet until it has caught up.
    if (group.meta.notifiedAt > now()) group.meta = { ...group.meta, notifiedAt: now() };
    const isWorse =
      reopened || rank(level) > rank(group.meta.level) || pending >= surgeFactor * Math.max(1, told);
    return (group.meta.notifiedAt ?? 0) + (isWorse ? groupIntervalMs : repeatIntervalMs);
  }

  /** Until when a group may not be told of; undefined: it may. */
  #heldUntil(group: Group, roots: readonly Group[], now: number): number | undefined {
    const { level } = totalsOf(group);
    const { service, errorCode, template } = group;
    const silenced = silencedUntil({ service, errorCode, template, level }, this.#options.silences, now);
    if (silenced !== undefined) return silenced;
    const isMuted =
      this.#inhibition.hasRoots(service) &&
      roots.some((root) => this.#inhibition.explains(root.service, service));
    return isMuted ? now + LOOK_AGAIN_MS : undefined;
  }

  /** Groups whose trouble goes on now and is grave enough to explain that of others. */
  #activeRoots(now: number): Group[] {
    return [...this.#groups.values()].filter(
      (group) =>
        Math.abs(now - group.observedAt) <= this.#options.inhibitWindowMs &&
        group.tallies.size > 0 &&
        rank(totalsOf(group).level) >= rank(ROOT_LEVEL),
    );
  }

  #alertOf(group: Group, roots: readonly Group[], now: number): DueAlert {
    const { fingerprint, service, template, errorCode, createdAt, tallies } = group;
    const { total, pending, level, firstSeen, lastSeen } = totalsOf(group);
    const isNew = group.meta?.notifiedAt === undefined;
    const notifications = (group.meta?.notifications ?? 0) + 1;
    const counts = Object.fromEntries([...tallies].map(([shardId, { count }]) => [shardId, count]));
    const meta: GroupMeta = {
      fingerprint,
      service,
      template,
      level,
      ...(errorCode !== undefined && { errorCode }),
      createdAt,
      notifiedAt: now,
      notifiedTotals: { ...group.meta?.notifiedTotals, ...counts },
      notifications,
    };
    const alert: Alert = {
      id: `${fingerprint}-${createdAt.toString(36)}-${notifications}`,
      fingerprint,
      service,
      level,
      template,
      ...(errorCode !== undefined && { errorCode }),
      count: pending,
      total,
      suppressed: isNew ? pending - 1 : pending,
      firstSeen,
      lastSeen,
      samples: [...tallies.values()].flatMap(({ samples }) => samples).slice(0, MOST_SAMPLES),
      isNew,
      muted: roots.includes(group) ? this.#mutedBy(service) : [],
    };
    return { meta, alert };
  }

  /** Lines not told of yet of the services that a root's trouble explains. */
  #mutedBy(root: string): Alert["muted"] {
    const counts = new Map<string, number>();
    for (const group of this.#groups.values()) {
      if (!this.#inhibition.explains(root, group.service)) continue;
      const { pending } = totalsOf(group);
      if (pending > 0) counts.set(group.service, (counts.get(group.service) ?? 0) + pending);
    }
    return [...counts].map(([by, count]) => ({ by, count }));
  }
}

function newGroup(
  fields: Pick<Group, "fingerprint" | "service" | "template" | "createdAt" | "startsNew"> & {
    errorCode?: string;
  },
): Group {
  return { ...fields, observedAt: fields.createdAt, meta: undefined, tallies: new Map(), leaving: false };
}

function addSample(tally: Tally, content: string): void {
  const sample = redact(content.slice(0, LONGEST_SAMPLE));
  if (!tally.samples.includes(sample)) tally.samples.push(sample);
}
