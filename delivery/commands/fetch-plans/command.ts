import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { ReviewedPlanError } from "../../core/errors.ts";
import { repositoryOf } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import {
  type FetchOptions,
  fetchEarlierPlans,
  fetchOwnPlans,
  fetchPlans,
  type ReviewedPlans,
} from "../../core/github/reviewed-plans.ts";
import { filterOfRun } from "../../core/github/workflow-file.ts";
import { environmentOption } from "../../core/options.ts";

interface Options {
  readonly env: string;
  readonly commit: string;
  readonly run?: number;
  readonly out: string;
  readonly output?: string;
}

/** `cali fetch-plans` */
export const fetchPlansCommand = new Command("fetch-plans")
  .description(
    "Gets the sealed plans that were reviewed in the pull request which became this commit, else those of the latest one that was merged before it and is not deployed.",
  )
  .addOption(environmentOption())
  .addOption(new Option("--commit <sha>", "the commit on main").env("GITHUB_SHA").makeOptionMandatory())
  .option("--run <number>", "the plans that this run has made, instead", (given) => {
    if (/^\d{1,15}$/.test(given)) return Number(given);
    throw new InvalidArgumentError("allowed: a run's number");
  })
  .requiredOption("--out <file>", "where the sealed bundle is written to")
  .addOption(
    new Option("--output <file>", "append pull-request=<number> and head-commit=<sha> to this file").env(
      "GITHUB_OUTPUT",
    ),
  )
  .action(async ({ env, commit, run, out, output }: Options) => {
    const options = { ...repositoryOf(githubEnvironment(process.env)), commit, environment: env };
    const plans =
      run === undefined ? await reviewed(options) : await fetchOwnPlans({ ...options, runId: run });
    const { pullRequest = "", headSha, sealed } = plans;
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, sealed);
    if (output) await appendFile(output, `pull-request=${pullRequest}\nhead-commit=${headSha}\n`);
    console.log(
      `${out}: the plans of ${pullRequest ? `pull request #${pullRequest}` : "this run"} at ${headSha}`,
    );
  });

/** The last commit of a push may be of documents alone, and those before it not deployed. */
async function reviewed(options: FetchOptions): Promise<ReviewedPlans> {
  try {
    return await fetchPlans(options);
  } catch (error) {
    if (!(error instanceof ReviewedPlanError)) throw error;
    const [workflow = ""] = filterOfRun(process.env.GITHUB_WORKFLOW_REF, process.cwd()).workflows;
    const [newest] = await fetchEarlierPlans({ ...options, workflow });
    if (!newest) throw error;
    console.error(error.message.split("\n")[0]);
    return newest;
  }
}
