import { spawnSync } from "node:child_process";
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { CommitError } from "./errors.ts";

/** With `--detailed-exitcode`: something changes. */
export const EXIT_CHANGES = 2;

/** What planning and deploying have in common. */
export interface StackOptions {
  readonly env: string;
  readonly commit: string;
  readonly synthDir?: string;
  readonly parallel: number;
  readonly lockTimeout: string;
}

/** Adds the stacks, and the options of everything that runs Terraform. */
export function withStackOptions(command: Command): Command {
  return withCommonOptions(command).addArgument(stackArgument()).addOption(parallelOption());
}

/** `[stack…]` */
export function stackArgument(): Argument {
  return new Argument(
    "[stack...]",
    "names such as 01-kinesis, or infrastructure (made with AWS) or cluster (runs in it); default: all",
  );
}

/** Adds the options of everything that runs Terraform. */
export function withCommonOptions(command: Command): Command {
  return withCommit(command)
    .addOption(environmentOption())
    .addOption(synthDirOption())
    .addOption(lockTimeoutOption());
}

/** `-e, --env` */
export function environmentOption(): Option {
  return (
    new Option("-e, --env <name>", "the environment, config/<name>.yaml")
      .env("CALI_ENV")
      .default("dev")
      // A workflow may set CALI_ENV to nothing.
      .argParser((given) => given || "dev")
  );
}

/** `--parallel` */
export function parallelOption(): Option {
  return new Option("--parallel <number>", "stacks at once").default(4).argParser((given) => {
    const number = Number(given);
    if (Number.isInteger(number) && number >= 1 && number <= 32) return number;
    throw new InvalidArgumentError("allowed: a number from 1 to 32");
  });
}

/** Adds `--commit`: what a workflow says, else the one that is checked out. */
export function withCommit(command: Command): Command {
  const option = new Option(
    "--commit <sha>",
    "the commit that is planned (default: the one that is checked out)",
  )
    .env("CALI_COMMIT")
    .default(process.env.GITHUB_SHA || undefined, "GITHUB_SHA")
    .argParser((given) => {
      if (/^[0-9a-f]{40}$/.test(given)) return given;
      throw new InvalidArgumentError("allowed: 40 hexadecimal digits");
    });
  return command.addOption(option).hook("preAction", (self) => {
    if (self.getOptionValue("commit") === undefined) self.setOptionValue("commit", checkedOut());
  });
}

function checkedOut(): string {
  const { stdout, status } = spawnSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" });
  if (status === 0) return stdout.trim();
  throw new CommitError(
    "--commit: given nothing, and this is no checkout of Git; allowed: 40 hexadecimal digits",
  );
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

/** `--poll`, in seconds; its value is in ms. */
export function pollOption(): Option {
  return new Option("--poll <seconds>", "time between two looks").default(10_000, "10").argParser((given) => {
    const seconds = Number(given);
    if (seconds >= 0.1 && seconds <= 60) return seconds * 1_000;
    throw new InvalidArgumentError("allowed: a number from 0.1 to 60");
  });
}

/** `--minutes` */
export function minutesOption(): Option {
  return new Option("--minutes <number>", "longest wait").default(110).argParser((given) => {
    const minutes = Number(given);
    if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 360) return minutes;
    throw new InvalidArgumentError("allowed: a number from 1 to 360");
  });
}
