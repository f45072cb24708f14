import type { CostChange } from "../cost/cost-change.ts";
import type { Links } from "../github/environment.ts";

/** What became of a stack. */
export interface StackNotice {
  readonly name: string;
  /** As `cali plan` or `cali deploy` says it, such as `applied`. */
  readonly status: string;
  readonly isFailed: boolean;
  /** Why, redacted. */
  readonly reason: string | undefined;
  readonly changes: Changes | undefined;
}

/** How many objects each thing happens to. */
export interface Changes {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
}

/** What Slack is notified of a run. */
export interface Notice {
  readonly kind: "plan" | "deployment";
  readonly environment: string;
  /** undefined: nobody knows. */
  readonly commit: string | undefined;
  readonly outcome: "success" | "failure" | "cancelled" | "superseded";
  /** A plan that a run was started for by hand, and that somebody has to approve. */
  readonly awaitsApproval: boolean;
  /** Who started the run. */
  readonly actor: string | undefined;
  readonly pullRequest: number | undefined;
  readonly links: Links | undefined;
  readonly durationMs: number | undefined;
  readonly stacks: readonly StackNotice[];
  readonly cost: CostChange | undefined;
  /** Who approved the deployment. */
  readonly approvers: readonly string[];
  /** Steps of the job that failed, by name. */
  readonly failedSteps: readonly string[];
  /** What the plans take away for good, a line each: data, also by a change in place, keys that left a `for_each`, what CALI never made. */
  readonly losses: readonly Loss[];
  /** Every object that the plans destroy or replace. */
  readonly destroys: readonly Destroyed[];
  /** Why nothing was deployed, or what could not be read, for people. */
  readonly trouble: string | undefined;
}

/** Something that a plan would take away for good. */
export interface Loss {
  readonly stack: string;
  readonly address: string;
  /** What is lost with it, in words. */
  readonly lost: string;
}

/** An object that a plan destroys. */
export interface Destroyed {
  readonly stack: string;
  readonly address: string;
  readonly action: "delete" | "replace";
}
