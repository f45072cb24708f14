import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Command } from "commander";
import { selectStacks } from "../../core/application/application.ts";
import { applicationOf } from "../../core/application/application-of.ts";
import {
  EXIT_CHANGES,
  environmentOption,
  lockTimeoutOption,
  parallelOption,
  stackArgument,
  synthDirOption,
} from "../../core/options.ts";
import { stackOptions } from "../../core/planning/plan.ts";
import { programOf } from "../../core/terraform/programs.ts";
import { installedVersion } from "../../core/terraform/terraform.ts";
import { recover } from "./recover.ts";

interface Options {
  readonly env: string;
  readonly synthDir?: string;
  readonly parallel: number;
  readonly lockTimeout: string;
  readonly out: string;
  readonly allowChanges?: boolean;
  readonly yes?: boolean;
}

/** `cali recover` */
export const recoverCommand = new Command("recover")
  .description(
    "After a deployment was cut off: imports what exists in AWS and is not in a state, so that the next deployment goes on. Shows what would be imported, made and set; with --yes it is done. Nothing is ever destroyed.",
  )
  .addArgument(stackArgument().default(["infrastructure"], "infrastructure"))
  .addOption(environmentOption())
  .addOption(synthDirOption())
  .addOption(parallelOption())
  .addOption(lockTimeoutOption())
  .option("--allow-changes", "set what differs of an imported object to what the code says")
  .option("--yes", "do what is shown")
  .option("--out <folder>", "where plans and logs are written to; they hold secrets", ".cali/recover")
  .addHelpText(
    "after",
    "\nEnds with 0 when nothing is left to import, and with 2 when something would be imported and --yes was not given.",
  )
  .action(async (names: string[], options: Options) => {
    const { env, synthDir, parallel, lockTimeout, allowChanges = false, yes = false } = options;
    const { config, application } = await applicationOf(env, synthDir);
    const program = programOf(config);
    await installedVersion(program);
    const stacks = selectStacks(application, names);
    const out = resolve(options.out);
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true, mode: 0o700 });
    const count = await recover({
      stacks,
      common: await stackOptions(stacks, { program, out, lockTimeout }),
      region: config.region,
      parallel,
      allowChanges,
      apply: yes,
      print: console.log,
    });
    if (count === 0) console.log("Nothing to recover: each object that exists is in its state.");
    if (count > 0 && !yes) {
      console.log(`Nothing was changed. With --yes, ${count} are imported.`);
      process.exitCode = EXIT_CHANGES;
    }
  });
