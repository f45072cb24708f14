import { type Finding, findingText } from "../../delivery/commands/drift/finding.ts";
import { driftReport, type StatesLook } from "../../delivery/commands/drift/report.ts";
import type { StackReport } from "../../delivery/core/report/report.ts";
import { COMMIT } from "./reports.ts";

export const reportOf = (stacks: readonly StackReport[], states?: StatesLook) =>
  driftReport({
    environment: "dev",
    commit: COMMIT,
    stacks,
    links: undefined,
    states,
    privileges: states && [],
  });
export const textsOf = (findings: readonly Finding[]) =>
  findings.map(({ kind, words }) => `${kind}: ${findingText(words, (value) => value)}`);
export const found = (...stacks: StackReport[]) => textsOf(reportOf(stacks).findings);
export const failed = (name: string, reason = "no such cluster"): StackReport => ({
  name,
  status: "failed",
  reason,
});
