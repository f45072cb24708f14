import { readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { SynthesizedStack } from "../application/application.ts";
import { comparePlans, describeDifferences } from "../plan-json/compare.ts";
import { hasChanges, type Plan } from "../plan-json/model.ts";
import { parsePlan } from "../plan-json/read.ts";
import { withoutImages } from "../planning/images.ts";
import type { PlanRun, StackRun } from "../planning/plan-run.ts";
import { type PlanStackOptions, type Prepared, planFiles, prepare } from "../planning/plan-stack.ts";
import { PROGRAMS } from "../terraform/programs.ts";
import type { Terraform } from "../terraform/terraform.ts";
import { unreviewed } from "./explain.ts";

/** A plan that may be applied. */
export interface ReadyPlan {
  readonly terraform: Terraform;
  readonly planFile: string;
  readonly plan: Plan;
  /** The same without what the services' own workflows decide: what it is compared by. */
  readonly ownPart: Plan;
}

/** An unsealed run of planning, and its folder. */
export interface ReviewedRun {
  readonly run: PlanRun;
  readonly folder: string;
}

/** What a stack's reviewed plan is worth now. */
export type Review =
  | { readonly verdict: "apply"; readonly ready: ReadyPlan; readonly note?: string }
  | { readonly verdict: "unchanged"; readonly note?: string }
  | { readonly verdict: "waiting"; readonly reason: string }
  | { readonly verdict: "differs"; readonly reason: string };

export interface ReviewOptions extends PlanStackOptions {
  /** The unsealed run of planning, and its folder. */
  readonly reviewed: PlanRun;
  readonly reviewedFolder: string;
  /** Plans that were merged before, newest first, each unsealed in a folder; asked for when the reviewed one alone does not explain a new one. */
  readonly earlier?: (() => Promise<readonly ReviewedRun[]>) | undefined;
  /** Of what is synthesized now. */
  readonly configurationDigest: string;
  /** Of the program that is installed. */
  readonly terraformVersion: string;
  /** An earlier try was cut off: what it did already need not be done again. */
  readonly continues: boolean;
}

/**
 * Compares what was reviewed with what there is. The very plan file is applied where nothing moved; where something did, the stack is
 * planned anew, and that plan may only do what was reviewed.
 *
 * @throws TerraformError
 */
export async function review(stack: SynthesizedStack, options: ReviewOptions): Promise<Review> {
  const { reviewed, reviewedFolder, configurationDigest, terraformVersion, out, progress } = options;
  const run = reviewed.stacks.find(({ name }) => name === stack.name);
  if (!run) return { verdict: "waiting", reason: "it was not planned before: run the workflow by hand" };
  if (run.status === "waiting" || run.status === "failed") {
    return {
      verdict: "waiting",
      reason: `nobody has reviewed a plan of it: it was ${run.reason ?? run.status}\nRun the workflow by hand, which plans it anew.`,
    };
  }
  const prepared = await prepare(stack, options);
  const { terraform, images } = prepared;
  const state = await prepared.state();
  const { planFile, jsonFile } = planFiles(stack.name);
  const old = readBoth(join(reviewedFolder, jsonFile));
  const planner = `${PROGRAMS[reviewed.program].name} ${reviewed.terraformVersion}`;
  const applier = `${options.program.name} ${terraformVersion}`;
  const moved = [
    ...(state.lineage === (run.lineage ?? "") ? [] : ["the state is another one (its lineage differs)"]),
    ...(state.serial === run.serial
      ? []
      : [`the state was changed (serial ${run.serial}, now ${state.serial})`]),
    ...(configurationDigest === reviewed.configurationDigest ? [] : ["the configuration was changed"]),
    ...(planner === applier ? [] : [`the program is another one (${planner}, now ${applier})`]),
    ...((await terraform.lockDigest()) === run.lockDigest ? [] : ["the provider lock file was changed"]),
  ];
  if (moved.length === 0) {
    if (run.status === "no-changes") return { verdict: "unchanged" };
    const path = join(out, planFile);
    await copyFile(join(reviewedFolder, planFile), path);
    return { verdict: "apply", ready: { terraform, planFile: path, ...old } };
  }
  if (images.missing.length > 0) {
    return { verdict: "waiting", reason: `there is no image yet: ${images.missing.join(", ")}` };
  }
  progress("planning anew");
  const now = await planAnew(prepared, join(out, planFile), jsonFile);
  const judged = judge(run, moved, old.ownPart, now, options.continues);
  if (judged.verdict !== "differs" || !options.earlier) return judged;
  return withEarlier(run, moved, old.ownPart, now, await options.earlier());
}

/** A plan as it is, and without the images. */
function bothOf(json: string, name: string): Pick<ReadyPlan, "plan" | "ownPart"> {
  const plan = parsePlan(json, name);
  const own = withoutImages(json);
  return { plan, ownPart: own === json ? plan : parsePlan(own, name) };
}

const readBoth = (path: string) => bothOf(readFileSync(path, "utf8"), path);

/** The plans of several pull requests that are deployed at once: together they have to be what there is to do. */
function withEarlier(
  run: StackRun,
  moved: readonly string[],
  old: Plan,
  ready: ReadyPlan,
  earlier: readonly ReviewedRun[],
): Review {
  const plans = earlier.flatMap(({ run: other, folder }) => {
    const jsonFile = other.stacks.find(({ name }) => name === run.name)?.jsonFile;
    return jsonFile === undefined ? [] : [readBoth(join(folder, jsonFile)).ownPart];
  });
  const left = unreviewed(old, plans, ready.ownPart);
  const note = `${moved.join(", ")}; a new plan does what was reviewed in this pull request and in those merged before`;
  if (left.length === 0) return { verdict: "apply", ready, note };
  const lines = describeDifferences(left).map((line) => `  ${line}`);
  return {
    verdict: "differs",
    reason: [
      `${run.name}: ${moved.join(", ")}, and nobody has reviewed these changes, in this pull request or in the ${earlier.length} merged before:`,
      ...lines,
    ].join("\n"),
  };
}

function judge(
  run: StackRun,
  moved: readonly string[],
  old: Plan,
  ready: ReadyPlan,
  continues: boolean,
): Review {
  const differences = comparePlans(old, ready.ownPart);
  // What an earlier try has done is not planned any more, and what it has left half-made is made anew.
  const isRest = differences.every(({ current, isAgain }) => current === undefined || isAgain);
  const isSame = differences.length === 0;
  const note = `${moved.join(", ")}; a new plan does ${isSame ? "the same" : "what is left of the reviewed one"}`;
  if (isSame || (continues && isRest)) {
    return hasChanges(ready.plan) ? { verdict: "apply", ready, note } : { verdict: "unchanged", note };
  }
  const lines = describeDifferences(differences).map((line) => `  ${line}`);
  return {
    verdict: "differs",
    reason: [`${run.name}: ${moved.join(", ")}, and a new plan is not the reviewed one:`, ...lines].join(
      "\n",
    ),
  };
}

/** Plans, and reads the plan. @throws TerraformError */
export async function planAnew(
  { terraform, plan }: Pick<Prepared, "terraform" | "plan">,
  planFile: string,
  name: string,
): Promise<ReadyPlan> {
  return { terraform, planFile, ...bothOf(await plan(planFile), name) };
}
