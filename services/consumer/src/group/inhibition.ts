import type { Level } from "@cali/log-record";
import type { Alert } from "../core/types.ts";
import type { Dependencies } from "./dependencies.ts";
import { type Group, rank, totalsOf } from "./group.ts";

/** Only trouble of this gravity explains that of others. */
const ROOT_LEVEL: Level = "ERROR";
/** Nothing is held back longer than this for the trouble of another service, ms. */
const LONGEST_MUTE_MS = 30 * 60_000;

/** What explains what among the groups at one moment. */
export class Inhibition {
  readonly #dependencies: Dependencies;
  /** Groups whose trouble goes on and is grave enough, by service: the gravest level of each. */
  readonly #roots = new Map<string, Level>();
  readonly #groups: readonly Group[];
  /** What was found to be behind groups. */
  readonly #found = new Map<Group, readonly string[]>();
  /** By root and by service, lines that are held back. */
  #muted: ReadonlyMap<string, ReadonlyMap<string, number>> | undefined;

  /** @param windowMs time after its last line for which trouble mutes others, ms */
  constructor(
    groups: Iterable<Group>,
    dependencies: Dependencies,
    { now, windowMs }: { now: number; windowMs: number },
  ) {
    this.#dependencies = dependencies;
    this.#groups = [...groups];
    for (const group of this.#groups) {
      if (group.tallies.size === 0 || Math.abs(now - group.observedAt) > windowMs) continue;
      const { level } = totalsOf(group);
      const before = this.#roots.get(group.service);
      if (rank(level) < rank(ROOT_LEVEL) || (before && rank(before) >= rank(level))) continue;
      this.#roots.set(group.service, level);
    }
  }

  /**
   * Services whose trouble may be what is behind a group's: it reads as a symptom of theirs, and is no graver. One that names services is a
   * symptom of these, or of what they depend on, and of nothing else.
   */
  rootsOf(group: Group): readonly string[] {
    const known = this.#found.get(group);
    if (known) return known;
    const found = group.isSymptom ? this.#find(group) : [];
    this.#found.set(group, found);
    return found;
  }

  #find(group: Group): readonly string[] {
    const behind = [...this.#dependencies.rootsOf(group.service)].filter((root) => this.#roots.has(root));
    if (behind.length === 0) return behind;
    const { level } = totalsOf(group);
    const named = this.#dependencies.named(group.service, textOf(group));
    return behind.filter(
      (root) =>
        rank(level) <= rank(this.#roots.get(root) as Level) &&
        this.#dependencies.isBehind(root, group.service, named),
    );
  }

  /** Until when a group is held back for others' trouble; undefined: it is not. */
  mutedUntil(group: Group, now: number, along: readonly Group[] = []): number | undefined {
    const { level, pendingSince } = totalsOf(group, along);
    const until = pendingSince + LONGEST_MUTE_MS;
    return level !== "FATAL" && now < until && this.rootsOf(group).length > 0 ? until : undefined;
  }

  /** What a service's trouble holds back now, with the lines that were not notified. */
  mutedBy(root: string, now: number): Alert["muted"] {
    this.#muted ??= this.#countMuted(now);
    return [...(this.#muted.get(root) ?? [])].map(([by, count]) => ({ by, count }));
  }

  #countMuted(now: number): ReadonlyMap<string, ReadonlyMap<string, number>> {
    const muted = new Map<string, Map<string, number>>();
    for (const group of this.#groups) {
      if (!group.isSymptom || this.mutedUntil(group, now) === undefined) continue;
      const { pending } = totalsOf(group);
      if (pending === 0) continue;
      for (const root of this.rootsOf(group)) {
        const counts = muted.get(root) ?? new Map<string, number>();
        muted.set(root, counts.set(group.service, (counts.get(group.service) ?? 0) + pending));
      }
    }
    return muted;
  }
}

/** What a group's lines say, by which services are found that they name. */
const textOf = ({ template, tallies }: Group) =>
  [template, ...[...tallies.values()].flatMap(({ samples }) => samples)].join(" ");
