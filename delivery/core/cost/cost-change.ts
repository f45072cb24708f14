import type { Config } from "../../../config/schema.ts";
import type { Plan } from "../plan-json/model.ts";
import { type CostLine, estimate, totalOf } from "./estimate.ts";
import { type Inventory, inventoryOf } from "./inventory.ts";

/** The plan of each stack; undefined for one that could not be planned. */
export type StackPlans = ReadonlyMap<string, Plan | undefined>;

/** Monthly USD of what is known, and how many things the cost is not known of after the change. */
export interface CostChange {
  readonly before: number;
  readonly after: number;
  readonly unknown: number;
}

export interface CostEstimate {
  /** What is paid for when the plans are applied. */
  readonly lines: readonly CostLine[];
  readonly byStack: ReadonlyMap<string, CostChange>;
  readonly total: CostChange;
}

/** What `cali comment` and `cali cost` end with over a budget that is enforced. */
export const EXIT_OVER_BUDGET = 2;

/** Whether what is known of the cost is more than the budget, and the configuration says that this fails. */
export function failsBudget({ after }: CostChange, { budget }: Config): boolean {
  return budget.enforce && after > budget.monthlyUsd;
}

/** A stack that nobody could plan costs something that nobody knows. */
const NOT_PLANNED = "what a plan will make";

/** What a month costs before and after plans are applied. */
export function estimateChange(plans: StackPlans, config: Config, date: Date): CostEstimate {
  const sides = [...plans].map(([stack, plan]) => ({
    stack,
    ...(plan ? inventoryOf(plan) : { before: [], after: [] }),
  }));
  const unplanned = [...plans].filter(([, plan]) => !plan).map(([stack]) => unplannedLine(stack));
  const before = estimate(new Map(sides.map(({ stack, before }) => [stack, before])), config, date);
  const after = estimate(new Map(sides.map(({ stack, after }) => [stack, after])), config, date);
  return summary([...plans.keys()], before, [...after, ...unplanned]);
}

/** What a month of these objects costs, with nothing to compare it with. */
export function estimateInventory(inventory: Inventory, config: Config, date: Date): CostEstimate {
  const lines = estimate(inventory, config, date);
  return summary([...inventory.keys()], lines, lines);
}

function summary(
  stacks: readonly string[],
  before: readonly CostLine[],
  after: readonly CostLine[],
): CostEstimate {
  const change = (ofStack: (line: CostLine) => boolean): CostChange => ({
    before: totalOf(before.filter(ofStack)).usd,
    after: totalOf(after.filter(ofStack)).usd,
    unknown: totalOf(after.filter(ofStack)).unknown,
  });
  return {
    lines: after,
    byStack: new Map(stacks.map((stack) => [stack, change((line) => line.stack === stack)])),
    total: change(() => true),
  };
}

function unplannedLine(stack: string): CostLine {
  const nothing = { price: undefined, quantity: undefined, usd: undefined, per: undefined };
  return { stack, address: stack, part: "rest", what: NOT_PLANNED, ...nothing, monthlyUsd: undefined };
}
