import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Adoption } from "../../../config/adoption.ts";
import type { Json, Overrides } from "../../../config/overrides.ts";
import type { Config } from "../../../config/schema.ts";
import { PlanRunError } from "../errors.ts";
import { type Links, repositoryLinks } from "../github/environment.ts";
import { readPlan } from "../plan-json/read.ts";
import { readPlanRun } from "../planning/plan-run.ts";
import { PROGRAMS } from "../terraform/programs.ts";
import { stackReports } from "./collect.ts";
import { withCosts } from "./costs.ts";
import { COMMENT_LIMIT, render } from "./render.ts";
import type { Report } from "./report.ts";
import { readSources } from "./sources.ts";

/** Longest line of a value in a comment; the whole report has all of it. */
export const LONGEST_LINE = 500;
/** Room for the hidden first line. */
const MARKER_BYTES = 200;

/**
 * The report on a folder of plans.
 *
 * @param overrides of the environment; each is shown. Default: none.
 * @param adoption the move between layouts that the environment is in; its gate is shown. Default: none.
 * @param sources `sources.json` of the synth. Default: beside the plans, else in `cdktf.out`.
 * @throws PlanRunError, PlanJsonError
 */
export function reportOf(
  plans: string,
  config: Config,
  {
    sources = sourcesBeside(plans),
    links = repositoryLinks(process.env),
    overrides = {},
    adoption,
  }: {
    sources?: string | undefined;
    links?: Links | undefined;
    overrides?: Overrides;
    adoption?: Adoption | undefined;
  } = {},
): Report {
  const planRun = readPlanRun(plans);
  if (planRun.environment !== config.environment) {
    throw new PlanRunError(
      `--env: given ${config.environment}; allowed: ${planRun.environment}, which the plans of ${plans} are of`,
    );
  }
  return {
    language: config.language,
    environment: planRun.environment,
    commit: planRun.commit,
    program: PROGRAMS[planRun.program].name,
    ...withCosts(stackReports(plans, planRun), config),
    sources: readSources(sources),
    links,
    adoption,
    overrides: Object.entries(overrides).flatMap(([stack, patch]) =>
      leavesOf(patch).map((path) => ({ stack, path })),
    ),
  };
}

/** Paths of what a patch says; a list is one value. */
function leavesOf(value: Json, path: readonly string[] = []): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path.join(".")];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "//" ? [] : leavesOf(child, [...path, key]),
  );
}

/**
 * The report on one plan that came alone.
 *
 * @param file the output of `terraform show -json <plan>`; `-`: standard input.
 * @throws PlanFormatError
 */
export function reportOfPlan(file: string): Report {
  const name = file === "-" ? "plan" : basename(file).replace(/\.json$/, "");
  return {
    environment: name,
    commit: undefined,
    stacks: [{ name, status: "planned", plan: readPlan(file) }],
    sources: {},
    links: undefined,
    budget: undefined,
  };
}

/** The report within what a comment may hold. */
export function commentOf(report: Report): string {
  return render(report, { limit: COMMENT_LIMIT - MARKER_BYTES, longestLine: LONGEST_LINE }).markdown;
}

/** The synth that was planned, where `cali plan` kept what it says of its sources; else the last one. */
function sourcesBeside(plans: string): string {
  const kept = join(plans, "sources.json");
  return existsSync(kept) ? kept : join(process.env.CDKTF_OUTDIR || "cdktf.out", "sources.json");
}
