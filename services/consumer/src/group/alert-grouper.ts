import type { LogRecord } from "@cali/log-record";
import type { Alert, Contribution, GroupedEvent, GroupMeta } from "../core/types.ts";
import { alertOf, type DueAlert } from "./alert.ts";
import { Dependencies, type ServiceDependencies } from "./dependencies.ts";
import { type Group, noteLine, totalsOf } from "./group.ts";
import { GroupBook } from "./group-book.ts";
import { Incidents } from "./incidents.ts";
import { Inhibition } from "./inhibition.ts";
import { NewKinds } from "./kinds.ts";
import { NextDue } from "./next-due.ts";
import { dueAt, noteRate, type ScheduleOptions } from "./schedule.ts";
import { type Silence, silencedUntil } from "./silences.ts";
import { Versions } from "./versions.ts";
import { Wordings } from "./wordings.ts";

export type { DueAlert } from "./alert.ts";

export interface GroupingOptions extends Partial<ScheduleOptions> {
  /** Most groups kept. Default: 10,000. */
  readonly maxGroups?: number;
  /** New kinds of one service in an hour that get groups of their own; more share one. Default: 20. */
  readonly newKindsAnHour?: number;
  /** Which services call which, beside what the logs show: trouble of one mutes the symptoms of those that depend on it. Default: none. */
  readonly dependencies?: ServiceDependencies;
  /** Time after its last line for which trouble mutes others, ms. Default: 300,000. */
  readonly inhibitWindowMs?: number;
  /** Default: none. */
  readonly silences?: readonly Silence[];
  /** The consumer's clock. Default: `Date.now`. */
  readonly now?: () => number;
  /** Service and template of a fingerprint from a state; `TemplateMiner.get`. Default: unknown until a line comes. */
  readonly describe?: (
    fingerprint: string,
  ) => { service: string; template: string; identity?: string } | undefined;
}

const DEFAULTS = {
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 14_400_000,
  surgeFactor: 10,
  warnLeastLines: 1,
  warnWindowMs: 600_000,
  maxGroups: 10_000,
  newKindsAnHour: 20,
  inhibitWindowMs: 300_000,
  now: Date.now,
};

/**
 * Groups lines by template, and decides when a group is notified, as Prometheus' Alertmanager does: wait for more when
 * it begins, keep an interval when it gets worse, repeat rarely when it just goes on; quiet where a silence or the
 * trouble of a service it depends on says so. What is held back is counted and notified with the next alert.
 *
 * Counting is `GroupBook`'s, the times `dueAt`'s, what explains what `Inhibition`'s. `due` changes nothing; `confirm` does, after the
 * caller has made it durable.
 */
export class AlertGrouper {
  readonly #options: typeof DEFAULTS & { readonly silences: readonly Silence[] };
  readonly #book: GroupBook;
  readonly #kinds: NewKinds;
  readonly #dependencies: Dependencies;
  /** Those that are open. */
  readonly incidents: Incidents;
  readonly #versions: Versions;
  readonly #next: NextDue;
  /** Those that are configured, and those that people asked for meanwhile. */
  #silences: readonly Silence[];
  #learnUntil = Number.NEGATIVE_INFINITY;

