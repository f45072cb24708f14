import { generate, labelOf } from "@cali/log-generator";
import {
  groupingAccuracy,
  type LabelledLine,
  LOG_SETS,
  logSet,
} from "../services/consumer/test/support/log-sets.ts";
import { seeded } from "../services/consumer/test/support/random.ts";
import { type Groups, hasDrain3, mine, mineWithDrain3, NO_DRAIN3, type Sets } from "./drain3.ts";
import type { Benchmark, Result } from "./frame.ts";
import { IRREGULAR_SETS, irregularSet } from "./irregular-log-sets.ts";

/** As in Loghub's benchmark. */
const SCORED_LINES = 2_000;
const HOUR_MS = 3_600_000;

/** Lines with the number of the template each is of; every `tree` has its own miner, or its own tree in ours. */
type Labelled = readonly { readonly tree: string; readonly text: string; readonly template: number }[];

/** What the consumer sees: the WARN, ERROR and FATAL lines of an hour of generated traffic of several services. */
function traffic(seed: string): Labelled {
  const start = Date.parse("2026-01-25T09:00:00Z");
  const numbers = new Map<string, number>();
  const lines: Labelled[number][] = [];
  for (const made of generate({ start, rate: 50, duration: HOUR_MS, badShare: 0, seed })) {
    if (!["WARN", "ERROR", "FATAL"].includes(made.line.level)) continue;
    const { service, template } = labelOf(made);
    const key = `${service}/${template}`;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    lines.push({ tree: service, text: made.line.message, template: number });
  }
  return lines;
}

const ofOneTree = (tree: string, lines: readonly LabelledLine[]): Labelled =>
  lines.map((line) => ({ ...line, tree }));

const SETS: [string, () => Labelled][] = [
  ...LOG_SETS.map((name): [string, () => Labelled] => [
    name,
    () => ofOneTree(name, logSet(name, SCORED_LINES)),
  ]),
  ...IRREGULAR_SETS.map((name): [string, () => Labelled] => [
    `irregular: ${name}`,
    () => ofOneTree(name, irregularSet(name, SCORED_LINES, seeded(3))),
  ]),
  ...["spring", "summer", "autumn"].map((seed): [string, () => Labelled] => [
    `traffic: ${seed}`,
    () => traffic(seed),
  ]),
];

function accuracyOf(lines: Labelled, group: (sets: Sets) => Groups): number {
  const byTree = Map.groupBy(lines, ({ tree }) => tree);
  const groups = group(
    Object.fromEntries([...byTree].map(([tree, own]) => [tree, own.map(({ text }) => text)])),
  );
  const all = [...byTree].flatMap(([tree, own]) =>
    own.map(({ template }, place) => ({ template, group: `${tree}/${groups[tree]?.[place]}` })),
  );
  return groupingAccuracy(
    all.map((line) => line.template),
    all.map((line) => line.group),
  );
}

const meanOf = ({ rows }: Result, of: string) => {
  const own = rows.filter(({ contender }) => contender === of);
  return own.length === 0 ? undefined : own.reduce((sum, row) => sum + row.median, 0) / own.length;
};

/** How well lines are grouped (Loghub's grouping accuracy: a line counts when its group has exactly the lines of its template), beside drain3. */
export const benchmark: Benchmark = {
  name: "grouping",
  unit: "accuracy",
  better: "more",
  size: "set",
  sizes: SETS.map((_, place) => place),
  labels: SETS.map(([name]) => name),
  rounds: 1,
  targets: [
    {
      says: "in the mean of the sets no lower than drain3",
      isReached: (result) => {
        const [own, peer] = [meanOf(result, "CALI"), meanOf(result, "drain3")];
        return own === undefined || peer === undefined ? undefined : own >= peer;
      },
    },
  ],
  open(place) {
    const lines = SETS[place]?.[1]() ?? [];
    const isHere = hasDrain3();
    return {
      contenders: {
        CALI: () => accuracyOf(lines, (sets) => mine(sets).groups),
        ...(isHere && { drain3: () => accuracyOf(lines, (sets) => mineWithDrain3(sets).groups) }),
      },
      ...(!isHere && { absent: [NO_DRAIN3] }),
    };
  },
};
