import type { CostChange } from "../cost/cost-change.ts";
import { cellCode, table } from "../markdown.ts";
import { type Counts, countsOf } from "../plan-json/model.ts";
import type { Report, StackReport } from "./report.ts";
import { type Texts, textsOf } from "./texts.ts";

const COLUMNS = ["create", "update", "replace", "delete", "import", "move", "forget", "drift"] as const;
/** What stands in a cell where there is nothing of it. */
export const NOTHING = "·";

/** The table of stacks: how many objects each thing happens to, and what a month costs. */
export function stackTable(report: Report): string {
  const { stacks, budget, commit } = report;
  const texts = textsOf(report);
  // A plan that came alone has no estimate.
  const withCost = (...cells: string[]) => (commit === undefined ? [] : cells);
  const rows = stacks.map((stack) => [
    name(stack, texts),
    ...counts(stack),
    ...withCost(costCell(stack.cost, texts)),
  ]);
  const planned = stacks.flatMap((stack) => (stack.status === "planned" ? [countsOf(stack.plan)] : []));
  const sum = (column: keyof Counts) => planned.reduce((total, counted) => total + counted[column], 0);
  const total = [
    `**${texts.all}**`,
    ...COLUMNS.map((column) => bold(sum(column))),
    ...withCost(bold(costCell(budget?.total, texts))),
  ];
  const head = [texts.stack, ...texts.columns, ...withCost(texts.usdMonth)];
  return table(head, stacks.length > 1 ? [...rows, total] : rows, "--:");
}

const bold = (cell: number | string) => (cell === 0 || cell === NOTHING ? NOTHING : `**${cell}**`);

function name(stack: StackReport, texts: Texts): string {
  const shown = cellCode(stack.name);
  if (stack.status === "failed") return `${shown} **${texts.stackFailed}**`;
  if (stack.status === "waiting") return texts.stackWaits(shown, stack.waitsFor.map(cellCode).join(", "));
  return shown;
}

function counts(stack: StackReport): string[] {
  if (stack.status !== "planned") return COLUMNS.map(() => "?");
  const counted = countsOf(stack.plan);
  return COLUMNS.map((column) => {
    if (counted[column] === 0) return NOTHING;
    const isDangerous = column === "delete" || column === "replace";
    return isDangerous ? `**${counted[column]}**` : String(counted[column]);
  });
}

/** `12.00 → 15.30`; what has no known price is said, never taken for 0. */
function costCell(cost: CostChange | undefined, texts: Texts): string {
  if (!cost) return NOTHING;
  if (cost.before === 0 && cost.after === 0 && cost.unknown > 0) return texts.unknownCost(cost.unknown);
  const [before, after] = [cost.before.toFixed(2), cost.after.toFixed(2)];
  const known = before === after ? after : `${before} → ${after}`;
  return cost.unknown === 0 ? known : `${known} + ${texts.unknownCost(cost.unknown)}`;
}
