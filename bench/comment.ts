import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePlan } from "../delivery/core/plan-json/read.ts";
import { COMMENT_LIMIT, render } from "../delivery/core/report/render.ts";
import type { Report } from "../delivery/core/report/report.ts";
import { atMost, type Benchmark, growsLinearly } from "./frame.ts";

/** A plan that adds 220 policies. */
export const HUGE = join(import.meta.dirname, "../test/fixtures/plans/huge.json");

export interface PlanJson {
  readonly resource_changes: readonly {
    readonly address: string;
    readonly type: string;
    readonly name: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly after: Readonly<Record<string, unknown>> | null;
    };
  }[];
}

/** The plan with so many changes: its first ones, or all of them more than once, under other names. */
export function planOf(plan: PlanJson, changes: number): string {
  const { resource_changes: all } = plan;
  const some = Array.from({ length: changes }, (_, place) => {
    const one = all[place % all.length] as PlanJson["resource_changes"][number];
    const again = Math.floor(place / all.length);
    return again === 0 ? one : { ...one, address: `${one.address}_${again}`, name: `${one.name}_${again}` };
  });
  return JSON.stringify({ ...plan, resource_changes: some });
}

function comment(text: string): number {
  const began = performance.now();
  const plan = parsePlan(text, HUGE);
  const report: Report = {
    environment: "dev",
    commit: "0".repeat(40),
    stacks: [{ name: "infra", status: "planned", plan }],
    sources: {},
    links: undefined,
    budget: undefined,
  };
  render(report, { limit: COMMENT_LIMIT, longestLine: 500 });
  render(report);
  return performance.now() - began;
}

function parse(text: string): number {
  const began = performance.now();
  JSON.parse(text);
  return performance.now() - began;
}

/** How long the comment and the whole report of a plan take, beside `JSON.parse` alone, which no reader can do without. */
export const benchmark: Benchmark = {
  name: "comment",
  unit: "ms",
  better: "less",
  size: "changes",
  sizes: [55, 110, 220, 440, 880],
  rounds: 9,
  growth: "figure",
  targets: [
    atMost(1_000, 220, "the comment of `huge`, 220 policies, in less than a second"),
    growsLinearly("CALI"),
  ],
  open(size) {
    const text = planOf(JSON.parse(readFileSync(HUGE, "utf8")), size);
    // The first round pays for compiling.
    comment(text);
    return { contenders: { CALI: () => comment(text), "JSON.parse alone": () => parse(text) } };
  },
};
