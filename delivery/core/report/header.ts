import { alert, bytes, code, counted } from "../markdown.ts";
import { hasChanges, isChange, type Plan, type ResourceChange } from "../plan-json/model.ts";
import { banners } from "./banners.ts";
import { inPart, plannedStacks } from "./parts.ts";
import type { PlanState, Report } from "./report.ts";
import { destroyedLine } from "./resource.ts";
import { stackTable } from "./table.ts";

const isDestroyed = ({ action, mode }: ResourceChange) =>
  mode === "managed" && (action === "delete" || action === "replace");

/** What the pull request's label says: the worst that any stack does. */
export function stateOf({ stacks }: Pick<Report, "stacks">): PlanState {
  const plans = plannedStacks(stacks).map(({ plan }) => plan);
  if (plans.some(({ resources }) => resources.some(isDestroyed))) return "destroy";
  // A stack that waits, or that failed, is nothing that could be called "no changes".
  return stacks.length > plans.length || plans.some(hasChanges) ? "changes" : "no-changes";
}

/** The part of a comment that each list of destroyed objects may fill. */
const LIST_PART = 0.35;
/** The same for each list of a box: there may be several. */
const BOX_PART = 0.1;
/** Room for what stands below the header at least, in bytes: what was left out. */
const BELOW = 2_000;

/** What stands above the stacks: heading, warnings, table, and everything that is destroyed, data first. */
export function header(report: Report, limit: number): string {
  const room = limit * LIST_PART;
  const top = [
    heading(report),
    ...failures(report),
    ...banners(report, limit * BOX_PART),
    ...budgetWarning(report),
    stackTable(report),
  ];
  // Hundreds of stacks make a long table.
  const left = limit - bytes(top.join("\n\n")) - BELOW;
  return [...top, ...destroyed(report, Math.min(room, left))].join("\n\n");
}

function heading(report: Report): string {
  const { environment, commit, links, stacks } = report;
  const changed = plannedStacks(stacks).filter(({ plan }) => hasChanges(plan)).length;
  const said = outcome(report, changed);
  const title = `## Plan of ${code(environment)}: ${commit === undefined ? titleOfOne(stacks, changed) : titleOfAll(stacks, changed)}`;
  if (commit === undefined) return said === "" ? title : `${title}\n\n${said}`;
  const short = code(commit.slice(0, 7));
  const of = links ? `[${short}](${links.repository}/commit/${commit})` : short;
  const page = report.page === undefined ? [] : [`[Old and new values side by side](<${report.page}>)`];
  return `${title}\n\n${[`Commit ${of}. ${said}`, ...page].join(" ")}`;
}

function titleOfOne(stacks: Report["stacks"], changed: number): string {
  if (plannedStacks(stacks).some(({ plan }) => plan.errored)) return "failed";
  return changed === 0 ? "no changes" : "changes";
}

/** What fails or waits is nothing that "no changes" could be said of. */
function titleOfAll(stacks: Report["stacks"], changed: number): string {
  const failed = stacks.filter(
    (stack) => stack.status === "failed" || (stack.status === "planned" && stack.plan.errored),
  ).length;
  const waiting = stacks.filter(({ status }) => status === "waiting").length;
  const known = stacks.length - failed - waiting;
  const all = counted(stacks.length, "stack");
  const changes = changed > 0 ? [`changes in ${changed} of ${all}`] : [];
  const none = known === stacks.length ? all : `${known} of ${all}`;
  return [
    ...(changed === 0 && known > 0 ? [`no changes in ${none}`] : changes),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(waiting > 0 ? [`${waiting} ${waiting === 1 ? "waits" : "wait"}`] : []),
  ].join(", ");
}

function outcome({ stacks, commit, program = "Terraform" }: Report, changed: number): string {
  const plans = plannedStacks(stacks).map(({ plan }) => plan);
  if (plans.some(({ errored }) => errored)) {
    return `${program} failed while it planned: this is a part of the plan, and it can't be applied.`;
  }
  if (stacks.some(({ status }) => status === "failed")) return "Nothing is applied while a plan fails.";
  const also = [
    ...alsoSaid(plans, ({ failingChecks }) => failingChecks.length, "check", "fails", "fail"),
    ...alsoSaid(plans, ({ deferred }) => deferred.length, "change", "is put off", "are put off"),
    ...alsoSaid(
      plans,
      ({ drift }) => drift.filter(({ fate }) => fate === "forgotten").length,
      "object",
      "is gone",
      "are gone",
    ),
  ];
  if (changed === 0) {
    if (stacks.some(({ status }) => status === "waiting")) {
      return "Nothing is known yet of what the stacks that wait would change.";
    }
    if (plans.some(({ isRefreshOnly }) => isRefreshOnly)) {
      return "No object would change: applying writes into the state what was changed outside.";
    }
    return also.length === 0
      ? "There is nothing to apply."
      : `No object would change, but ${also.join(", and ")}.`;
  }
  const applied = commit === undefined ? [] : ["Merging applies exactly this plan."];
  const actions = plans.reduce((sum, plan) => sum + plan.actions.length, 0);
  return [...applied, ...(actions > 0 ? [`It runs ${counted(actions, "action")}.`] : [])].join(" ");
}

function alsoSaid(
  plans: readonly Plan[],
  countOf: (plan: Plan) => number,
  noun: string,
  ...[one, many]: [string, string]
): string[] {
  const count = plans.reduce((sum, plan) => sum + countOf(plan), 0);
  return count === 0 ? [] : [`${counted(count, noun)} ${count === 1 ? one : many}`];
}

function failures({ stacks, program = "Terraform" }: Report): string[] {
  const failed = stacks.filter(({ status }) => status === "failed").map(({ name }) => code(name));
  const partial = plannedStacks(stacks)
    .filter(({ plan }) => !plan.errored && !plan.complete)
    .map(({ name }) => code(name));
  const errored = plannedStacks(stacks)
    .filter(({ plan }) => plan.errored)
    .map(({ name }) => code(name));
  return [
    ...(failed.length > 0
      ? [alert("CAUTION", [`**The plan failed** for ${failed.join(", ")}: see below.`])]
      : []),
    ...(errored.length > 0
      ? [alert("CAUTION", [`**${program} failed** in ${errored.join(", ")}: what is below is only a part.`])]
      : []),
    ...(partial.length > 0
      ? [
          alert("WARNING", [
            `**Not everything could be planned** in ${partial.join(", ")}: applying needs a second plan.`,
          ]),
        ]
      : []),
  ];
}

function budgetWarning({ budget }: Report): string[] {
  if (!budget || budget.total.after <= budget.budgetUsd) return [];
  const { total, budgetUsd, isEnforced } = budget;
  const check = isEnforced ? " The configuration says that this fails the check (`budget.enforce`)." : "";
  const unknown = total.unknown > 0 ? `, and ${counted(total.unknown, "unknown price")} on top` : "";
  return [
    alert("WARNING", [
      `**Over the budget** by ${(total.after - budgetUsd).toFixed(2)} USD a month: ${total.after.toFixed(2)} of ${budgetUsd.toFixed(2)}${unknown}.${check}`,
    ]),
  ];
}

/** Every object that is destroyed or replaced. */
function destroyed(report: Report, room: number): string[] {
  const lines = plannedStacks(report.stacks).flatMap(({ name, plan }) =>
    plan.resources
      .filter((resource) => isChange(resource) && isDestroyed(resource))
      .map((resource) => destroyedLine(report, name, resource)),
  );
  if (lines.length === 0) return [];
  return [`### Destroyed or replaced: ${lines.length}`, inPart(lines, room).join("\n")];
}
