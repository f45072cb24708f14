import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Adoption } from "../../../config/adoption.ts";
import { SHARED_STACK, stackOf } from "../../../stacks/registry.ts";
import type { Plan, ResourceChange } from "../plan-json/model.ts";
import { type Difference, pathText } from "../plan-json/path.ts";
import { parsePlan } from "../plan-json/read.ts";
import type { PlanRun } from "../planning/plan-run.ts";

const MEMORY = "Terraform's own memory";

/** Arguments that the AWS provider cannot read of an object, and what setting them after an import does at AWS. */
const UNREADABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws_cloudwatch_log_group: { skip_destroy: MEMORY },
  aws_ecr_repository: { force_delete: MEMORY },
  aws_eks_addon: {
    preserve: MEMORY,
    resolve_conflicts: MEMORY,
    resolve_conflicts_on_create: MEMORY,
    resolve_conflicts_on_update: MEMORY,
  },
  aws_eks_cluster: { force_update_version: MEMORY },
  aws_eks_node_group: { force_update_version: MEMORY },
  aws_iam_role: { force_detach_policies: MEMORY },
  aws_kinesis_stream: { enforce_consumer_deletion: MEMORY },
  aws_kms_key: { bypass_policy_lockout_safety_check: MEMORY, deletion_window_in_days: MEMORY },
  aws_opensearch_domain: {
    "advanced_security_options[0].master_user_options": "sets the master user's name and password anew",
  },
  aws_s3_bucket: { force_destroy: MEMORY },
};

/** How long Terraform waits stands in no object at AWS, whatever its type. */
const TIMEOUTS = { timeouts: MEMORY };

/** What AWS fills in and the provider leaves out of an import, with the value for which it does so: setting it changes nothing. */
const FILLED_IN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws_opensearch_domain: {
    "advanced_options.override_main_response_version": "false",
    'advanced_options["rest.action.multi.allow_explicit_index"]': "true",
  },
};

/** A plan of one stack during a move. */
interface MovingPlan {
  readonly stack: string;
  readonly plan: Plan;
}

/** What the plans of a move do. */
export interface Move {
  /** Objects that come into the state that takes them. */
  readonly imported: number;
  /** Objects that are there already: an earlier deployment brought them. */
  readonly there: number;
  /** Objects whose stack was not planned, or could not be. */
  readonly unseen: number;
  /** Objects that leave the state that gives them, and stay alive. */
  readonly forgotten: number;
  /** Objects that change in place, each with why. */
  readonly inPlace: readonly string[];
  /** Whatever a move must not do, a sentence each. */
  readonly problems: readonly string[];
}

/** Whether a stack takes part in a move: 01-07, and the one state. */
const takesPart = (stack: string): boolean => stack === SHARED_STACK || stackOf(stack)?.sharedState === true;

/** Where an object comes from and where it goes to. */
function sidesOf({ to }: Adoption, stack: string): { taker: string; giver: string } {
  return to === "stacks" ? { taker: stack, giver: SHARED_STACK } : { taker: SHARED_STACK, giver: stack };
}

/**
 * Looks at the plans of a move: each object is imported once or there already, forgotten only when another state has it, and nothing is
 * created, replaced or destroyed. What is in place is on a list.
 *
 * @param plans those that were made; what they don't show is not asked for.
 */
