import { slopeOf } from "./frame.ts";

/** What a soak watches. */
export const WATCHED = {
  /** The heap after a collection. */
  heapMiB: { unit: "MiB", atLeast: 24 },
  rssMiB: { unit: "MiB", atLeast: 64 },
  /** Sockets, timers, files that keep the process alive. */
  handles: { unit: "", atLeast: 10 },
  lagMs: { unit: "ms", atLeast: 5_000 },
} as const;
export type Watched = keyof typeof WATCHED;

export interface Sample extends Readonly<Record<Watched, number>> {
  /** Seconds since the start. */
  readonly at: number;
  readonly linesPerSecond: number;
}

/** Share of the mean by which something may grow over the later half, if that is more than its `atLeast`. */
export const MOST_SHARE = 0.1;

export interface Growth {
  readonly what: Watched;
  /** Mean of the later half. */
  readonly mean: number;
  /** By the line that fits the later half best, from its beginning to its end. */
  readonly grew: number;
  /** More is growth. */
  readonly most: number;
}

/** How much each thing grew over the later half of the samples: in the first one caches fill and code is compiled. */
export function growthOf(samples: readonly Sample[]): Growth[] {
  const end = samples.at(-1)?.at ?? 0;
  const later = samples.filter(({ at }) => at >= end / 2);
  const seconds = end - (later[0]?.at ?? 0);
  return (Object.keys(WATCHED) as Watched[]).map((what) => {
    const mean = later.reduce((sum, sample) => sum + sample[what], 0) / later.length;
    const grew = slopeOf(later.map((sample) => [sample.at, sample[what]])) * seconds;
    return { what, mean, grew, most: Math.max(mean * MOST_SHARE, WATCHED[what].atLeast) };
  });
}

/** Whether it grew beyond its bound; nothing can be said of less than three samples. */
export const isGrowing = ({ grew, most }: Growth): boolean => !(grew <= most);
