import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../../../config/load.ts";
import { readApplication, selectStacks } from "../../core/application/application.ts";
import { synthesizeTo } from "../../core/application/synthesize.ts";
import { planKey } from "../../core/seal/key.ts";
import { sealPlans } from "../../core/seal/seal-plans.ts";
import { plan } from "./plan.ts";
import type { StackRun } from "./plan-run.ts";

/** With `--detailed-exitcode`: something changes. */
export const EXIT_CHANGES = 2;

/** What planning and deploying have in common. */
export interface StackOptions {
  readonly env?: string;
  readonly commit: string;
  readonly synthDir?: string;
  readonly parallel: number;
  readonly lockTimeout: string;
}

interface Options extends StackOptions {
  readonly out: string;
  readonly seal?: string;
  readonly comment?: boolean;
  readonly detailedExitcode?: boolean;
}

/** Adds the stacks, and the options of everything that runs Terraform. */
export function withStackOptions(command: Command): Command {
  return withCommonOptions(command).addArgument(stackArgument()).addOption(parallelOption());
}

/** `[stack…]` */
export function stackArgument(): Argument {
  return new Argument(
    "[stack...]",
    "names such as 01-kinesis, or infrastructure (01-07) or cluster (08-13); default: all",
  );
}

/** Adds the options of everything that runs Terraform. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--env <name>", "the environment, config/<name>.yaml (default: CALI_ENV, else dev)")
    .addOption(commitOption().makeOptionMandatory())
    .addOption(synthDirOption())
    .addOption(lockTimeoutOption());
}

/** `--parallel` */
export function parallelOption(): Option {
  return new Option("--parallel <number>", "stacks at once").default(4).argParser((given) => {
    const number = Number(given);
    if (Number.isInteger(number) && number >= 1 && number <= 32) return number;
    throw new InvalidArgumentError("allowed: a number from 1 to 32");
  });
}

/** `--commit` */
export function commitOption(): Option {
  return new Option("--commit <sha>", "the commit that is planned; in a pull request its last one")
    .env("CALI_COMMIT")
    .default(process.env.GITHUB_SHA)
    .argParser((given) => {
      if (/^[0-9a-f]{40}$/.test(given)) return given;
      throw new InvalidArgumentError("allowed: 40 hexadecimal digits");
    });
}

/** `--synth-dir` */
export function synthDirOption(): Option {
  return new Option(
    "--synth-dir <folder>",
    "stacks that are synthesized already, instead of synthesizing them",
  );
}

/** `--lock-timeout` */
export function lockTimeoutOption(): Option {
  return new Option("--lock-timeout <duration>", "how long to wait for a state's lock")
    .default("5m")
    .argParser((given) => {
      if (/^\d+(s|m|h)$/.test(given)) return given;
      throw new InvalidArgumentError("allowed: a duration such as 30s or 5m");
    });
}

/** The application of an environment, synthesized where it is not yet. */
export async function applicationOf(env: string | undefined, synthDir: string | undefined) {
  const config = loadConfig({ env });
  const name = env ?? (process.env.CALI_ENV || "dev");
  const folder = resolve(synthDir ?? `.cali/synth/${name}`);
  if (synthDir === undefined) await synthesizeTo(folder, process.cwd(), name);
  return { config, folder, application: await readApplication(folder) };
}

/** `cali plan` */
export const planCommand = withStackOptions(new Command("plan"))
  .description(
    "Plans stacks with Terraform, side by side. The folder has run.json, each plan and its JSON, which hold secrets: only the sealed bundle may leave the machine.",
  )
  .option("--out <folder>", "where everything is written to", ".cali/plans")
  .option("--seal <file>", "write all of it into one file, sealed with CALI_PLAN_KEY")
  .option("--comment", "print what cali comment would tell a pull request")
  .option("--detailed-exitcode", "end with 2 when something changes")
  .addHelpText(
    "after",
    "\nEnds with 0 when every stack is planned or waits for another, and with 1 when one failed.",
  )
  .action(async (names: string[], options: Options) => {
    const { env, commit, synthDir, parallel, lockTimeout, seal, comment, detailedExitcode } = options;
    // Refused before a minute of planning.
    const key = seal === undefined ? undefined : planKey(process.env);
    const { config, folder, application } = await applicationOf(env, synthDir);
    const out = resolve(options.out);
    const { run } = await plan({
      application,
      stacks: selectStacks(application, names),
      environment: config.environment,
      commit,
      out,
      parallel,
      lockTimeout,
    });
    await cp(join(folder, "sources.json"), join(out, "sources.json")).catch(() => {});
    for (const line of run.stacks.map(inWords)) console.log(line);
    if (comment) {
      const { commentOf, reportOf } = await import("../comment/of-plans.ts");
      console.log(commentOf(reportOf(out, config)));
    }
    const failed = run.stacks.some(({ status }) => status === "failed");
    if (seal !== undefined && key !== undefined && !failed) {
      await sealPlans({ folder: out, file: resolve(seal), key });
      console.log(`${seal}: sealed`);
    }
    if (failed) process.exitCode = 1;
    else if (detailedExitcode && run.stacks.some(({ status }) => status === "changes")) {
      process.exitCode = EXIT_CHANGES;
    }
  });

function inWords({ name, status, reason }: StackRun): string {
  return reason === undefined
    ? `${name}: ${status}`
    : `${name}: ${status}\n  ${reason.replaceAll("\n", "\n  ")}`;
}
