import { resolve } from "node:path";
import { Command } from "commander";
import { applicationOf } from "../../core/application/application-of.ts";
import { noteEnd, type StackResult } from "../../core/deployment/deploy-result.ts";
import { DeliveryError } from "../../core/errors.ts";
import { refuseSuperseded } from "../../core/github/superseded.ts";
import { filterOfRun } from "../../core/github/workflow-file.ts";
import { type StackOptions, withCommonOptions } from "../../core/options.ts";
import { programOf } from "../../core/terraform/programs.ts";
import { Secrets } from "../../core/terraform/secrets.ts";
import { release } from "./release.ts";

interface Options extends StackOptions {
  readonly image: string;
  readonly out: string;
}

const FAILED = new Set(["failed", "skipped", "refused"]);

/** `cali release` */
export const releaseCommand = withCommonOptions(new Command("release"))
  .description(
    "Rolls a service's image out, waits until its pods are ready, and puts the earlier image back when they are not.",
  )
  .argument("<service>", "consumer, log-generator or airflow-dags")
  .requiredOption("--image <reference>", "the image, by digest")
  .option("--out <folder>", "where deploy.json, plans and logs are written to", ".cali/deploy")
  .action(async (service: string, options: Options) => {
    const { env, commit, synthDir, lockTimeout, image } = options;
    const out = resolve(options.out);
    let stacks: readonly StackResult[];
    try {
      const superseded = await refuseSuperseded({
        variables: process.env,
        commit,
        filter: () => filterOfRun(process.env.GITHUB_WORKFLOW_REF, process.cwd()),
        doing: "release",
      });
      if (superseded !== undefined) {
        console.log(superseded);
        await noteEnd(out, { environment: env, commit }, { superseded });
        return;
      }
      const { config, application } = await applicationOf(env, synthDir);
      stacks = await release({
        program: programOf(config),
        application,
        service,
        image,
        environment: config.environment,
        commit,
        out,
        lockTimeout,
        print: console.log,
      });
    } catch (error) {
      if (error instanceof DeliveryError) {
        const refusal = new Secrets(process.env).redact(error.message);
        await noteEnd(out, { environment: env, commit }, { refusal });
      }
      throw error;
    }
    if (stacks.some(({ status }) => FAILED.has(status))) process.exitCode = 1;
  });
