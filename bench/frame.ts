import { availableParallelism, cpus, loadavg } from "node:os";

/** All of them, in the order of bench/README.md: each is `benchmark` of the file of that name. */
export const NAMES = [
  "consumer",
  "delay",
  "formats",
  "drain",
  "grouping",
  "loghub",
  "trace",
  "redaction",
  "memory",
  "log-generator",
  "signatures",
  "vectors",
  "embedding",
  "synth",
  "comment",
  "comment-command",
  "plan",
  "calls",
  "cost",
];

/** Measures once; a figure in the benchmark's unit. */
export type Measure = () => number | Promise<number>;

/** What is measured beside each other at one size. */
export interface Opened {
  /** CALI's comes first; the others are its peers. */
  readonly contenders: Readonly<Record<string, Measure>>;
  /** Peers that are not here, and how to get them. */
  readonly absent?: readonly string[];
  close?(): unknown;
}

/** What has to hold. */
export interface Target {
  /** In words, such as "at least 5 times as fast as drain3". */
  readonly says: string;
  /** undefined: the run doesn't tell, since a peer is absent. */
  readonly isReached: (result: Result) => boolean | undefined;
}

/** One thing that is measured, beside its peers, at several sizes. */
export interface Benchmark {
  /** As it is named on the command line. */
  readonly name: string;
  readonly unit: string;
  readonly better: "less" | "more";
  /** What `sizes` count, such as "vectors". */
  readonly size: string;
  readonly sizes: readonly number[];
  /** Names of the sizes where these are kinds, not amounts: then nothing grows. */
  readonly labels?: readonly string[];
  /** Whether the contenders are no peers of each other, but parts of one. Default: they are. */
  readonly isAlone?: boolean;
  /** How often each contender is measured, in turns. */
  readonly rounds: number | ((size: number) => number);
  /** What grows with the size: the figure itself, or the time that size / figure takes. Default: nothing is fitted. */
  readonly growth?: "figure" | "time";
  readonly targets?: readonly Target[];
  /** Makes what is measured. @throws Absent when it can't be had here at all */
  open(size: number): Opened | Promise<Opened>;
}

/** The benchmark cannot run here; the message says what it lacks. */
export class Absent extends Error {
  override readonly name = "Absent";
}

/** What one contender did at one size: in the median, and at the edges. */
export interface Row {
  readonly size: number;
  readonly contender: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** How many times as good CALI is, in the median of the rounds; not for CALI itself. */
  readonly ratio?: number;
}

export interface Result {
  readonly name: string;
  readonly unit: string;
  /** Of the day that it was measured. */
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  /** Mean load of the last minute, before and after. */
  readonly load: readonly [number, number];
  readonly seconds: number;
  readonly rows: readonly Row[];
  /** The exponent by which each contender grows with the size. */
  readonly growth: Readonly<Record<string, number>>;
  readonly absent: readonly string[];
}

/** The most that anything may grow by: a tenth above the size itself. */
export const MOST_GROWTH = 1.1;

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** Units of work for each second of this process on the CPU: what else the machine does hardly counts. */
export function perCpuSecond(units: number, work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (units * 1e6) / (user + system);
}

/** The slope of the line that fits these points best (least squares); NaN of fewer than two. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (place: 0 | 1) => points.reduce((sum, point) => sum + point[place], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const [over, under] = points.reduce(([a, b], [px, py]) => [a + (px - x) * (py - y), b + (px - x) ** 2], [
    0, 0,
  ] as [number, number]);
  return over / under;
}

/** By which power of the size something grows: 1 is as much as the size. */
export const exponentOf = (points: readonly (readonly [number, number])[]): number =>
  slopeOf(points.map(([size, value]) => [Math.log(size), Math.log(value)]));

/** The loop that all benchmarks share: at each size the contenders take turns, so that what else the machine does meets all of them. */
export async function measure(benchmark: Benchmark, tell: (text: string) => void): Promise<Result> {
  const { name, unit, sizes, rounds } = benchmark;
  const [began, loadBefore] = [performance.now(), loadavg()[0] ?? 0];
  const absent = new Set<string>();
  const rows: Row[] = [];
  for (const size of sizes) {
    const opened = await benchmark.open(size);
    for (const text of opened.absent ?? []) absent.add(text);
    try {
      const names = Object.keys(opened.contenders);
      const figures = new Map<string, number[]>(names.map((one) => [one, []]));
      for (let round = 0; round < (typeof rounds === "number" ? rounds : rounds(size)); round++) {
        for (const one of names) figures.get(one)?.push((await opened.contenders[one]?.()) ?? Number.NaN);
      }
      rows.push(...rowsOf(benchmark, size, figures));
    } finally {
      await opened.close?.();
    }
    tell(`${name} ${labelOf(benchmark, size)}: done`);
  }
  return {
    name,
    unit,
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      node: process.versions.node,
    },
    load: [rounded(loadBefore), rounded(loadavg()[0] ?? 0)],
    seconds: Math.round((performance.now() - began) / 1_000),
    rows,
    growth: growthOf(benchmark, rows),
    absent: [...absent],
  };
}

/** A size as it is shown. */
export const labelOf = ({ labels, sizes, size: unit }: Benchmark, size: number): string =>
  labels?.[sizes.indexOf(size)] ?? `${size.toLocaleString("en")} ${unit}`;

function rowsOf({ better }: Benchmark, size: number, figures: ReadonlyMap<string, readonly number[]>): Row[] {
  const [own = []] = figures.values();
  return [...figures].map(([contender, all], place) => {
    const ratios = all.map((peer, round) => {
      const ours = own[round] ?? Number.NaN;
      return better === "more" ? ours / peer : peer / ours;
    });
    return {
      size,
      contender,
      median: rounded(median(all)),
      least: rounded(Math.min(...all)),
      most: rounded(Math.max(...all)),
      ...(place > 0 && { ratio: rounded(median(ratios)) }),
    };
  });
}

function growthOf({ growth, labels, sizes }: Benchmark, rows: readonly Row[]): Record<string, number> {
  if (growth === undefined || labels !== undefined || sizes.length < 2) return {};
  const points = Map.groupBy(rows, ({ contender }) => contender);
  return Object.fromEntries(
    [...points].map(([contender, own]) => [
      contender,
      rounded(
        exponentOf(own.map(({ size, median: value }) => [size, growth === "time" ? size / value : value])),
      ),
    ]),
  );
}

/** To three digits that say something. */
const rounded = (value: number): number => Number(value.toPrecision(3));

/** That CALI is at least so many times as good as the peer, at each size. */
export const atLeastTimes = (times: number, peer: string): Target => ({
  says: `at least ${times} times as good as ${peer}`,
  isReached: ({ rows }) => {
    const own = rows.filter(({ contender }) => contender === peer);
    return own.length === 0 ? undefined : own.every(({ ratio = 0 }) => ratio >= times);
  },
});

/** That CALI's own figure is at most this at a size. */
export const atMost = (most: number, size: number, says: string): Target => ({
  says,
  isReached: ({ rows }) => {
    const own = rows.find((row) => row.size === size && row.ratio === undefined);
    return own && own.median <= most;
  },
});

/** That what is CALI's grows with its input at most as fast as that, and a tenth. */
export const growsLinearly = (contender: string): Target => ({
  says: `${contender} grows by an exponent of at most ${MOST_GROWTH}`,
  isReached: ({ growth }) => {
    const exponent = growth[contender];
    return exponent === undefined ? undefined : exponent <= MOST_GROWTH;
  },
});
