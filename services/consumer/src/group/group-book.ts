import {
  type Contribution,
  comparePositions,
  type GroupContext,
  type GroupedEvent,
  type GroupMeta,
} from "../core/types.ts";
import { isSymptom } from "./dependencies.ts";
import { comesBack, type Group, hasCaughtUp, newGroup, totalsOf } from "./group.ts";
import { LeftBehind } from "./left-behind.ts";
import { addSample, isSame, newTally, noteMinute, notifiedOf, type Tally } from "./tally.ts";

export interface GroupBookOptions {
  /** Most groups kept. */
  readonly maxGroups: number;
  /** A group without a line for longer than this comes back with its next one, ms. */
  readonly groupIntervalMs: number;
  readonly now: () => number;
  /** Service and template of a fingerprint from a state. */
  readonly describe?: (
    fingerprint: string,
  ) => { service: string; template: string; identity?: string } | undefined;
}

function contextOf(group: Group | undefined): { context?: GroupContext } {
  if (group === undefined) return {};
  const { service, template, errorCode, identity, createdAt, startsNew, leaving, latest } = group;
  const code = {
    ...(errorCode !== undefined && { errorCode }),
    ...(identity !== undefined && { identity }),
  };
  return {
    context: { service, template, ...code, createdAt, startsNew, ...(leaving && { leaving }), latest },
  };
}

/** Share of the groups that go at once when there are too many. */
const LEAVING_SHARE = 0.05;

/**
 * The groups, with what each shard brought to them. Totals per shard only grow, and events that a shard's total counts already are
 * skipped: reading records again after a crash changes nothing.
 */
export class GroupBook {
  readonly #options: GroupBookOptions;
  /** The ones that had no line for the longest come first. */
  readonly #groups = new Map<string, Group>();
  /** By shard and fingerprint. A group that is let go before its tally is kept leaves it here. */
  readonly #dirty = new Map<string, Map<string, Tally>>();
  readonly #leftBehind = new LeftBehind();
  /** Groups that are notified and then let go. */
  #leaving = 0;

