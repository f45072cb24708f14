import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Command, Option } from "commander";
import { githubClient } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import { fetchPlans } from "../../core/github/reviewed-plans.ts";
import { environmentOption } from "../../core/options.ts";

interface Options {
  readonly env: string;
  readonly commit: string;
  readonly out: string;
  readonly output?: string;
}

/** `cali fetch-plans` */
export const fetchPlansCommand = new Command("fetch-plans")
  .description("Gets the sealed plans that were reviewed in the pull request which became this commit.")
  .addOption(environmentOption())
  .addOption(new Option("--commit <sha>", "the commit on main").env("GITHUB_SHA").makeOptionMandatory())
  .requiredOption("--out <file>", "where the sealed bundle is written to")
  .addOption(
    new Option("--output <file>", "append pull-request=<number> and head-commit=<sha> to this file").env(
      "GITHUB_OUTPUT",
    ),
  )
  .action(async ({ env, commit, out, output }: Options) => {
    const where = githubEnvironment(process.env);
    const { owner, repo } = where;
    const github = githubClient(where, { log: console.error });
    const plans = await fetchPlans({ github, owner, repo, commit, environment: env });
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, plans.sealed);
    if (output) await appendFile(output, `pull-request=${plans.pullRequest}\nhead-commit=${plans.headSha}\n`);
    console.log(`${out}: the plans of pull request #${plans.pullRequest} at ${plans.headSha}`);
  });
