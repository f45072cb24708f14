import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TemplateMiner } from "../services/consumer/src/group/template-miner.ts";
import { LOG_SETS, logSet } from "../services/consumer/test/support/log-sets.ts";
import { type Benchmark, growsLinearly } from "./frame.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const MOST_MIB = 64;
const BLOCK = 1_000;

/** One line of a hundred is made of words that never come again: each would be a template of its own. */
function* lines(count: number): Generator<{ set: string; text: string }> {
  let made = 0;
  for (let seed = 1; made < count; seed++) {
    for (const set of LOG_SETS) {
      for (const { text } of logSet(set, Math.min(BLOCK, count - made), seed)) {
        const word = (part: number) => `${made.toString(36)}${part}`.replaceAll(/\d/g, "q");
        const isStrange = made++ % 100 === 0;
        const strange = () => Array.from({ length: 4 + (made % 9) }, (_, part) => word(part)).join(" ");
        yield { set, text: isStrange ? strange() : text };
      }
    }
  }
}

/** MiB of heap that what `keep` returns holds when all else is collected. */
function held(keep: () => unknown): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = [keep()];
  collectGarbage();
  const bytes = process.memoryUsage().heapUsed - before;
  return bytes / 2 ** 20 + kept.length - 1;
}

/** What the miner holds in memory after so many lines, beside a map that counts every distinct line and forgets none. */
export const benchmark: Benchmark = {
  name: "memory",
  unit: "MiB of heap",
  better: "less",
  size: "lines",
  sizes: [250_000, 500_000, 1_000_000],
  rounds: 1,
  growth: "figure",
  targets: [
    {
      says: `at most ${MOST_MIB} MiB, however many lines there were`,
      isReached: ({ rows }) =>
        rows.filter(({ contender }) => contender === "CALI").every(({ median }) => median <= MOST_MIB),
    },
    growsLinearly("CALI"),
  ],
  open: (size) => ({
    contenders: {
      CALI: () =>
        held(() => {
          const miner = new TemplateMiner();
          let at = 0;
          for (const { set, text } of lines(size)) miner.add(set, text, at++);
          miner.takeDirty();
          return miner;
        }),
      "a count of each line": () =>
        held(() => {
          const counts = new Map<string, number>();
          for (const { set, text } of lines(size)) {
            const key = `${set} ${text}`;
            counts.set(key, (counts.get(key) ?? 0) + 1);
          }
          return counts;
        }),
    },
  }),
};
