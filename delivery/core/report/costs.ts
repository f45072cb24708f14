import type { Config } from "../../../config/schema.ts";
import { estimateChange, type StackPlans } from "../cost/cost-change.ts";
import type { BudgetReport, StackReport } from "./report.ts";

/** Adds what a month costs to each stack that could be planned, and the total against the budget. */
export function withCosts(
  stacks: readonly StackReport[],
  config: Config,
): { stacks: StackReport[]; budget: BudgetReport } {
  const plans: StackPlans = new Map(
    stacks.map((stack) => [stack.name, stack.status === "planned" ? stack.plan : undefined]),
  );
  const { byStack, total } = estimateChange(plans, config, new Date());
  return {
    stacks: stacks.map((stack) => ({ ...stack, cost: byStack.get(stack.name) })),
    budget: { total, budgetUsd: config.budget.monthlyUsd, isEnforced: config.budget.enforce },
  };
}
