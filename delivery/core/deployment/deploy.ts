import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@cali/base";
import { Listr } from "listr2";
import pLimit from "p-limit";
import type { Adoption } from "../../../config/adoption.ts";
import { moveProblems } from "../adoption/gate.ts";
import type { Application, SynthesizedStack } from "../application/application.ts";
import { isBlockedRelease } from "../cluster/releases.ts";
import { DeployRefusedError, TerraformError } from "../errors.ts";
import { identityProblems } from "../identity-gate.ts";
import { changesIn, describeDifferences } from "../plan-json/compare.ts";
import { ALLOW_DATA_LOSS, dataLossIn, removedKeysIn } from "../plan-json/data-loss.ts";
import { inPlaceLossIn } from "../plan-json/in-place-loss.ts";
import { hasChanges, type Plan } from "../plan-json/model.ts";
import { stackOptions } from "../planning/plan.ts";
import { type PlanStackOptions, planFiles, prepare } from "../planning/plan-stack.ts";
import { ALLOW_FOREIGN, foreignLossIn } from "../shared-state/foreign.ts";
import { followProgress } from "../terraform/follow.ts";
import type { Program } from "../terraform/programs.ts";
import { installedVersion } from "../terraform/terraform.ts";
import { DeployJournal, type DeployResult, readDeployResult, type StackResult } from "./deploy-result.ts";
import { planAnew, type ReadyPlan, type Review, type ReviewedRun, review } from "./review.ts";

