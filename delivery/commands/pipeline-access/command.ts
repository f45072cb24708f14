import { Command, Option } from "commander";
import { loadConfig } from "../../../config/load.ts";
import { environmentOption } from "../../core/options.ts";
import { clientFor, gapsOf, identityOf } from "./github-repository.ts";
import { pipelineAccess } from "./pipeline-access.ts";
import { githubEnvironment } from "./roles.ts";

/** `--check` found something missing. */
const EXIT_MISSING = 2;

interface Options {
  readonly env: string;
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
  .addHelpText(
    "after",
    "\nGitHub is asked who the repository is, with GITHUB_TOKEN or as `gh` is logged in. What its settings let through is listed with the\ncommand that closes it; nothing of it is changed.",
  )
  .action(async ({ env, repository, check = false }: Options) => {
    const config = loadConfig({ env });
    const environment = githubEnvironment(env);
    const github = clientFor(repository, process.env);
    const identity = await identityOf(github, repository);
    const steps = await pipelineAccess({
      config,
      repository: identity,
      environment,
      checkOnly: check,
      print: console.log,
    });
    const gaps = await gapsOf(github, identity, environment);
    for (const { found, remedy } of gaps) console.log(`  GitHub: ${found}\n    ${remedy}`);
    if (check && steps.length + gaps.length > 0) process.exitCode = EXIT_MISSING;
  });