export function moveOf(adoption: Adoption, plans: readonly MovingPlan[]): Move {
  const own = plans.filter(({ stack }) => takesPart(stack));
  const planOf = new Map(own.map(({ stack, plan }) => [stack, plan]));
  const problems: string[] = [];
  const inPlace: string[] = [];
  for (const { stack, plan } of own) {
    for (const change of plan.resources.filter(({ mode }) => mode === "managed")) {
      if (["create", "replace", "delete"].includes(change.action)) {
        problems.push(`${stack}: ${change.address} would be ${PAST[change.action]}`);
      }
      if (change.action !== "update") continue;
      const { known, unknown } = changesOf(change);
      if (unknown.length > 0) {
        problems.push(`${stack}: ${change.address} would change in place: ${unknown.join(", ")}`);
      } else inPlace.push(`${stack}: ${change.address}: ${known.join(", ")}`);
    }
    if (stack === SHARED_STACK) {
      for (const { name, action } of plan.outputs) {
        if (action !== "create") problems.push(`${stack}: output ${name} would be ${OUTPUT_PAST[action]}`);
      }
    }
  }
  let imported = 0;
  let there = 0;
  let unseen = 0;
  let forgotten = 0;
  const listed = new Set<string>();
  for (const { stack, address, id, from = address } of adoption.objects) {
    const { taker, giver } = sidesOf(adoption, stack);
    for (const one of [address, from]) listed.add(`${giver} ${one}`).add(`${taker} ${one}`);
    const taken = find(planOf.get(taker), address);
    if (taken?.importing) {
      imported += 1;
      if (taken.importing.id !== undefined && taken.importing.id !== id) {
        problems.push(`${taker}: ${address} would be imported by ${taken.importing.id}; allowed: ${id}`);
      }
    } else if (taken) there += 1;
    else if (!planOf.has(taker)) unseen += 1;
    else problems.push(`${taker}: has no ${address}, which is to come there`);
    const given = find(planOf.get(giver), address) ?? find(planOf.get(giver), from);
    if (given?.action === "forget") {
      forgotten += 1;
      if (planOf.has(taker) && (!taken || taken.importing)) {
        problems.push(`${giver}: ${address} would be forgotten before ${taker} has it`);
      }
    } else if (given && adoption.step === "forget") problems.push(`${giver}: ${address} would be left there`);
  }
  for (const { stack, plan } of own) {
    for (const { address, action, importing, deposed } of plan.resources) {
      if (listed.has(`${stack} ${address}`) && !deposed) continue;
      if (importing) problems.push(`${stack}: ${address} would be imported, and is not on the list`);
      if (action === "forget")
        problems.push(`${stack}: ${address} would be forgotten, and is not on the list`);
    }
  }
  return { imported, there, unseen, forgotten, inPlace, problems };
}

const find = (plan: Plan | undefined, address: string): ResourceChange | undefined =>
  plan?.resources.find((one) => one.mode === "managed" && one.address === address && !one.deposed);

const PAST: Readonly<Record<string, string>> = {
  create: "created",
  replace: "replaced",
  delete: "destroyed",
};
const OUTPUT_PAST = { update: "changed", delete: "removed" } as const;

function changesOf({ type, differences }: ResourceChange): { known: string[]; unknown: string[] } {
  const known: string[] = [];
  const unknown: string[] = [];
  for (const [path, all] of Map.groupBy(differences, (one) => pathText(one.path))) {
    const why = all.every((one) => isFilledIn(type, path, one))
      ? "AWS has that value already"
      : reason(type, path);
    if (why === undefined) unknown.push(path);
    else known.push(`${path} (not readable by an import; ${why})`);
  }
  return { known, unknown };
}

function reason(type: string, path: string): string | undefined {
  const arguments_ = Object.entries({ ...TIMEOUTS, ...UNREADABLE[type] });
  return arguments_.find(
    ([prefix]) => path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`),
  )?.[1];
}

const isFilledIn = (type: string, path: string, { before, after }: Difference): boolean =>
  before === undefined && after !== undefined && FILLED_IN[type]?.[path] === after;

/** What speaks against applying one stack's plan during a move. */
export const moveProblems = (adoption: Adoption, stack: string, plan: Plan): readonly string[] =>
  moveOf(adoption, [{ stack, plan }]).problems;

/** What a run of planning does to a move. @param folder of its plans */
export function moveOfRun(adoption: Adoption, { stacks }: PlanRun, folder: string): Move {
  const plans = stacks.flatMap(({ name: stack, jsonFile }) =>
    jsonFile === undefined || !takesPart(stack)
      ? []
      : [{ stack, plan: parsePlan(readFileSync(join(folder, jsonFile), "utf8"), jsonFile) }],
  );
  return moveOf(adoption, plans);
}

/** A move in one line, which has nothing of a plan's own text. */
export function moveSummary({ to, objects }: Adoption, move: Move): string {
  const { imported, there, unseen, forgotten, inPlace, problems } = move;
  return `The move to ${to}: ${imported} of ${objects.length} objects imported, ${there} there already, ${unseen} not planned, ${forgotten} forgotten; ${inPlace.length} changed in place; ${problems.length === 0 ? "0 created, 0 replaced, 0 destroyed" : "REFUSED"}`;
}

/** A move in lines, its problems last. */
export const moveLines = (adoption: Adoption, move: Move): string[] => [
  moveSummary(adoption, move),
  ...move.inPlace.map((line) => `  in place: ${line}`),
  ...move.problems.map((line) => `  refused: ${line}`),
];