  constructor(options: GroupBookOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** Groups that go for want of room once they are notified: they are due at once. */
  get leaving(): number {
    return this.#leaving;
  }

  get(fingerprint: string): Group | undefined {
    return this.#groups.get(fingerprint);
  }

  all(): IterableIterator<Group> {
    return this.#groups.values();
  }

  /** Counts a line. @returns its group; nothing: it was counted before */
  count(event: GroupedEvent): Group | undefined {
    const { shardId, fingerprint, position, record } = event;
    const group = this.#groupOf(event);
    const known = group.tallies.get(shardId);
    if (known && comparePositions(position, known.upTo) <= 0) return undefined;
    if (!known) this.#leftBehind.revive(shardId, fingerprint);
    const loggedAt = Date.parse(record.timestamp);
    // A line from the future would keep the group from ever being due, or quiet.
    const at = Math.min(event.at, this.#options.now());
    const cameBack = group.meta !== undefined && comesBack(group, at, this.#options.groupIntervalMs);
    const tally = known ?? this.#dirty.get(shardId)?.get(fingerprint) ?? newTally(position, loggedAt);
    group.tallies.set(shardId, tally);
    if (tally.count === tally.notified) tally.pendingSince = this.#options.now();
    tally.count++;
    tally.byLevel[record.level] = (tally.byLevel[record.level] ?? 0) + 1;
    tally.firstSeen = Math.min(tally.firstSeen, loggedAt);
    tally.lastSeen = Math.max(tally.lastSeen, loggedAt);
    tally.upTo = position;
    const notifiedUpTo = group.meta?.notifiedSpans?.[shardId]?.upTo;
    // It was notified before a crash that took its count away.
    if (notifiedUpTo && comparePositions(position, notifiedUpTo) <= 0) tally.notified++;
    else if (cameBack) tally.reopenedAtCount = tally.count;
    noteMinute(tally, this.#options.now());
    addSample(tally, record.log_content);
    group.observedAt = Math.max(group.observedAt, at);
    group.template = event.template;
    group.errorCode ??= record.error_code;
    group.identity = event.identity;
    this.#markDirty(shardId, fingerprint, tally);
    return group;
  }

  /** What a shard brought since the last call: it belongs into the state together with the shard's checkpoint. */
  takeDirty(shardId: string): Contribution[] {
    const dirty = this.#dirty.get(shardId);
    this.#dirty.delete(shardId);
    return [...(dirty ?? [])].map(([fingerprint, { notified: told, ...tally }]) => ({
      ...tally,
      told,
      fingerprint,
      shardId,
      byLevel: { ...tally.byLevel },
      samples: [...tally.samples],
      rate: tally.rate.map((one) => ({ ...one })),
      ...contextOf(this.#groups.get(fingerprint)),
    }));
  }

  /**
   * Groups that were let go, all their lines notified: what the shard brought to them goes out of the state with its next commit. To be
   * called before `takeDirty`.
   */
  takeLeftBehind(shardId: string): string[] {
    return this.#leftBehind.take(shardId, this.#dirty.get(shardId));
  }

  /**
   * Forgets what a shard brought to groups that its process has let go: the state has it no more.
   * @param kept the groups that the state has contributions to
   * @param asked the groups that may be concerned. Default: all
   */
  forgetGone(
    shardId: string,
    kept: ReadonlySet<string>,
    asked: Iterable<string> = this.#groups.keys(),
  ): void {
    for (const fingerprint of asked) {
      const group = this.#groups.get(fingerprint);
      const tally = group?.tallies.get(shardId);
      if (!group || !tally || kept.has(fingerprint) || tally.count > tally.notified) continue;
      group.tallies.delete(shardId);
      this.#dirty.get(shardId)?.delete(fingerprint);
      if (group.tallies.size === 0) this.#remove(group);
    }
  }

  /** Takes what a state holds: all at the start, a shard's when it is taken over, a group another replica notified. */
  restore(contributions: readonly Contribution[], metas: readonly GroupMeta[]): void {
    const { groupIntervalMs } = this.#options;
    for (const meta of metas) {
      const { fingerprint, service, template, errorCode, createdAt } = meta;
      const known = this.#groups.get(fingerprint);
      if (known && !known.meta && known.createdAt - (meta.notifiedAt ?? createdAt) > groupIntervalMs) {
        // It was let go while it was quiet, and came back.
        for (const tally of known.tallies.values()) tally.reopenedAtCount ??= tally.count;
      }
      const group =
        known ??
        newGroup({
          fingerprint,
          service,
          template,
          errorCode,
          identity: this.#options.describe?.(fingerprint)?.identity,
          createdAt,
          startsNew: false,
        });
      this.#groups.set(fingerprint, group);
      this.adopt(group, meta);
    }
    for (const contribution of contributions) {
      this.#leftBehind.revive(contribution.shardId, contribution.fingerprint);
      this.merge(contribution);
    }
  }

  /** Takes what another process, which goes on with that, has counted of a shard. */
  merge({ fingerprint, shardId, told = 0, context, ...rest }: Contribution): void {
    const { groupIntervalMs } = this.#options;
    const now = this.#options.now();
    const group = this.#groups.get(fingerprint) ?? this.#newFrom(fingerprint, context, now);
    const before = group.tallies.get(shardId);
    // Read later than a newer one of another call.
    if (before && comparePositions(rest.upTo, before.upTo) < 0) return;
    const tally: Tally = {
      pendingSince: now,
      ...rest,
      notified: Math.max(told, before && isSame(before.from, rest.from) ? before.notified : 0),
      byLevel: { ...rest.byLevel },
      samples: [...rest.samples],
      rate: (rest.rate ?? []).map((one) => ({ ...one })),
    };
    if (group.meta) tally.notified = notifiedOf(shardId, tally, group.meta);
    const at = Math.min(rest.lastSeen, now);
    if (before) {
      // Whoever counted the lines does not know what was notified here.
      tally.pendingSince = before.count > before.notified ? before.pendingSince : now;
      const cameBack = group.meta && rest.count > before.count && comesBack(group, at, groupIntervalMs);
      const reopenedAtCount = cameBack ? rest.count : (rest.reopenedAtCount ?? before.reopenedAtCount);
      if (reopenedAtCount !== undefined) tally.reopenedAtCount = reopenedAtCount;
    } else if (tally.notified > told) tally.pendingSince = now;
    if (context) {
      const isLatest = [...group.tallies.values()].every(({ lastSeen }) => lastSeen <= rest.lastSeen);
      if (isLatest) {
        group.latest = { ...context.latest };
        group.template = context.template;
      }
      if (context.errorCode !== undefined) group.errorCode ??= context.errorCode;
      group.identity ??= context.identity;
      if (group.service === "unknown") group.service = context.service;
    }
    group.isSymptom ||= rest.samples.some(isSymptom);
    group.isLoud ||= tally.isLoud === true;
    group.tallies.set(shardId, tally);
    group.observedAt = Math.max(group.observedAt, at);
    if (context?.leaving && !group.leaving && tally.count > tally.notified) {
      group.leaving = true;
      this.#leaving++;
    }
  }

  #newFrom(fingerprint: string, context: GroupContext | undefined, now: number): Group {
    const { service, template, identity } = context ??
      this.#options.describe?.(fingerprint) ?? { service: "unknown", template: "" };
    const group = newGroup({
      fingerprint,
      service,
      template,
      ...(context?.errorCode !== undefined && { errorCode: context.errorCode }),
      identity,
      createdAt: Math.min(context?.createdAt ?? now, now),
      // One that was never notified does not have to wait for more, where nothing says that it has to.
      startsNew: context?.startsNew ?? true,
    });
    this.#groups.set(fingerprint, group);
    return group;
  }

  /** Takes what was notified of a group, here or by another replica. @returns false when the group went with that */
  adopt(group: Group, meta: GroupMeta): boolean {
    group.meta = meta;
    group.countsFrom = meta.notifiedAt ?? group.createdAt;
    for (const [shardId, tally] of group.tallies) {
      const notified = notifiedOf(shardId, tally, meta);
      if (notified === tally.notified) continue;
      tally.notified = notified;
      this.#markDirty(shardId, group.fingerprint, tally);
    }
    const goes = group.leaving && totalsOf(group).pending === 0;
    if (goes) this.#remove(group);
    return !goes;
  }

  /** Forgets what a shard brought: another replica goes on with it. */
  dropShard(shardId: string): void {
    this.#dirty.delete(shardId);
    this.#leftBehind.dropShard(shardId);
    for (const group of this.#groups.values()) {
      if (group.tallies.delete(shardId) && group.tallies.size === 0 && !group.meta) this.#remove(group);
    }
  }

  #groupOf({ fingerprint, record, template, identity, isNew }: GroupedEvent): Group {
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
      identity,
      createdAt: this.#options.now(),
      startsNew: isNew,
    });
    this.#groups.set(fingerprint, group);
    if (this.#groups.size - this.#leaving > this.#options.maxGroups) this.#makeRoom(group);
    return group;
  }

  /**
   * Lets the groups go that had no line for the longest, a share of them at once, since it looks through all. One that
   * was not notified yet is notified first. The newest stays.
   */
  #makeRoom(newest: Group): void {
    const { maxGroups } = this.#options;
    const surplus = Math.max(
      Math.ceil(maxGroups * LEAVING_SHARE),
      this.#groups.size - this.#leaving - maxGroups,
    );
    const unnotified: Group[] = [];
    let removed = 0;
    for (const group of this.#groups.values()) {
      if (removed === surplus) return;
      if (group === newest) continue;
      if (totalsOf(group).pending === 0) {
        if (!hasCaughtUp(group)) continue;
        this.#remove(group);
        removed++;
      } else if (!group.leaving && unnotified.length < surplus) unnotified.push(group);
    }
    if (removed > 0) return;
    for (const group of unnotified) {
      group.leaving = true;
      for (const [shardId, tally] of group.tallies) this.#markDirty(shardId, group.fingerprint, tally);
    }
    this.#leaving += unnotified.length;
  }

  #remove(group: Group): void {
    this.#groups.delete(group.fingerprint);
    this.#leftBehind.add(group.fingerprint, group.tallies.keys());
    if (group.leaving) this.#leaving--;
  }

  #markDirty(shardId: string, fingerprint: string, tally: Tally): void {
    const tallies = this.#dirty.get(shardId) ?? new Map<string, Tally>();
    this.#dirty.set(shardId, tallies);
    tallies.set(fingerprint, tally);
  }
}
