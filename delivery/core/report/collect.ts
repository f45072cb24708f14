import { join } from "node:path";
import { PlanRunError } from "../errors.ts";
import { readPlan } from "../plan-json/read.ts";
import type { PlanRun, StackRun } from "../planning/plan-run.ts";
import type { StackReport } from "./report.ts";

/**
 * What a run of `cali plan` says of each stack, with the plans that it kept.
 *
 * @throws PlanRunError when a plan's JSON is missing in `run.json`; PlanFormatError.
 */
export function stackReports(folder: string, run: PlanRun): StackReport[] {
  return [...run.stacks]
    .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1))
    .map((stack) => stackReport(folder, stack));
}

function stackReport(folder: string, { name, status, waitsFor, reason, jsonFile }: StackRun): StackReport {
  if (status === "waiting") return { name, status, waitsFor, reason };
  if (status === "failed") return { name, status, reason: reason ?? "The plan failed without a word." };
  if (jsonFile === undefined) {
    throw new PlanRunError(
      `${join(folder, "run.json")}: ${name}: jsonFile: given nothing; allowed: a file's name`,
    );
  }
  return { name, status: "planned", plan: readPlan(join(folder, jsonFile)) };
}
