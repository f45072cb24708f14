import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { noteEnd } from "../../core/deployment/deploy-result.ts";
import { DeliveryError, GithubEnvironmentError } from "../../core/errors.ts";
import { repositoryOf } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import { refuseSuperseded } from "../../core/github/superseded.ts";
import { filterOfRun } from "../../core/github/workflow-file.ts";
import { environmentOption, minutesOption, pollOption, withCommit } from "../../core/options.ts";
import { takeTurn } from "./take-turn.ts";

interface Options {
  readonly env: string;
  readonly commit: string;
  readonly job: string;
  readonly out: string;
  readonly output?: string;
  readonly minutes: number;
  readonly poll: number;
}

/** `cali take-turn` */
export const takeTurnCommand = withCommit(new Command("take-turn"))
  .description(
    "Waits, once its environment has approved this job, until those of the same name that began before it are done. Then says whether a later commit's run deploys this commit, too: nothing is left to do then.",
  )
  .addOption(environmentOption())
  .requiredOption("--job <name>", "the last part of this job's name, such as `deploy (dev)`")
  .option("--out <folder>", "where deploy.json is written to when nothing is left to do", ".cali/deploy")
  .addOption(new Option("--output <file>", "append superseded=true to this file").env("GITHUB_OUTPUT"))
  .addOption(minutesOption())
  .addOption(pollOption())
  .action(async ({ env, commit, job, out, output, minutes, poll }: Options) => {
    const where = githubEnvironment(process.env);
    const { runId } = where;
    if (runId === undefined) {
      throw new GithubEnvironmentError(
        "GITHUB_RUN_ID: given nothing; allowed: a run's number, as a workflow has it",
      );
    }
    const about = { environment: env, commit };
    const turn = async () => {
      const filter = filterOfRun(process.env.GITHUB_WORKFLOW_REF, process.cwd());
      const [workflow = ""] = filter.workflows;
      const limits = { pollMs: poll, limitMs: minutes * 60_000, print: console.log };
      await takeTurn({ ...repositoryOf(where), workflow, runId, job, ...limits });
      return await refuseSuperseded({
        variables: process.env,
        commit,
        filter: () => filter,
        doing: "deploy",
      });
    };
    const superseded = await turn().catch(async (error) => {
      if (error instanceof DeliveryError) await noteEnd(resolve(out), about, { refusal: error.message });
      throw error;
    });
    if (superseded === undefined) return;
    console.log(superseded);
    await noteEnd(resolve(out), about, { superseded });
    if (output) await appendFile(output, "superseded=true\n");
  });
