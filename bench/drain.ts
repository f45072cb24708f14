import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { generate, labelOf } from "@cali/log-generator";
import { MASKS } from "../services/consumer/src/group/masks.ts";
import { TemplateMiner } from "../services/consumer/src/group/template-miner.ts";
import {
  groupingAccuracy,
  type LabelledLine,
  LOG_SETS,
  logSet,
} from "../services/consumer/test/support/log-sets.ts";
import { seeded } from "../services/consumer/test/support/random.ts";
import { IRREGULAR_SETS, irregularSet } from "./irregular-log-sets.ts";

/**
 * Lines a second through masking and Drain, and how well they are grouped, beside Python's drain3 with the same masks on
 * the same lines in the same run. `--memory`: what 10 million lines leave behind.
 */
const { values } = parseArgs({
  options: {
    /** Lines of each of the seven sets when speed is measured. */
    lines: { type: "string", default: "30000" },
    rounds: { type: "string", default: "5" },
    /** A Python that has drain3. */
    python: { type: "string", default: "bench/.venv/bin/python" },
    memory: { type: "boolean", default: false },
    /** Lines of `--memory`. */
    total: { type: "string", default: "10000000" },
  },
});
/** As in Loghub's benchmark. */
const SCORED_LINES = 2_000;

interface Seconds {
  cpu: number;
  clock: number;
}
type Sets = Record<string, string[]>;
type Groups = Record<string, (string | number)[]>;

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const whole = (number: number) => Math.round(number).toLocaleString("en");

function ours(sets: Sets): { seconds: Seconds; groups: Groups } {
  const miner = new TemplateMiner();
  const groups: Groups = {};
  const [cpu, clock] = [process.cpuUsage(), performance.now()];
  for (const [name, lines] of Object.entries(sets)) {
    groups[name] = lines.map((line) => miner.add(name, line, 1).fingerprint);
  }
  const { user, system } = process.cpuUsage(cpu);
  const seconds = { cpu: (user + system) / 1e6, clock: (performance.now() - clock) / 1e3 };
  // A line belongs in the end to the template that its own became one with.
  for (const [name, own] of Object.entries(groups))
    groups[name] = own.map((one) => miner.resolve(String(one)));
  return { seconds, groups };
}

function peer(sets: Sets, rounds: number): { rounds: Seconds[]; groups: Groups } {
  const masks = MASKS.map(({ pattern, placeholder }) => ({ pattern, placeholder }));
  const run = spawnSync(values.python, [join(import.meta.dirname, "drain_peer.py")], {
    input: JSON.stringify({ masks, sets, rounds }),
    maxBuffer: 1 << 30,
    encoding: "utf8",
  });
  if (run.status !== 0)
    throw new Error(
      `${values.python}: ${run.error?.message ?? run.stderr}\nbench/README.md says how to make it`,
    );
  return JSON.parse(run.stdout);
}

function linesOf(count: number, seed: number): Sets {
  return Object.fromEntries(
    LOG_SETS.map((name) => [name, logSet(name, count, seed).map(({ text }) => text)]),
  );
}

function compareSpeed(): void {
  const sets = linesOf(Number(values.lines), 2);
  const total = LOG_SETS.length * Number(values.lines);
  const rounds = Number(values.rounds);
  const mine: Seconds[] = [];
  const its: Seconds[] = [];
  for (let round = 0; round < rounds; round++) {
    // In turns, so that what else the machine does meets both.
    mine.push(ours(sets).seconds);
    its.push(...peer(sets, 1).rounds);
  }
  const rate = (seconds: Seconds[], of: keyof Seconds) => median(seconds.map((one) => total / one[of]));
  console.log(`${whole(total)} lines a round, median of ${rounds} rounds`);
  console.table({
    "TemplateMiner, lines/s": { cpu: whole(rate(mine, "cpu")), clock: whole(rate(mine, "clock")) },
    "drain3, lines/s": { cpu: whole(rate(its, "cpu")), clock: whole(rate(its, "clock")) },
    "times as fast": {
      cpu: (rate(mine, "cpu") / rate(its, "cpu")).toFixed(1),
      clock: (rate(mine, "clock") / rate(its, "clock")).toFixed(1),
    },
  });
}

/** Lines with the number of the template each is of; every `tree` has its own miner, or its own tree in ours. */
interface Labelled {
  readonly name: string;
  readonly lines: { tree: string; text: string; template: number }[];
}

/** What the consumer sees: the WARN, ERROR and FATAL lines of generated traffic of several services. */
function traffic(seed: string): Labelled {
  const start = Date.parse("2026-01-25T09:00:00Z");
  const numbers = new Map<string, number>();
  const lines: Labelled["lines"] = [];
  for (const made of generate({ start, rate: 50, duration: 3_600_000, badShare: 0, seed })) {
    if (!["WARN", "ERROR", "FATAL"].includes(made.line.level)) continue;
    const { service, template } = labelOf(made);
    const key = `${service}/${template}`;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    lines.push({ tree: service, text: made.line.message, template: number });
  }
  return { name: `traffic, seed ${seed}`, lines };
}

function accuracyOf({ lines }: Labelled, group: (sets: Sets) => Groups): number {
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

function compareAccuracy(): void {
  const labelled = (name: string, lines: LabelledLine[]) => ({
    name,
    lines: lines.map((line) => ({ ...line, tree: name })),
  });
  const regular = LOG_SETS.map((name) => labelled(name, logSet(name, SCORED_LINES)));
  const irregular = IRREGULAR_SETS.map((name) =>
    labelled(`irregular: ${name}`, irregularSet(name, SCORED_LINES, seeded(3))),
  );
  const scores = [...regular, ...irregular, ...["spring", "summer", "autumn"].map(traffic)].map((set) => ({
    name: set.name,
    mine: accuracyOf(set, (lines) => ours(lines).groups),
    its: accuracyOf(set, (lines) => peer(lines, 1).groups),
  }));
  const mean = (of: "mine" | "its") => scores.reduce((sum, score) => sum + score[of], 0) / scores.length;
  console.log(
    `grouping accuracy: ${whole(SCORED_LINES)} lines of each set, and an hour of traffic of each seed`,
  );
  console.table(
    Object.fromEntries(
      [...scores, { name: "average", mine: mean("mine"), its: mean("its") }].map(({ name, mine, its }) => [
        name,
        { TemplateMiner: mine.toFixed(3), drain3: its.toFixed(3) },
      ]),
    ),
  );
}

/** One line of a hundred is made of words that never come again: each would be a template of its own. */
function measureMemory(): void {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const miner = new TemplateMiner();
  const total = Number(values.total);
  const step = total / 10;
  const mib = (bytes: number) => whole(bytes / 2 ** 20);
  let added = 0;
  const rows: object[] = [];
  for (let seed = 1; added < total; seed++) {
    for (const name of LOG_SETS) {
      for (const { text } of logSet(name, 1_000, seed)) {
        if (added >= total) break;
        const word = (part: number) => `${added.toString(36)}${part}`.replaceAll(/\d/g, "q");
        const strange = Array.from({ length: 4 + (added % 9) }, (_, part) => word(part)).join(" ");
        miner.add(name, added % 100 === 0 ? strange : text, added);
        if (++added % step === 0) {
          miner.takeDirty();
          collectGarbage();
          const { heapUsed, rss } = process.memoryUsage();
          rows.push({ lines: whole(added), templates: miner.size, heapMiB: mib(heapUsed), rssMiB: mib(rss) });
        }
      }
    }
  }
  console.table(rows);
}

if (values.memory) measureMemory();
else {
  compareSpeed();
  compareAccuracy();
}