export interface DeployOptions {
  readonly program: Program;
  readonly application: Application;
  /** In the order of deployment. */
  readonly stacks: readonly SynthesizedStack[];
  readonly environment: string;
  readonly commit: string;
  readonly pullRequest?: number;
  /** Folder of `deploy.json`, the plans that are applied, and Terraform's logs. */
  readonly out: string;
  /** What was reviewed, and the folder of its plans; undefined: everything is planned anew. */
  readonly reviewed?: ReviewedRun;
  /** What was merged before it and may not be deployed yet; asked for once, and only when it is needed. */
  readonly earlier?: () => Promise<readonly ReviewedRun[]>;
  /** Whether objects with data in them may be destroyed. */
  readonly allowDataLoss: boolean;
  /** Whether objects that CALI never made may be destroyed. */
  readonly allowForeign: boolean;
  /** The move between layouts that the environment is in; undefined: none. */
  readonly adoption?: Adoption;
  /** An earlier try may have done a part. */
  readonly continues: boolean;
  /** With new plans: nothing may change but images. */
  readonly imagesOnly?: boolean;
  readonly parallel: number;
  readonly lockTimeout: string;
  /**
   * Recovers the Helm releases of a stack that were begun before a time and never ended: its apply was refused for one. While that
   * held the state's lock no other run worked on them.
   *
   * @returns what was done, in words; nothing: there was none
   */
  readonly recoverReleases?: (stack: SynthesizedStack, before: Date) => Promise<readonly string[]>;
  /** Values of Terraform variables (`TF_VAR_…`), besides those of this process. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** What a run of deploying has besides what it was asked for. */
interface Deployment extends DeployOptions {
  readonly terraformVersion: string;
  /** Takes what Terraform says of a resource while it works on it. */
  readonly onProgress: (stack: string, line: string) => void;
}

/** After one of these nothing that depends on the stack is deployed. */
const STOPS: ReadonlySet<StackResult["status"]> = new Set(["failed", "refused", "skipped", "waiting"]);

/**
 * Applies the reviewed plans, or new ones, each stack after those it depends on. Everything that can be refused is looked at before
 * anything is applied. A failure stops what depends on it; the others go on to their end.
 *
 * @throws DeployRefusedError, TerraformError before anything was applied. What fails later is in the result.
 */
export async function deploy(given: DeployOptions): Promise<DeployResult> {
  const { stacks, environment, commit, pullRequest, out, parallel, reviewed } = given;
  const version = await installedVersion(given.program);
  await mkdir(out, { recursive: true, mode: 0o700 });
  const before = readDeployResult(out);
  const progress = new Map<string, (line: string) => void>();
  const options: Deployment = {
    ...given,
    terraformVersion: version,
    onProgress: (stack, line) => progress.get(stack)?.(line),
    // One that was refused at once has done nothing.
    continues:
      given.continues ||
      (before?.commit === commit && before.environment === environment && before.stacks.length > 0),
  };
  const journal = new DeployJournal(out, {
    environment,
    commit,
    ...(pullRequest !== undefined && { pullRequest }),
    startedAt: new Date().toISOString(),
    stacks: stacks.map(({ name }) => ({ name, status: "pending", durationMs: 0 })),
  });
  const common = {
    ...(await stackOptions(stacks, options)),
    ...(options.variables && { variables: options.variables }),
  };
  const reviews = reviewed ? await reviewAll(options, common) : undefined;
  await journal.write();

  const limit = pLimit(parallel);
  const resultOf = (name: string) => journal.result.stacks.find((one) => one.name === name) as StackResult;
  const turns = new Map<string, Promise<StackResult>>();
  for (const stack of stacks) {
    const dependencies = stack.dependencies.flatMap((name) => turns.get(name) ?? []);
    const turn = async () => {
      const blocked = (await Promise.all(dependencies)).filter(({ status }) => STOPS.has(status));
      if (blocked.length > 0) {
        const reason = `not deployed: ${blocked.map(({ name, status }) => `${name} is ${status}`).join(", ")}`;
        await journal.note(stack.name, { status: "skipped", reason });
        return resultOf(stack.name);
      }
      await limit(() => deployOne(stack, options, common, reviews?.get(stack.name), journal));
      return resultOf(stack.name);
    };
    turns.set(stack.name, turn());
  }
  const tasks = new Listr(
    stacks.map((stack) => ({
      title: stack.name,
      task: async (_, task) => {
        progress.set(stack.name, (line) => {
          task.output = `${stack.name}: ${line}`;
        });
        const { status, reason } = (await turns.get(stack.name)) as StackResult;
        task.title = `${stack.name}: ${status}${reason ? `: ${reason.split("\n")[0]}` : ""}`;
        if (STOPS.has(status)) throw new Error(task.title);
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      // A signal is passed on to Terraform, and waits for it.
      registerSignalListeners: false,
      fallbackRenderer: "simple",
      fallbackRendererCondition: () => !process.stdout.isTTY,
    },
  );
  await tasks.run();
  journal.result.finishedAt = new Date().toISOString();
  await journal.write();
  return journal.result;
}

async function deployOne(
  stack: SynthesizedStack,
  options: Deployment,
  common: Omit<PlanStackOptions, "progress">,
  reviewed: Review | undefined,
  journal: DeployJournal,
): Promise<void> {
  const begin = performance.now();
  const note = (change: Partial<StackResult>) =>
    journal.note(stack.name, { ...change, durationMs: Math.round(performance.now() - begin) });
  try {
    const found = reviewed ?? (await replan(stack, options, { ...common, progress: () => {} }));
    const log = join(options.out, `${stack.name}.log`);
    const onLine = (line: string) => options.onProgress(stack.name, common.secrets.redact(line));
    const startedAt = new Date();
    await applyOne(found, log, onLine, note).catch(async (error) => {
      const recovered = isBlockedRelease(error)
        ? ((await options.recoverReleases?.(stack, startedAt)) ?? [])
        : [];
      for (const line of recovered) onLine(line);
      // Or Terraform of an earlier try had the lock, and has gone on meanwhile. What was left is looked at once more.
      if (recovered.length === 0 && !(options.reviewed && isStale(error))) throw error;
      const again = options.reviewed
        ? await reviewOne(stack, { ...options, continues: true }, common)
        : await replan(stack, options, { ...common, progress: () => {} });
      const problems = again.verdict === "apply" ? refusals(stack.name, again.ready.plan, options) : [];
      if (problems.length > 0) throw new DeployRefusedError(problems.join("\n"));
      const noted = recovered.length > 0 ? { ...again, note: recovered.join("; ") } : again;
      await applyOne(noted, log, onLine, note);
    });
  } catch (error) {
    const reason = common.secrets.redact(messageOf(error));
    await note({ status: error instanceof DeployRefusedError ? "refused" : "failed", reason });
  }
}

/** The state has moved since the plan was made. */
const isStale = (error: unknown) =>
  error instanceof TerraformError && error.message.includes("Saved plan is stale");

/** @throws TerraformError */
function reviewOne(
  stack: SynthesizedStack,
  { reviewed, earlier, application, continues, out, terraformVersion }: Deployment,
  common: Omit<PlanStackOptions, "progress">,
): Promise<Review> {
  if (!reviewed) throw new RangeError("nothing was reviewed");
  return review(stack, {
    ...common,
    out,
    progress: () => {},
    reviewed: reviewed.run,
    reviewedFolder: reviewed.folder,
    earlier,
    configurationDigest: application.digest,
    terraformVersion,
    continues,
  });
}

/** @throws DeployRefusedError with everything that speaks against it. */
async function reviewAll(
  options: Deployment,
  common: Omit<PlanStackOptions, "progress">,
): Promise<ReadonlyMap<string, Review>> {
  const { stacks, parallel } = options;
  const limit = pLimit(parallel);
  const found = await Promise.all(
    stacks.map((stack) => limit(async () => [stack.name, await reviewOne(stack, options, common)] as const)),
  );
  const problems = found.flatMap(([name, one]) => {
    if (one.verdict === "differs") return [one.reason];
    return one.verdict === "apply" ? refusals(name, one.ready.plan, options) : [];
  });
  if (problems.length > 0) {
    throw new DeployRefusedError(
      `Nothing was applied.\n${problems.join("\n")}\nRemedy: make a pull request of the current state, or run the workflow by hand: it plans anew, and shows that plan before its approval.`,
    );
  }
  return new Map(found);
}

async function replan(
  stack: SynthesizedStack,
  options: Deployment,
  common: PlanStackOptions,
): Promise<Review> {
  const prepared = await prepare(stack, common);
  const { images } = prepared;
  if (images.missing.length > 0) {
    return { verdict: "waiting", reason: `there is no image yet: ${images.missing.join(", ")}` };
  }
  const { planFile, jsonFile } = planFiles(stack.name);
  const ready = await planAnew(prepared, join(options.out, planFile), jsonFile);
  if (!hasChanges(ready.plan)) return { verdict: "unchanged" };
  const problems = [
    ...(options.imagesOnly ? otherThanImages(stack.name, ready.ownPart) : []),
    ...refusals(stack.name, ready.plan, options),
  ];
  if (problems.length > 0) throw new DeployRefusedError(problems.join("\n"));
  return { verdict: "apply", ready };
}

async function applyOne(
  found: Review,
  log: string,
  onLine: (line: string) => void,
  note: (change: Partial<StackResult>) => Promise<void>,
): Promise<void> {
  if (found.verdict === "waiting") return note({ status: "waiting", reason: found.reason });
  if (found.verdict === "differs") throw new DeployRefusedError(found.reason);
  const reason = found.note === undefined ? {} : { reason: found.note };
  if (found.verdict === "unchanged") return note({ status: "unchanged", ...reason });
  const changes = countChanges(found.ready);
  await note({ status: "applying", changes, ...reason });
  const stopFollowing = followProgress(log, onLine);
  await found.ready.terraform.apply(found.ready.planFile, log).finally(stopFollowing);
  await note({ status: "applied" });
}

function otherThanImages(stack: string, ownPart: Plan): string[] {
  const found = describeDifferences(changesIn(ownPart)).map((line) => `  ${line}`);
  if (found.length === 0) return [];
  return [
    `${stack}: something else than the image waits to be deployed, and goes first:\n${found.join("\n")}\nRemedy: approve the run of helm.yml that deploys it, or run helm.yml by hand; then run this job again.`,
  ];
}

/** What speaks against applying a plan without a label. */
function refusals(
  stack: string,
  plan: Plan,
  { allowDataLoss, allowForeign, adoption }: DeployOptions,
): string[] {
  return [
    ...(adoption ? moveProblems(adoption, stack, plan) : []),
    ...identityProblems(stack, plan),
    ...(allowForeign ? [] : foreignProblems(stack, plan)),
    ...(allowDataLoss ? [] : dataLossProblems(stack, plan)),
  ];
}

const only = (label: string) => `Allowed only with the label ${label} on the pull request, or --${label}.`;

function foreignProblems(stack: string, plan: Plan): string[] {
  return foreignLossIn(stack, plan).map(
    ({ address, action }) =>
      `${stack}: ${address} would be ${action === "delete" ? "destroyed" : "replaced"}, and CALI never made it: cali switch --hcl takes it along, and \`removed\` in the overrides forgets it. ${only(ALLOW_FOREIGN)}`,
  );
}

function dataLossProblems(stack: string, plan: Plan): string[] {
  const allowed = only(ALLOW_DATA_LOSS);
  return [
    ...dataLossIn(plan).map(
      ({ address, action, lost }) =>
        `${stack}: ${address} would be ${action === "delete" ? "destroyed" : "replaced"}, and with it ${lost}. ${allowed}`,
    ),
    ...inPlaceLossIn(plan)
      .filter(({ kind }) => kind === "deletes")
      .map(
        ({ address, attribute, from, to, lost }) =>
          `${stack}: ${address}: ${attribute} would change from ${from} to ${to}, and with it goes: ${lost}. ${allowed}`,
      ),
    ...removedKeysIn(plan).map(
      ({ address }) =>
        `${stack}: ${address} would be destroyed, since its key is no longer in for_each. ${allowed}`,
    ),
  ];
}

function countChanges({ plan }: ReadyPlan): NonNullable<StackResult["changes"]> {
  const count = (which: string) =>
    plan.resources.filter(({ action, mode }) => mode === "managed" && action === which).length;
  return {
    create: count("create"),
    update: count("update"),
    replace: count("replace"),
    delete: count("delete"),
  };
}
