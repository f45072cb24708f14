import { alert, bytes, code, counted } from "../markdown.ts";
import { ALLOW_DATA_LOSS, type DataLoss, dataLossIn, removedKeysIn } from "../plan-json/data-loss.ts";
import { hasChanges, isChange, type ResourceChange } from "../plan-json/model.ts";
import type { PlanState, Report, StackReport } from "./report.ts";
import { destroyedLine } from "./resource.ts";
import { stackTable } from "./table.ts";

const isDestroyed = ({ action, mode }: ResourceChange) =>
  mode === "managed" && (action === "delete" || action === "replace");

const planned = (stacks: readonly StackReport[]) =>
  stacks.flatMap((stack) => (stack.status === "planned" ? [stack] : []));

/** What the pull request's label says: the worst that any stack does. */
export function stateOf({ stacks }: Pick<Report, "stacks">): PlanState {
  const plans = planned(stacks).map(({ plan }) => plan);
  if (plans.some(({ resources }) => resources.some(isDestroyed))) return "destroy";
  // A stack that waits, or that failed, is nothing that could be called "no changes".
  return stacks.length > plans.length || plans.some(hasChanges) ? "changes" : "no-changes";
}

/** The part of a comment that each list of destroyed objects may fill. */
const LIST_PART = 0.35;
/** Room for what stands below the header at least, in bytes: what was left out. */
const BELOW = 2_000;

/** What stands above the stacks: heading, warnings, table, and everything that is destroyed, data first. */
export function header(report: Report, limit: number): string {
  const room = limit * LIST_PART;
  const top = [
    heading(report),
    ...failures(report),
    ...dataLoss(report, room),
    ...removedKeys(report, room),
    ...budgetWarning(report),
    stackTable(report),
  ];
  // Hundreds of stacks make a long table.
  const left = limit - bytes(top.join("\n\n")) - BELOW;
  return [...top, ...destroyed(report, Math.min(room, left))].join("\n\n");
}

function heading({ environment, commit, links, stacks }: Report): string {
  const short = code(commit.slice(0, 7));
  const of = links ? `[${short}](${links.repository}/commit/${commit})` : short;
  const changed = planned(stacks).filter(({ plan }) => hasChanges(plan)).length;
  const all = counted(stacks.length, "stack");
  const summary = changed === 0 ? `no changes in ${all}` : `changes in ${changed} of ${all}`;
  return `## Plan of ${code(environment)}: ${summary}\n\nCommit ${of}. ${outcome(stacks, changed)}`;
}

function outcome(stacks: readonly StackReport[], changed: number): string {
  if (stacks.some(({ status }) => status === "failed")) return "Nothing is applied while a plan fails.";
  return changed === 0 ? "There is nothing to apply." : "Merging applies exactly this plan.";
}

function failures({ stacks }: Report): string[] {
  const failed = stacks.filter(({ status }) => status === "failed").map(({ name }) => code(name));
  const partial = planned(stacks)
    .filter(({ plan }) => plan.errored || !plan.complete)
    .map(({ name }) => code(name));
  return [
    ...(failed.length > 0
      ? [alert("CAUTION", [`**The plan failed** for ${failed.join(", ")}: see below.`])]
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

function dataLoss({ stacks }: Report, room: number): string[] {
  const lost = planned(stacks).flatMap(({ name, plan }) =>
    dataLossIn(plan).map((loss) => ({ stack: name, ...loss })),
  );
  if (lost.length === 0) return [];
  const line = ({ stack, address, action, lost }: DataLoss & { stack: string }) =>
    `- ${code(address)} in ${code(stack)} is ${action === "delete" ? "destroyed" : "replaced"}: ${lost}`;
  return [
    alert("CAUTION", [
      `**Data would be lost.** This destroys ${counted(lost.length, "object")} with data in ${lost.length === 1 ? "it" : "them"}:`,
      ...fitting(lost.map(line), room),
      "",
      `\`cali deploy\` refuses this unless the pull request has the label ${code(ALLOW_DATA_LOSS)}.`,
    ]),
  ];
}

function removedKeys({ stacks }: Report, room: number): string[] {
  const removed = planned(stacks).flatMap(({ name, plan }) =>
    removedKeysIn(plan).map(({ address }) => `- ${code(address)} in ${code(name)}`),
  );
  if (removed.length === 0) return [];
  return [
    alert("CAUTION", [
      `**${counted(removed.length, "object")} would go because ${removed.length === 1 ? "its key is" : "their keys are"} no longer in \`for_each\`**, such as the access of a team member who is not in \`team\`:`,
      ...fitting(removed, room),
      "",
      `\`cali deploy\` refuses this unless the pull request has the label ${code(ALLOW_DATA_LOSS)}.`,
    ]),
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
  const lines = planned(report.stacks).flatMap(({ name, plan }) =>
    plan.resources
      .filter((resource) => isChange(resource) && isDestroyed(resource))
      .map((resource) => destroyedLine(report, name, resource)),
  );
  if (lines.length === 0) return [];
  return [`### Destroyed or replaced: ${lines.length}`, fitting(lines, room).join("\n")];
}

/** The lines of a list, and how many there was no room for. Only a list that alone would fill a comment ends early. */
function fitting(lines: readonly string[], room: number): string[] {
  let size = 0;
  const shown = lines.filter((line) => {
    size += bytes(line) + 3;
    return size <= room;
  });
  const rest = lines.length - shown.length;
  return rest > 0 ? [...shown, `- **and ${rest} more**, listed in the whole report`] : shown;
}
