import { alert, bytes, code, commitText } from "../markdown.ts";
import { hasChanges, isChange, type Plan, type ResourceChange } from "../plan-json/model.ts";
import { banners } from "./banners.ts";
import { inPart, plannedStacks } from "./parts.ts";
import type { PlanState, Report } from "./report.ts";
import { destroyedLine } from "./resource.ts";
import { stackTable } from "./table.ts";
import { type Texts, textsOf } from "./texts.ts";

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
  const texts = textsOf(report);
  const title = `## ${texts.planOf(code(environment))}: ${commit === undefined ? titleOfOne(stacks, changed, texts) : titleOfAll(stacks, changed, texts)}`;
  if (commit === undefined) return said === "" ? title : `${title}\n\n${said}`;
  const page = report.page === undefined ? [] : [`[${texts.page}](<${report.page}>)`];
  return `${title}\n\n${[`${texts.commit(commitText(commit, links))} ${said}`, ...page].join(" ")}`;
}

function titleOfOne(stacks: Report["stacks"], changed: number, texts: Texts): string {
  if (plannedStacks(stacks).some(({ plan }) => plan.errored)) return texts.oneFailed;
  return changed === 0 ? texts.oneUnchanged : texts.oneChanged;
}

/** What fails or waits is nothing that "no changes" could be said of. */
function titleOfAll(stacks: Report["stacks"], changed: number, texts: Texts): string {
  const failed = stacks.filter(
    (stack) => stack.status === "failed" || (stack.status === "planned" && stack.plan.errored),
  ).length;
  const waiting = stacks.filter(({ status }) => status === "waiting").length;
  const known = stacks.length - failed - waiting;
  const changes = changed > 0 ? [texts.changed(changed, stacks.length)] : [];
  return [
    ...(changed === 0 && known > 0 ? [texts.unchanged(known, stacks.length)] : changes),
    ...(failed > 0 ? [texts.failed(failed)] : []),
    ...(waiting > 0 ? [texts.waits(waiting)] : []),
  ].join(", ");
}

function outcome(report: Report, changed: number): string {
  const { stacks, commit, program = "Terraform" } = report;
  const texts = textsOf(report);
  const plans = plannedStacks(stacks).map(({ plan }) => plan);
  if (plans.some(({ errored }) => errored)) {
    return texts.errored(program);
  }
  if (stacks.some(({ status }) => status === "failed")) return texts.nothingApplied;
  const also = [
    ...alsoSaid(plans, ({ failingChecks }) => failingChecks.length, texts.checksFail),
    ...alsoSaid(plans, ({ deferred }) => deferred.length, texts.putOff),
    ...alsoSaid(plans, ({ drift }) => drift.filter(({ fate }) => fate === "forgotten").length, texts.gone),
  ];
  if (changed === 0) {
    if (stacks.some(({ status }) => status === "waiting")) {
      return texts.nothingKnown;
    }
    if (plans.some(({ isRefreshOnly }) => isRefreshOnly)) {
      return texts.refreshOnly;
    }
    return also.length === 0 ? texts.nothingToApply : texts.noObjectBut(also);
  }
  const applied = commit === undefined ? [] : [texts.merging];
  const actions = plans.reduce((sum, plan) => sum + plan.actions.length, 0);
  return [...applied, ...(actions > 0 ? [texts.runsActions(actions)] : [])].join(" ");
}

function alsoSaid(
  plans: readonly Plan[],
  countOf: (plan: Plan) => number,
  say: (count: number) => string,
): string[] {
  const count = plans.reduce((sum, plan) => sum + countOf(plan), 0);
  return count === 0 ? [] : [say(count)];
}

function failures(report: Report): string[] {
  const { stacks, program = "Terraform" } = report;
  const texts = textsOf(report);
  const failed = stacks.filter(({ status }) => status === "failed").map(({ name }) => code(name));
  const partial = plannedStacks(stacks)
    .filter(({ plan }) => !plan.errored && !plan.complete)
    .map(({ name }) => code(name));
  const errored = plannedStacks(stacks)
    .filter(({ plan }) => plan.errored)
    .map(({ name }) => code(name));
  return [
    ...(failed.length > 0 ? [alert("CAUTION", [texts.planFailed(failed.join(", "))])] : []),
    ...(errored.length > 0 ? [alert("CAUTION", [texts.programFailed(program, errored.join(", "))])] : []),
    ...(partial.length > 0 ? [alert("WARNING", [texts.partial(partial.join(", "))])] : []),
  ];
}

function budgetWarning(report: Report): string[] {
  const { budget } = report;
  if (!budget || budget.total.after <= budget.budgetUsd) return [];
  const { total, budgetUsd, isEnforced } = budget;
  const texts = textsOf(report);
  const said = texts.overBudget(total, budgetUsd);
  return [alert("WARNING", [`${said}${isEnforced ? texts.enforced : ""}`])];
}

/** Every object that is destroyed or replaced. */
function destroyed(report: Report, room: number): string[] {
  const lines = plannedStacks(report.stacks).flatMap(({ name, plan }) =>
    plan.resources
      .filter((resource) => isChange(resource) && isDestroyed(resource))
      .map((resource) => destroyedLine(report, name, resource)),
  );
  if (lines.length === 0) return [];
  const texts = textsOf(report);
  return [`### ${texts.destroyedList(lines.length)}`, inPart(lines, room, texts).join("\n")];
}
