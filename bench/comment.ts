import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parsePlan } from "../delivery/core/plan-json/read.ts";
import { COMMENT_LIMIT, render } from "../delivery/core/report/render.ts";
import type { Report } from "../delivery/core/report/report.ts";

/**
 * How long a comment of the plan `huge` (220 policies, 0.8 MB of JSON) takes: reading it, the comment, and the whole report. The
 * first round pays for compiling, as a pipeline does; `JSON.parse` alone is what no reader can do without.
 */
const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
const file = join(import.meta.dirname, "../test/fixtures/plans/huge.json");
const text = readFileSync(file, "utf8");

function timed<T>(run: () => T): [T, number] {
  const begin = performance.now();
  return [run(), performance.now() - begin];
}

const rounds = Array.from({ length: Number(values.rounds) }, () => {
  const [, parse] = timed(() => JSON.parse(text));
  const [plan, read] = timed(() => parsePlan(text, file));
  const report: Report = {
    environment: "dev",
    commit: "0".repeat(40),
    stacks: [{ name: "infra", status: "planned", plan }],
    sources: {},
    links: undefined,
    budget: undefined,
  };
  const [, comment] = timed(() => render(report, { limit: COMMENT_LIMIT, longestLine: 500 }));
  const [, whole] = timed(() => render(report));
  return { parse, read, comment, whole, all: read + comment + whole };
});

type Step = keyof (typeof rounds)[number];
const median = (step: Step) => {
  const sorted = rounds.map((round) => round[step]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};
console.table(
  Object.fromEntries(
    (["parse", "read", "comment", "whole", "all"] as const).map((step) => [
      step,
      { "first, ms": Math.round(rounds[0]?.[step] ?? 0), "median, ms": Math.round(median(step)) },
    ]),
  ),
);