  constructor({ dependencies = {}, describe, ...given }: GroupingOptions = {}) {
    this.#options = { ...DEFAULTS, silences: [], ...given };
    this.#silences = this.#options.silences;
    this.#book = new GroupBook({ ...this.#options, ...(describe && { describe }) });
    this.#kinds = new NewKinds(this.#options.newKindsAnHour, this.#options.now);
    this.#dependencies = new Dependencies(dependencies);
    this.incidents = new Incidents(this.#dependencies);
    this.#versions = new Versions(this.#options.now);
    this.#next = new NextDue(this.#options.now);
  }

  /** Groups known. */
  get size(): number {
    return this.#book.size;
  }

  /** Those of the services whose lines were seen. */
  get versions(): Versions {
    return this.#versions;
  }

  /** Notes a line of any level: that there is its service, and which version of it runs. */
  see({ service, version }: LogRecord): void {
    this.#dependencies.see(service);
    this.#versions.see(service, version);
  }

  /** Counts a line. @returns false when it was counted before. */
  observe(event: GroupedEvent): boolean {
    const isSymptom = this.#dependencies.learn(event.record);
    const isKnown = this.#book.get(event.fingerprint) !== undefined;
    const { leaving, size } = this.#book;
    const group = this.#book.count(isKnown ? event : this.#kinds.sort(event));
    // Groups have to go, or are gone that would have told of others.
    if (this.#book.leaving > leaving || this.#book.size < size) this.#next.set(Number.NEGATIVE_INFINITY);
    if (!group) return false;
    group.isSymptom ||= isSymptom;
    noteLine(group, event.record);
    noteRate(group, this.#options);
    const tally = group.tallies.get(event.shardId);
    // With the state: after a restart nothing else says that what is pending has to be notified.
    if (tally && group.isLoud) tally.isLoud = true;
    this.#lookAt(group);
    return true;
  }

  /** What a shard brought since the last call: it belongs into the state together with the shard's checkpoint. */
  takeDirty(shardId: string): Contribution[] {
    return this.#book.takeDirty(shardId);
  }

  /** Groups whose contributions of the shard go out of the state with its next commit. To be called before `takeDirty`. */
  takeLeftBehind(shardId: string): string[] {
    return this.#book.takeLeftBehind(shardId);
  }

  /** When to call `due` next, in ms by the consumer's clock; undefined: nothing waits. */
  nextDueAt(): number | undefined {
    return this.#next.at;
  }

  /** What is to be notified now. The next call returns each again until it is confirmed, or left for later. */
  due(now: number): DueAlert[] {
    const { inhibitWindowMs: windowMs } = this.#options;
    const inhibition = new Inhibition(this.#book.all(), this.#dependencies, { now, windowMs });
    const wordings = new Wordings(
      this.#book.all(),
      (group) => group.leaving || this.#silencedUntil(group, now) !== undefined,
    );
    const found: DueAlert[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const group of this.#book.all()) {
      const toldBy = wordings.toldBy(group);
      group.toldBy = toldBy;
      if (toldBy && toldBy.lead !== group) continue;
      const along = toldBy?.along ?? [];
      const at = dueAt(group, this.#options, now, along);
      const heldUntil = at > now || group.leaving ? at : this.#heldUntil(group, inhibition, now, along);
      if (heldUntil > now) {
        next = Math.min(next, heldUntil);
        continue;
      }
      const muted = inhibition.mutedBy(group.service, now);
      const due = alertOf(group, { muted, roots: inhibition.rootsOf(group), now, along });
      const changed = this.#versions.changeOf(group.service);
      const onlyIfKnown =
        now < this.#learnUntil && due.alert.isNew && due.alert.level !== "FATAL" && !group.leaving;
      found.push({
        ...due,
        alert: { ...due.alert, ...(changed && { changed }) },
        ...(onlyIfKnown && { onlyIfKnown }),
      });
      // Until it is confirmed it stays due.
      next = Math.min(next, now);
    }
    this.#next.set(next);
    return found;
  }

  /** The incident that an alert belongs to, which grows by it. */
  incidentOf(alert: Alert): NonNullable<Alert["incident"]> {
    return this.incidents.of(alert, this.#options.now());
  }

  /** Notes that an alert is durable. */
  confirm(meta: GroupMeta): void {
    const group = this.#book.get(meta.fingerprint);
    if (group && this.#book.adopt(group, meta)) this.#lookAt(group);
  }

  /** Notes that a fresh state has to take a group for usual: it is notified when it gets worse, or after long. */
  leaveForLater({ fingerprint }: GroupMeta): void {
    const group = this.#book.get(fingerprint);
    if (!group) return;
    group.usualLines = totalsOf(group).total;
    this.#lookAt(group);
  }

  /** Until then only FATAL and errors whose cause is known are notified: a fresh state does not know yet what is usual. ms since the epoch. */
  learnUntil(time: number): void {
    this.#learnUntil = time;
  }

  /** Takes all silences that people asked for, beside those that are configured. */
  silence(silences: readonly Silence[]): void {
    this.#silences = [...this.#options.silences, ...silences];
    this.#next.set(Number.NEGATIVE_INFINITY);
  }

  /** Takes what a state holds: all at the start, a shard's when it is taken over, a group another replica notified. */
  restore(contributions: readonly Contribution[], metas: readonly GroupMeta[]): void {
    this.#book.restore(contributions, metas);
    this.#next.set(Number.NEGATIVE_INFINITY);
  }

  /**
   * Takes what another process has counted of a shard since it was last taken: here nobody sees the lines themselves.
   * @param asked the groups that the state was asked for; those that it doesn't have are let go. Default: all
   */
  merge(shardId: string, contributions: readonly Contribution[], asked?: readonly string[]): void {
    this.#book.forgetGone(shardId, new Set(contributions.map(({ fingerprint }) => fingerprint)), asked);
    for (const one of contributions) {
      const before = this.#linesOf(one.fingerprint);
      this.#book.merge(one);
      const group = this.#book.get(one.fingerprint);
      const grown = this.#linesOf(one.fingerprint) - before;
      if (group === undefined) continue;
      if (grown > 0) this.#learnFrom(group, one);
      // More would not make it louder.
      for (let line = 0; line < Math.min(grown, this.#options.warnLeastLines); line++)
        noteRate(group, this.#options);
      this.#lookAt(group);
    }
  }

  #linesOf(fingerprint: string): number {
    const group = this.#book.get(fingerprint);
    return group === undefined ? 0 : totalsOf(group).total;
  }

  #learnFrom(group: Group, { samples, context }: Contribution): void {
    const { service, latest } = group;
    const sample = samples.at(-1);
    if (context?.latest.version !== undefined) this.#versions.see(service, context.latest.version);
    if (sample === undefined) return;
    const { level } = totalsOf(group);
    group.isSymptom ||= this.#dependencies.learn({
      service,
      message: sample,
      trace_id: latest.traceId ?? "-",
      level,
    });
  }

  /** Forgets what a shard brought: another replica goes on with it. */
  dropShard(shardId: string): void {
    this.#book.dropShard(shardId);
  }

  #lookAt(group: Group): void {
    const { toldBy } = group;
    // One that was let go since then tells of nothing.
    const isToldStill = toldBy !== undefined && this.#book.get(toldBy.lead.fingerprint) === toldBy.lead;
    const { lead, along } = isToldStill ? toldBy : { lead: group, along: [] };
    this.#next.atLatest(dueAt(lead, this.#options, this.#options.now(), along));
  }

  /** Until when a group may not be notified. */
  #heldUntil(group: Group, inhibition: Inhibition, now: number, along: readonly Group[]): number {
    const silenced = this.#silencedUntil(group, now, along);
    if (silenced !== undefined) return silenced;
    const until = inhibition.mutedUntil(group, now, along);
    // What mutes it may be over earlier.
    return until === undefined ? now : Math.min(until, now + LOOK_AGAIN_MS);
  }

  #silencedUntil(group: Group, now: number, along: readonly Group[] = []): number | undefined {
    const { level } = totalsOf(group, along);
    const { fingerprint, service, errorCode, template } = group;
    return silencedUntil({ fingerprint, service, errorCode, template, level }, this.#silences, now);
  }
}

/** A group that is muted is looked at again after this time, ms. */
const LOOK_AGAIN_MS = 1_000;
