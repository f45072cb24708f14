import type { Links } from "../../core/github/environment.ts";
import type { StackReport } from "../../core/report/report.ts";
import { digestOf, type Finding, KINDS, type Look, unlooked } from "./finding.ts";
import { findingsOfStack } from "./plan-findings.ts";
import { addedRightsFinding, type PrivilegesLook } from "./privileges.ts";
import { holdingsOfPlan, sameObjects } from "./same-object.ts";
import { type UnknownState, unknownStateFinding } from "./states.ts";
import { type RunsLook, waitingRunFinding } from "./waiting-runs.ts";

/** What became of looking for states that no stack has; undefined: they were not looked for. */
export type StatesLook = Look<UnknownState>;

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
  const unknown = foundBy(states);
  const holdings = [
    ...about.stacks.flatMap((stack) =>
      stack.status === "planned" ? holdingsOfPlan(stack.name, stack.plan) : [],
    ),
    ...unknown.flatMap((state) => state.holdings),
  ];
  const all = [
    ...about.stacks.flatMap(findingsOfStack),
    ...failureOf(privileges, "roles", "The roles' policies could not be looked at"),
    ...foundBy(privileges).map(addedRightsFinding),
    ...failureOf(runs, "runs", "The runs that wait could not be looked for"),
    ...foundBy(runs).map((run) => waitingRunFinding(run, now)),
    ...failureOf(states, "states", "The states' bucket could not be looked through"),
    ...unknown.map(unknownStateFinding),
    ...sameObjects(holdings),
  ];
  const findings = KINDS.flatMap((kind) => all.filter((finding) => finding.kind === kind));
  return {
    ...about,
    findings,
    digest: digestOf(findings),
    areStatesKnown: isKnown(states),
    areRunsKnown: isKnown(runs),
    areRightsKnown: isKnown(privileges),
  };
}

const isKnown = <Found>(look: Look<Found>): look is readonly Found[] =>
  look !== undefined && !("failed" in look);
const foundBy = <Found>(look: Look<Found>): readonly Found[] => (isKnown(look) ? look : []);
const failureOf = (look: Look<unknown>, what: string, words: string): Finding[] =>
  look !== undefined && "failed" in look ? [unlooked(what, what, [words], look.failed)] : [];
