import { join } from "node:path";
import { messageOf } from "@cali/base";
import { z } from "zod";
import { loadConfig } from "../../../config/load.ts";
import { estimateChange } from "../cost/cost-change.ts";
import { readDeployResult, type StackResult } from "../deployment/deploy-result.ts";
import { repositoryLinks } from "../github/environment.ts";
import { dataLossIn, removedKeysIn } from "../plan-json/data-loss.ts";
import { inPlaceLossIn } from "../plan-json/in-place-loss.ts";
import { countsOf, type Plan } from "../plan-json/model.ts";
import { readPlan } from "../plan-json/read.ts";
import { readPlanRun, type StackRun } from "../planning/plan-run.ts";
import { foreignLossIn } from "../shared-state/foreign.ts";
import { Secrets } from "../terraform/secrets.ts";
import type { Destroyed, Loss, Notice, StackNotice } from "./notice.ts";

const commit = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .optional()
  .catch(undefined);
const environmentSchema = z.object({
  GITHUB_ACTOR: z
    .string()
    .regex(/^[\w-]+(\[bot\])?$/)
    .optional()
    .catch(undefined),
  GITHUB_SHA: commit,
  CALI_COMMIT: commit,
  CALI_OUTCOME: z.enum(["success", "failure", "cancelled"]).optional().catch(undefined),
});

const BAD = new Set<StackResult["status"]>(["failed", "refused", "skipped", "applying", "pending"]);

/** What is known of a run of `cali plan`; with little to read the notice still says that the run failed. */
export function planNotice(folder: string, variables: NodeJS.ProcessEnv, env?: string): Notice {
  return notice("plan", variables, env, (secrets) => {
    const { environment, commit, stacks } = readPlanRun(folder);
    const plans = new Map(stacks.map((stack) => [stack.name, planOf(folder, stack)]));
    const config = loadConfig({ env });
    return {
      environment,
      commit,
      durationMs: Math.max(0, ...stacks.map(({ durationMs }) => durationMs)),
      cost: estimateChange(plans, config, new Date()).total,
      hasFailed: stacks.some(({ status }) => status === "failed"),
      losses: [...plans].flatMap(([stack, plan]) => (plan ? lossesOf(stack, plan) : [])),
      destroys: [...plans].flatMap(([stack, plan]) => (plan ? destroysOf(stack, plan) : [])),
      pullRequest: pullRequestOf(variables),
      stacks: stacks.map(({ name, status, reason }): StackNotice => {
        const plan = plans.get(name);
        return {
          name,
          status,
          isFailed: status === "failed",
          reason: reason === undefined ? undefined : secrets.redact(reason),
          changes: plan && countsOf(plan),
        };
      }),
    };
  });
}

function lossesOf(stack: string, plan: Plan): Loss[] {
  return [
    ...dataLossIn(plan).map(({ address, lost }) => ({ stack, address, lost })),
    ...inPlaceLossIn(plan)
      .filter(({ kind }) => kind === "deletes")
      .map(({ address, attribute, from, to, lost }) => ({
        stack,
        address,
        lost: `${attribute} ${from} → ${to}: ${lost}`,
      })),
    ...removedKeysIn(plan).map(({ address }) => ({ stack, address, lost: "its key left for_each" })),
    ...foreignLossIn(stack, plan).map(({ address }) => ({ stack, address, lost: "CALI never made it" })),
  ];
}

/** What goes, or is made anew: each object that a plan destroys. */
function destroysOf(stack: string, { resources }: Plan): Destroyed[] {
  return resources.flatMap(({ address, mode, action }) =>
    mode === "managed" && (action === "delete" || action === "replace") ? [{ stack, address, action }] : [],
  );
}

/** The pull request whose workflow this is. */
function pullRequestOf({ GITHUB_REF = "" }: NodeJS.ProcessEnv): number | undefined {
  const [, number] = /^refs\/pull\/(\d{1,10})\//.exec(GITHUB_REF) ?? [];
  return number === undefined ? undefined : Number(number);
}

function planOf(folder: string, { jsonFile }: StackRun): Plan | undefined {
  return jsonFile === undefined ? undefined : readPlan(join(folder, jsonFile));
}

/** What is known of a run of `cali deploy` or `cali release`. */
export function deployNotice(folder: string, variables: NodeJS.ProcessEnv, env?: string): Notice {
  return notice("deployment", variables, env, (secrets) => {
    const result = readDeployResult(folder);
    if (!result) return undefined;
    const { environment, commit, pullRequest, startedAt, finishedAt, refusal, superseded, stacks } = result;
    return {
      environment,
      commit,
      pullRequest,
      durationMs: finishedAt === undefined ? undefined : Date.parse(finishedAt) - Date.parse(startedAt),
      refusal: refusal === undefined ? superseded : secrets.redact(refusal),
      isSuperseded: superseded !== undefined,
      hasFailed:
        finishedAt === undefined || refusal !== undefined || stacks.some(({ status }) => BAD.has(status)),
      stacks: stacks.map(({ name, status, reason, changes }) => ({
        name,
        status,
        isFailed: status === "failed" || status === "refused",
        reason: reason === undefined ? undefined : secrets.redact(reason),
        changes,
      })),
    };
  });
}

type Known = Pick<Notice, "environment" | "commit" | "stacks" | "durationMs"> &
  Partial<Pick<Notice, "pullRequest" | "cost" | "losses" | "destroys">> & {
    readonly hasFailed: boolean;
    readonly refusal?: string | undefined;
    readonly isSuperseded?: boolean;
  };

function notice(
  kind: Notice["kind"],
  variables: NodeJS.ProcessEnv,
  env: string | undefined,
  read: (secrets: Secrets) => Known | undefined,
): Notice {
  const { GITHUB_ACTOR, GITHUB_SHA, CALI_COMMIT, CALI_OUTCOME } = environmentSchema.parse(variables);
  const secrets = new Secrets(variables);
  let known: Known | undefined;
  let trouble: string | undefined;
  try {
    known = read(secrets);
  } catch (error) {
    trouble = secrets.redact(messageOf(error));
  }
  // The job's own word goes first: a step before or after may have failed. Nothing to read is no success.
  const isUnclear = known === undefined || known.hasFailed;
  const good = known?.isSuperseded ? "superseded" : "success";
  const outcome =
    CALI_OUTCOME === undefined || CALI_OUTCOME === "success" ? (isUnclear ? "failure" : good) : CALI_OUTCOME;
  const {
    hasFailed: _,
    isSuperseded: __,
    refusal,
    ...facts
  } = known ?? {
    environment: env ?? (variables.CALI_ENV || "dev"),
    commit: undefined,
    stacks: [],
    durationMs: undefined,
    hasFailed: true,
    isSuperseded: false,
    refusal: undefined,
  };
  return {
    kind,
    approvers: [],
    failedSteps: [],
    losses: [],
    destroys: [],
    pullRequest: undefined,
    cost: undefined,
    ...facts,
    commit: facts.commit ?? CALI_COMMIT ?? GITHUB_SHA,
    outcome,
    awaitsApproval:
      kind === "plan" && outcome === "success" && variables.GITHUB_EVENT_NAME === "workflow_dispatch",
    actor: GITHUB_ACTOR,
    links: repositoryLinks(variables),
    trouble: trouble ?? refusal ?? (known ? undefined : `The run ended before there was a ${kind}.`),
  };
}
