import type { BUDGET_PARTS } from "../../../config/schema-cost.ts";
import type { Line } from "./line.ts";

/** What a budget is made of: see `budget.parts`. */
export type Part = (typeof BUDGET_PARTS)[number];

/** Which part of the budget something belongs to. */
export function partOf(type: string, { price }: Pick<Line, "price">): Part {
  if (type === "aws_eks_cluster") return price?.startsWith("transfer.") ? "rest" : "eks";
  if (type === "aws_eks_node_group") return "ec2";
  return type === "aws_opensearch_domain" ? "opensearch" : "rest";
}
