import { Command, Option } from "commander";
import { loadConfig } from "../../../config/load.ts";
import { environmentOption } from "../../core/options.ts";
import { pipelineAccess } from "./pipeline-access.ts";

/** `--check` found something missing. */
const EXIT_MISSING = 2;

interface Options {
  readonly env?: string;
  readonly repository: string;
  readonly check?: boolean;
}

/** `cali pipeline-access` */
export const pipelineAccessCommand = new Command("pipeline-access")
  .description(
    "Makes GitHub's OIDC provider and the pipeline's two roles of an environment: one that plans and reads only, one that deploys for approved runs. Run again, it corrects what differs and changes nothing else.",
  )
  .addOption(environmentOption())
  .addOption(
    new Option("--repository <owner/name>", "the GitHub repository whose workflows may use the roles")
      .env("GITHUB_REPOSITORY")
      .makeOptionMandatory(),
  )
  .option("--check", "say what is missing and change nothing; ends with 2 when something is")
  .action(async ({ env, repository, check = false }: Options) => {
    const config = loadConfig({ env });
    const steps = await pipelineAccess({ config, repository, checkOnly: check, print: console.log });
    if (check && steps.length > 0) process.exitCode = EXIT_MISSING;
  });
