import type { Level } from "@cali/log-record";
import {
  type Alert,
  type Contribution,
  comparePositions,
  type GroupedEvent,
  type GroupMeta,
} from "../core/types.ts";
import { redact } from "../redact/redact.ts";
import {
  addSample,
  type Group,
  hasCaughtUp,
  MOST_SAMPLES,
  newGroup,
  newTally,
  rank,
  type Tally,
  toldOf,
  totalsOf,
} from "./group.ts";
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

/** Share of the groups that go at once when there are too many. */
const LEAVING_SHARE = 0.05;
/** A group that nothing may tell of now is looked at again after this time, ms. */
const LOOK_AGAIN_MS = 1_000;
/** Only trouble of this gravity explains that of others. */
const ROOT_LEVEL: Level = "ERROR";
/** Nothing is held back longer than this for the trouble of another service, ms. */
const LONGEST_MUTE_MS = 30 * 60_000;

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
  /** By shard and fingerprint. A group that is let go before its tally is kept leaves it here. */
  readonly #dirty = new Map<string, Map<string, Tally>>();
  /** Groups that are told of and then let go. */
  #leaving = 0;
  #nextDueAt = Number.POSITIVE_INFINITY;
  /** The latest time seen: an earlier one means that the clock was set back. */
  #latest = Number.NEGATIVE_INFINITY;

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
    const { shardId, fingerprint, position } = event;
    const group = this.#groupOf(event);
    const known = group.tallies.get(shardId);
    if (known && comparePositions(position, known.upTo) <= 0) return false;
    const loggedAt = Date.parse(event.record.timestamp);
    // A line from the future would keep the group from ever being due, or quiet.
    const at = Math.min(event.at, this.#options.now());
    const cameBack = group.meta !== undefined && at - group.observedAt > this.#options.groupIntervalMs;
    const tally = known ?? this.#dirty.get(shardId)?.get(fingerprint) ?? newTally(position, loggedAt);
    group.tallies.set(shardId, tally);
    const { level } = event.record;
    if (tally.count === tally.told) tally.pendingSince = this.#options.now();
    tally.count++;
    tally.byLevel[level] = (tally.byLevel[level] ?? 0) + 1;
    tally.firstSeen = Math.min(tally.firstSeen, loggedAt);
    tally.lastSeen = Math.max(tally.lastSeen, loggedAt);
    tally.upTo = position;
    const toldUpTo = group.meta?.notifiedSpans?.[shardId]?.upTo;
    // It was told before a crash that took its count away.
    if (toldUpTo && comparePositions(position, toldUpTo) <= 0) tally.told++;
    else if (cameBack) tally.reopenedAtCount = tally.count;
    addSample(tally, event.record.log_content);
    group.observedAt = Math.max(group.observedAt, at);
    group.template = event.template;
    group.errorCode ??= event.record.error_code;
    this.#markDirty(shardId, fingerprint, tally);
    const dueAt = this.#dueAt(group);
    if (dueAt < this.#nextDueAt) this.#nextDueAt = dueAt;
    return true;
  }

  /** What a shard brought since the last call: it belongs into the state together with the shard's checkpoint. */
  takeDirty(shardId: string): Contribution[] {
    const dirty = this.#dirty.get(shardId);
    this.#dirty.delete(shardId);
    return [...(dirty ?? [])].map(([fingerprint, tally]) => ({
      ...tally,
      fingerprint,
      shardId,
      byLevel: { ...tally.byLevel },
      samples: [...tally.samples],
    }));
  }

  /** When to call `due` next, in ms by the consumer's clock; undefined: nothing waits. */
  nextDueAt(): number | undefined {
    const now = this.#options.now();
    // The clock was set back: what was due at a time of the old one has to be looked at again.
    if (now < this.#latest) this.#nextDueAt = Number.NEGATIVE_INFINITY;
    this.#latest = now;
    return this.#nextDueAt === Number.POSITIVE_INFINITY ? undefined : this.#nextDueAt;
  }

  /** What is to be told now. Each is told again by the next call until it is confirmed. */
  due(now: number): DueAlert[] {
    const roots = this.#activeRoots(now);
    const rootServices = new Set([...roots].map(({ service }) => service));
    const pendingOf = this.#pendingByService();
    const found: DueAlert[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const group of this.#groups.values()) {
      const dueAt = this.#dueAt(group);
      if (dueAt > now) {
        next = Math.min(next, dueAt);
        continue;
      }
      const heldUntil = group.leaving ? undefined : this.#heldUntil(group, rootServices, now);
      if (heldUntil !== undefined) {
        next = Math.min(next, heldUntil);
        continue;
      }
      found.push(this.#alertOf(group, roots.has(group) ? this.#mutedBy(group.service, pendingOf) : [], now));
      // Until it is confirmed it stays due.
      next = Math.min(next, now);
    }
    this.#nextDueAt = next;
    return found;
  }

  /** Notes that an alert is durable. */
  confirm(meta: GroupMeta): void {
    const group = this.#groups.get(meta.fingerprint);
    if (group) this.#adopt(group, meta);
  }

  /** Takes what a state holds: all at the start, a shard's when it is taken over, a group another replica told of. */
  restore(contributions: readonly Contribution[], metas: readonly GroupMeta[]): void {
    const { groupIntervalMs } = this.#options;
    for (const meta of metas) {
      const { fingerprint, service, template, errorCode, createdAt } = meta;
      let group = this.#groups.get(fingerprint);
      if (group && !group.meta && group.createdAt - (meta.notifiedAt ?? createdAt) > groupIntervalMs) {
        // It was let go while it was quiet, and came back.
        for (const tally of group.tallies.values()) tally.reopenedAtCount ??= tally.count;
      }
      if (!group) {
        group = newGroup({ fingerprint, service, template, errorCode, createdAt, startsNew: false });
        this.#groups.set(fingerprint, group);
      }
      this.#adopt(group, meta);
    }
    for (const contribution of contributions) {
      const { fingerprint, shardId, samples, byLevel, ...rest } = contribution;
      let group = this.#groups.get(fingerprint);
      if (!group) {
        const known = this.#options.describe?.(fingerprint) ?? { service: "unknown", template: "" };
        // It was never told of: nobody has to wait for more.
        group = newGroup({ ...known, fingerprint, createdAt: this.#options.now(), startsNew: true });
        this.#groups.set(fingerprint, group);
      }
      const tally: Tally = {
        told: 0,
        pendingSince: this.#options.now(),
        ...rest,
        byLevel: { ...byLevel },
        samples: [...samples],
      };
      if (group.meta) tally.told = toldOf(shardId, tally, group.meta);
      group.tallies.set(shardId, tally);
      group.observedAt = Math.max(group.observedAt, Math.min(rest.lastSeen, this.#options.now()));
    }
    this.#nextDueAt = Number.NEGATIVE_INFINITY;
  }

  /** What was told of a group, here or by another replica. */
  #adopt(group: Group, meta: GroupMeta): void {
    group.meta = meta;
    group.countsFrom = meta.notifiedAt ?? group.createdAt;
    for (const [shardId, tally] of group.tallies) {
      const told = toldOf(shardId, tally, meta);
      if (told === tally.told) continue;
      tally.told = told;
      this.#markDirty(shardId, group.fingerprint, tally);
    }
    if (group.leaving && totalsOf(group).pending === 0) this.#remove(group);
    else this.#nextDueAt = Math.min(this.#nextDueAt, this.#dueAt(group));
  }

  /** Forgets what a shard brought: another replica goes on with it. */
  dropShard(shardId: string): void {
    this.#dirty.delete(shardId);
    for (const group of this.#groups.values()) {
      if (group.tallies.delete(shardId) && group.tallies.size === 0 && !group.meta) this.#remove(group);
    }
  }

  #groupOf({ fingerprint, record, template, isNew }: GroupedEvent): Group {
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
      createdAt: this.#options.now(),
      startsNew: isNew,
    });
    this.#groups.set(fingerprint, group);
    if (this.#groups.size - this.#leaving > this.#options.maxGroups) this.#makeRoom(group);
    return group;
  }

  /**
   * Lets the groups go that had no line for the longest, a share of them at once, since it looks through all. One that
   * was not told of yet is told of first. The newest stays.
   */
  #makeRoom(newest: Group): void {
    const { maxGroups } = this.#options;
    const surplus = Math.max(
      Math.ceil(maxGroups * LEAVING_SHARE),
      this.#groups.size - this.#leaving - maxGroups,
    );
    const untold: Group[] = [];
    let removed = 0;
    for (const group of this.#groups.values()) {
      if (removed === surplus) return;
      if (group === newest) continue;
      if (totalsOf(group).pending === 0) {
        if (!hasCaughtUp(group)) continue;
        this.#remove(group);
        removed++;
      } else if (!group.leaving && untold.length < surplus) untold.push(group);
    }
    if (removed > 0) return;
    for (const group of untold) group.leaving = true;
    this.#leaving += untold.length;
    this.#nextDueAt = Number.NEGATIVE_INFINITY;
  }

  #remove(group: Group): void {
    this.#groups.delete(group.fingerprint);
    if (group.leaving) this.#leaving--;
  }

  #markDirty(shardId: string, fingerprint: string, tally: Tally): void {
    let tallies = this.#dirty.get(shardId);
    if (!tallies) {
      tallies = new Map();
      this.#dirty.set(shardId, tallies);
    }
    tallies.set(fingerprint, tally);
  }

  /** When a group is to be told of, silences and roots aside; infinity: nothing is pending. */
  #dueAt(group: Group): number {
    const { groupWaitMs, groupIntervalMs, repeatIntervalMs, surgeFactor, now } = this.#options;
    const { pending, told, level, reopened } = totalsOf(group);
    if (pending === 0) return Number.POSITIVE_INFINITY;
    if (group.leaving) return Number.NEGATIVE_INFINITY;
    const { meta, startsNew } = group;
    // A clock that was set back must not make the group quiet until it has caught up.
    group.countsFrom = Math.min(group.countsFrom, now());
    if (meta?.notifiedAt === undefined) return group.countsFrom + (startsNew ? 0 : groupWaitMs);
    const isWorse = reopened || rank(level) > rank(meta.level) || pending >= surgeFactor * Math.max(1, told);
    return group.countsFrom + (isWorse ? groupIntervalMs : repeatIntervalMs);
  }

  /** Until when a group may not be told of; undefined: it may. */
  #heldUntil(group: Group, rootServices: ReadonlySet<string>, now: number): number | undefined {
    const { level, pendingSince } = totalsOf(group);
    const { service, errorCode, template } = group;
    const silenced = silencedUntil({ service, errorCode, template, level }, this.#options.silences, now);
    if (silenced !== undefined) return silenced;
    if (level === "FATAL" || now - pendingSince >= LONGEST_MUTE_MS) return undefined;
    const isMuted =
      this.#inhibition.hasRoots(service) &&
      [...rootServices].some((root) => this.#inhibition.explains(root, service));
    return isMuted ? now + LOOK_AGAIN_MS : undefined;
  }

  /** Groups whose trouble goes on now and is grave enough to explain that of others. */
  #activeRoots(now: number): ReadonlySet<Group> {
    const active = [...this.#groups.values()].filter(
      (group) =>
        Math.abs(now - group.observedAt) <= this.#options.inhibitWindowMs &&
        group.tallies.size > 0 &&
        rank(totalsOf(group).level) >= rank(ROOT_LEVEL),
    );
    return new Set(active);
  }

  #alertOf(group: Group, muted: Alert["muted"], now: number): DueAlert {
    const { fingerprint, service, template, errorCode, createdAt, tallies } = group;
    const { total, pending, level, firstSeen, lastSeen } = totalsOf(group);
    const isNew = group.meta?.notifiedAt === undefined;
    const notifications = (group.meta?.notifications ?? 0) + 1;
    const notifiedTotals = { ...group.meta?.notifiedTotals };
    const notifiedSpans = { ...group.meta?.notifiedSpans };
    for (const [shardId, { count, from, upTo }] of tallies) {
      const before = notifiedSpans[shardId]?.upTo;
      // After a crash a tally can stand before what was told.
      if (before && comparePositions(upTo, before) < 0) continue;
      notifiedTotals[shardId] = count;
      notifiedSpans[shardId] = { ...(from && { from }), upTo };
    }
    const meta: GroupMeta = {
      fingerprint,
      service,
      template,
      level,
      ...(errorCode !== undefined && { errorCode }),
      createdAt,
      notifiedAt: now,
      notifiedTotals,
      notifiedSpans,
      notifications,
    };
    const alert: Alert = {
      id: `${fingerprint}-${createdAt.toString(36)}-${notifications}`,
      fingerprint,
      service,
      level,
      // A word that no mask knows stays in the template, and it may be a secret.
      template: redact(template),
      ...(errorCode !== undefined && { errorCode }),
      count: pending,
      total,
      suppressed: isNew ? pending - 1 : pending,
      firstSeen,
      lastSeen,
      samples: [...tallies.values()].flatMap(({ samples }) => samples).slice(0, MOST_SAMPLES),
      isNew,
      muted,
    };
    return { meta, alert };
  }

  /** Lines not told of yet, of each service. */
  #pendingByService(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const group of this.#groups.values()) {
      const { pending } = totalsOf(group);
      if (pending > 0) counts.set(group.service, (counts.get(group.service) ?? 0) + pending);
    }
    return counts;
  }

  /** Those of the services that a root's trouble explains. */
  #mutedBy(root: string, pendingOf: ReadonlyMap<string, number>): Alert["muted"] {
    return [...pendingOf]
      .filter(([service]) => this.#inhibition.explains(root, service))
      .map(([by, count]) => ({ by, count }));
  }
}
