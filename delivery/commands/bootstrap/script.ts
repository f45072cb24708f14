import type { StateBackend } from "../../../config/state-backend.ts";
import type { Plan, Step } from "../../core/state-backend/step.ts";
import { ACTIONS } from "./operations.ts";

/** Words that a POSIX shell takes as they are. */
const PLAIN_WORD = /^[A-Za-z0-9_./:=@-]+$/;

/** One step as a command of the AWS CLI: the program, then its arguments. */
export function cliCommand(step: Step, region: string): string[] {
  const service = ACTIONS[step.operation].startsWith("s3:") ? "s3api" : "dynamodb";
  return [
    ...["aws", service, kebabCase(step.operation), "--region", region],
    ...Object.entries(step.input).flatMap(([name, value]) => cliOption(name, value)),
  ];
}

/**
 * A shell script that makes bucket and table where neither exists, with what each command does as its comment. It
 * stops at the first error, and before an existing bucket's settings are replaced.
 */
export function shellScript(desired: StateBackend, plan: Plan): string {
  const region = ["--region", desired.region];
  const inBucket = (command: string) => ["aws", "s3api", command, ...region, "--bucket", desired.bucket];
  const inTable = ["aws", "dynamodb", "wait", "table-exists", ...region, "--table-name", desired.lockTable];
  const lines = plan.steps.flatMap((step) => [
    "",
    `# ${step.does}`,
    shellLine(cliCommand(step, desired.region)),
    ...(step.operation === "CreateTable" ? [shellLine(inTable)] : []),
  ]);
  return [
    "#!/bin/sh",
    "# The Terraform states of an environment:",
    `#   bucket ${desired.bucket} and lock table ${desired.lockTable} in ${desired.region}`,
    "# This makes them where neither exists. `npx cali bootstrap` does the same, and completes what exists already.",
    "set -eu",
    "export AWS_PAGER=",
    "",
    `if ${shellLine(inBucket("head-bucket"))} >/dev/null 2>&1; then`,
    `  echo ${shellWord(`${desired.bucket} exists: complete it with npx cali bootstrap and the same --env`)} >&2`,
    "  exit 1",
    "fi",
    ...lines,
  ].join("\n");
}

/** The same for programs. */
export function planDocument(desired: StateBackend, plan: Plan): object {
  return {
    ...desired,
    steps: plan.steps.map((step) => ({
      does: step.does,
      operation: step.operation,
      input: step.input,
      command: cliCommand(step, desired.region),
    })),
  };
}

function cliOption(name: string, value: unknown): string[] {
  const option = `--${kebabCase(name)}`;
  if (value === true) return [option];
  return [option, typeof value === "string" ? value : JSON.stringify(value)];
}

/** `SSESpecification` becomes `sse-specification`. */
function kebabCase(name: string): string {
  return name
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replaceAll(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase();
}

function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}

function shellWord(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
