import type { Adoption } from "../../../config/adoption.ts";
import type { Config } from "../../../config/schema.ts";
import type { CostChange } from "../cost/cost-change.ts";
import type { Links } from "../github/environment.ts";
import type { Plan } from "../plan-json/model.ts";
import type { Sources } from "./sources.ts";

/** What a comment says of one stack. */
export type StackReport = {
  readonly name: string;
  /** Monthly USD before and after; undefined where no cost was estimated. */
  readonly cost?: CostChange | undefined;
} & (
  | { readonly status: "planned"; readonly plan: Plan }
  /** It can be planned only after these stacks are applied. */
  | { readonly status: "waiting"; readonly waitsFor: readonly string[]; readonly reason: string | undefined }
  | { readonly status: "failed"; readonly reason: string }
);

/** The cost of all stacks against the budget. */
export interface BudgetReport {
  readonly total: CostChange;
  readonly budgetUsd: number;
  /** Being over the budget fails the check. */
  readonly isEnforced: boolean;
}

/** Everything that a comment is made of. */
export interface Report {
  /** Of headings and fixed words. Default: English. */
  readonly language?: Config["language"];
  readonly environment: string;
  /** The commit that was planned: 40 hexadecimal digits; undefined: a plan that came alone, of any repository. */
  readonly commit: string | undefined;
  /** Name of the program that planned. Default: Terraform. */
  readonly program?: string;
  readonly stacks: readonly StackReport[];
  readonly sources: Sources;
  /** What the environment's overrides say of the planned stacks, such as `resource.aws_s3_bucket.logs.bucket`. Default: nothing. */
  readonly overrides?: readonly { readonly stack: string; readonly path: string }[];
  /** The move between layouts that the environment is in. Default: none. */
  readonly adoption?: Adoption | undefined;
  /** undefined: no links are made. */
  readonly links: Links | undefined;
  readonly budget: BudgetReport | undefined;
  /** URL of the page that shows the same plans; default: there is none. */
  readonly page?: string | undefined;
}

/** What a pull request's label says. */
export type PlanState = "no-changes" | "changes" | "destroy";
