import type { Links } from "../../core/github/environment.ts";
import type { StackReport } from "../../core/report/report.ts";
import { digestOf, type Finding, KINDS } from "./finding.ts";
import { findingsOfStack } from "./plan-findings.ts";
import { addedRightsFinding, type PrivilegesLook, unreadRights } from "./privileges.ts";
import { holdingsOfPlan, sameObjects } from "./same-object.ts";
import { type UnknownState, unknownStateFinding, unreadStates } from "./states.ts";
import { type RunsLook, unreadRuns, waitingRunFinding } from "./waiting-runs.ts";

/** What became of looking for states that no stack has; undefined: they were not looked for. */
export type StatesLook = readonly UnknownState[] | { readonly failed: string } | undefined;

/** Everything that is known of an environment's drift. */
export interface DriftReport {
  readonly environment: string;
  /** The commit that the environment was compared with. */
  readonly commit: string;
  readonly stacks: readonly StackReport[];
  /** Worst first, then by stack in the order of deployment. */
  readonly findings: readonly Finding[];
  readonly digest: string;
  /** Whether the bucket was looked through for states that no stack has. */
  readonly areStatesKnown: boolean;
  /** Whether IAM was asked for policies that no plan shows. */
  readonly areRightsKnown: boolean;
  /** Whether GitHub was asked for runs that wait. */
  readonly areRunsKnown: boolean;
  /** undefined: no links are made. */
  readonly links: Links | undefined;
}

/** Puts together what plans and states say. */
export function driftReport({
  states,
  privileges,
  runs,
  now = Date.now(),
  ...about
}: Pick<DriftReport, "environment" | "commit" | "stacks" | "links"> & {
  readonly states: StatesLook;
  readonly privileges: PrivilegesLook;
  readonly runs?: RunsLook;
  /** ms since the epoch. Default: now. */
  readonly now?: number;
}): DriftReport {
  const unknown = states === undefined || "failed" in states ? [] : states;
  const holdings = [
    ...about.stacks.flatMap((stack) =>
      stack.status === "planned" ? holdingsOfPlan(stack.name, stack.plan) : [],
    ),
    ...unknown.flatMap((state) => state.holdings),
  ];
  const all = [
    ...about.stacks.flatMap(findingsOfStack),
    ...(privileges !== undefined && "failed" in privileges ? [unreadRights(privileges.failed)] : []),
    ...(privileges === undefined || "failed" in privileges ? [] : privileges).map(addedRightsFinding),
    ...(runs !== undefined && "failed" in runs ? [unreadRuns(runs.failed)] : []),
    ...(runs === undefined || "failed" in runs ? [] : runs).map((run) => waitingRunFinding(run, now)),
    ...(states !== undefined && "failed" in states ? [unreadStates(states.failed)] : []),
    ...unknown.map(unknownStateFinding),
    ...sameObjects(holdings),
  ];
  const findings = KINDS.flatMap((kind) => all.filter((finding) => finding.kind === kind));
  return {
    ...about,
    findings,
    digest: digestOf(findings),
    areStatesKnown: states !== undefined && !("failed" in states),
    areRunsKnown: runs !== undefined && !("failed" in runs),
    areRightsKnown: privileges !== undefined && !("failed" in privileges),
  };
}
