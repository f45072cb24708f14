import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { adoptionOf, overridesOf } from "../../../config/load.ts";
import { selectStacks } from "../../core/application/application.ts";
import { applicationOf } from "../../core/application/application-of.ts";
import { EXIT_CHANGES, type StackOptions, withStackOptions } from "../../core/options.ts";
import { plan } from "../../core/planning/plan.ts";
import { statusText } from "../../core/planning/plan-run.ts";
import { planKey } from "../../core/seal/key.ts";
import { programOf } from "../../core/terraform/programs.ts";

interface Options extends StackOptions {
  readonly out: string;
  readonly seal?: string;
  readonly comment?: boolean;
  readonly detailedExitcode?: boolean;
}

/** `cali plan` */
export const planCommand = withStackOptions(new Command("plan"))
  .description(
    "Plans stacks with Terraform, side by side. The folder has run.json, each plan and its JSON, which hold secrets: only the sealed bundle may leave the machine.",
  )
  .option("--out <folder>", "where everything is written to", ".cali/plans")
  .option("--seal <file>", "write all of it into one file, sealed with CALI_PLAN_KEY")
  .option("--comment", "print what cali comment would write to a pull request")
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
      program: programOf(config),
      application,
      stacks: selectStacks(application, names),
      environment: config.environment,
      commit,
      out,
      parallel,
      lockTimeout,
    });
    await cp(join(folder, "sources.json"), join(out, "sources.json")).catch(() => {});
    for (const line of run.stacks.map(statusText)) console.log(line);
    const adoption = adoptionOf(env);
    if (comment) {
      const { commentOf, reportOf } = await import("../../core/report/plan-report.ts");
      console.log(commentOf(reportOf(out, config, { overrides: overridesOf(env), adoption })));
    }
    let failed = run.stacks.some(({ status }) => status === "failed");
    if (adoption) {
      const { moveLines, moveOfRun } = await import("../../core/adoption/gate.ts");
      const move = moveOfRun(adoption, run, out);
      for (const line of moveLines(adoption, move)) console.log(line);
      failed ||= move.problems.length > 0;
    }
    if (seal !== undefined && key !== undefined && !failed) {
      const { sealPlans } = await import("../../core/seal/seal-plans.ts");
      await sealPlans({ folder: out, file: resolve(seal), key });
      console.log(`${seal}: sealed`);
    }
    if (failed) process.exitCode = 1;
    else if (detailedExitcode && run.stacks.some(({ status }) => status === "changes")) {
      process.exitCode = EXIT_CHANGES;
    }
  });
