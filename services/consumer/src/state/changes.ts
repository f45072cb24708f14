/** The groups that a shard's last commits changed: who follows its counts reads those, and not all of them. */
export interface Changes {
  /** How many commits have changed groups so far. */
  readonly commits: number;
  /** The fingerprints of each of the last ones, the newest last. */
  readonly last: readonly (readonly string[])[];
}

/** Fingerprints that are kept: about 2 KB. Who missed more reads all. */
const MOST_KEPT = 100;

/** After a commit that changed these. */
export function noteChanges(before: Changes | undefined, fingerprints: readonly string[]): Changes {
  const { commits, last } = before ?? { commits: 0, last: [] };
  if (fingerprints.length === 0) return { commits, last };
  const kept = [...last, fingerprints];
  while (kept.reduce((sum, some) => sum + some.length, 0) > MOST_KEPT) kept.shift();
  return { commits: commits + 1, last: kept };
}

/** What has changed since that many commits; undefined: it is not known any more, so all may have. */
export function changedSince({ commits, last }: Changes, seen: number): string[] | undefined {
  const missed = commits - seen;
  if (missed < 0 || missed > last.length) return undefined;
  return missed === 0 ? [] : [...new Set(last.slice(-missed).flat())];
}
