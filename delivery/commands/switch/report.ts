import type { Difference } from "../../core/parity/compare.ts";
import { PROGRAMS } from "../../core/terraform/programs.ts";
import type { StateFile } from "../../core/terraform/state-file.ts";
import { writtenBy } from "../../core/terraform/written-by.ts";

/** What a switch found and wrote. */
export interface SwitchReport {
  readonly environment: string;
  readonly state: StateFile;
  /** Who holds the state's lock; undefined: the state came from a file, which says nothing of it. */
  readonly locks: readonly string[] | undefined;
  /** Where the backend's values were taken from convention, by key. */
  readonly assumed: readonly string[];
  /** Resources of the state that the configuration makes. */
  readonly own: number;
  /** Addresses that this code never made. */
  readonly foreign: readonly string[];
  /** Whether they come along with their text. */
  readonly isCarried: boolean;
  readonly hasOverrides: boolean;
  /** Differences that the overrides settle. */
  readonly overridden: readonly Difference[];
  /** Keys whose live value the configuration doesn't allow; the overrides say it. */
  readonly notAllowed: readonly string[];
  /** What is left: a plan would change it. */
  readonly left: readonly Difference[];
  /** Objects that an apply left half-made, and what becomes of them. */
  readonly unfinished: readonly string[];
  /** Foreign resources and files that can neither come along nor be forgotten, and why. */
  readonly notCarried: readonly string[];
  /** Secret variables that have to be given from now on. */
  readonly secrets: readonly string[];
  readonly created: readonly string[];
}

/** Whether the first plan changes nothing. */
export const isEqual = (report: SwitchReport) => differing(report) === 0;

const differing = ({ left, created, unfinished, notCarried }: SwitchReport) =>
  left.length + created.length + unfinished.length + notCarried.length;

/** Schema versions that the AWS provider 5.46 writes; a newer provider raises them, and 5.46 can't read them any more. */
const SCHEMA_OF_5_46: Readonly<Record<string, number>> = {
  aws_eks_cluster: 0,
  aws_s3_bucket_lifecycle_configuration: 0,
};

/** The report as text: what equals, what doesn't, and what to do next. */
export function renderReport(report: SwitchReport): string {
  const { environment, state, own, foreign, left, created } = report;
  return [
    `state    ${own} resources of CALI, serial ${state.serial}, lineage ${state.lineage}, written by ${(writtenBy(state.resources) ?? PROGRAMS.terraform).name} ${state.terraform_version}`,
    ...(report.locks?.length === 0 ? ["lock     free: nobody changes the state now"] : []),
    ...(report.locks ?? []).map((one) => `lock     ${one}`),
    ...(report.assumed.length > 0
      ? [`assumed  ${report.assumed.join(", ")}: as the hand-written project has them; a flag says another`]
      : []),
    isEqual(report)
      ? `parity   every attribute equals the state: the first plan says "No changes"${foreign.length > 0 && !report.isCarried ? " but for what is forgotten" : ""}`
      : `parity   ${differing(report)} differences are left, each would be in the first plan:`,
    ...left.map(
      ({ address, attribute, expected, got }) =>
        `           ${address} ${attribute}: live ${show(expected)}, here ${show(got)}`,
    ),
    ...created.map((address) => `           ${address}: not in the state, would be created`),
    ...[...report.unfinished, ...report.notCarried].map((line) => `           ${line}`),
    ...report.secrets.map((name) => `secret   ${name}: not written anywhere; give it as TF_VAR_${name}`),
    ...report.notAllowed.map(
      (key) => `key      ${key}: its live value isn't allowed there, so an override says it`,
    ),
    ...report.overridden.map(({ address, attribute }) => `override ${address} ${attribute}`),
    ...foreign.map(
      (address) =>
        `foreign  ${address}: ${report.isCarried ? "comes along" : "is forgotten by the state and stays alive; --hcl <folder> takes it along"}`,
    ),
    ...versions(state),
    `wrote    config/${environment}.yaml${report.hasOverrides ? ` and config/${environment}.overrides/infra.json` : ""}: look at both, then`,
    `next     npx cali plan --env ${environment}`,
  ].join("\n");
}

function versions(state: StateFile): string[] {
  const newer = state.resources
    .filter(({ type, instances }) =>
      instances.some(
        ({ schema_version }) => schema_version > (SCHEMA_OF_5_46[type] ?? Number.POSITIVE_INFINITY),
      ),
    )
    .map(({ type, name }) => `${type}.${name}`);
  return newer.length === 0
    ? [
        "provider the state is of a schema that AWS provider 5.46 reads. The first apply with a newer 5.x raises it: whoever works on this state by hand has to take that version first",
      ]
    : [
        `provider ${newer.join(", ")}: written by a provider newer than 5.46, which can't read the state any more`,
      ];
}

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
