import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StackRun } from "../../delivery/core/planning/plan-run.ts";
import { planText } from "./plans.ts";

export const HEAD = "89abcdef0123456789abcdef0123456789abcdef";

/** A stack of a run that planned it; its plan is one of `test/fixtures/plans/`, or this text. */
export interface StackInput extends Partial<StackRun> {
  readonly name: string;
  readonly plan?: string;
}

/** Writes a folder as `cali plan --out` does. */
export function writePlanRun(
  folder: string,
  stacks: readonly StackInput[],
  more: Readonly<Record<string, unknown>> = {},
): string {
  mkdirSync(folder, { recursive: true });
  const runs = stacks.map(({ plan, ...stack }, order) => {
    if (plan !== undefined) {
      writeFileSync(join(folder, `${stack.name}.json`), plan.startsWith("{") ? plan : planText(plan));
    }
    const jsonFile = plan === undefined ? {} : { jsonFile: `${stack.name}.json` };
    return { status: "changes", waitsFor: [], durationMs: 1_000, order, ...jsonFile, ...stack };
  });
  const run = {
    environment: "dev",
    commit: HEAD,
    configurationDigest: "0".repeat(64),
    createdAt: "2026-01-25T00:00:00Z",
    terraformVersion: "1.11.4",
    stacks: runs,
    ...more,
  };
  writeFileSync(join(folder, "run.json"), JSON.stringify(run));
  return folder;
}
