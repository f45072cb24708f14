import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { EarlierWorkflowError } from "../../core/errors.ts";
import { askingFor, type Repository } from "../../core/github/client.ts";
import { deployStepOf, isCalled, jobsOf } from "../../core/github/jobs.ts";
import { latestChange } from "../../core/github/superseded.ts";

const runSchema = z.object({
  id: z.number(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  html_url: z.string(),
});
const runsSchema = z.object({ workflow_runs: z.array(runSchema) });

export interface WaitOptions extends Repository {
  /** File name of the workflow, such as `terraform.yml`. */
  readonly workflow: string;
  /** The commit that started both. */
  readonly commit: string;
  /** The job that is waited for, by the last part of its name; undefined: the whole runs. */
  readonly job?: string;
  /** Whether a push that changes this file starts the workflow. */
  readonly deploys: (path: string) => boolean;
  /** Time for GitHub to list a run that the same push has started, ms. */
  readonly graceMs: number;
  /** Time between two looks, ms. */
  readonly pollMs: number;
  /** Longest wait, ms. */
  readonly limitMs: number;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

/**
 * Waits until the workflow's runs of a commit on main are over. A commit that did not start it need not wait. Where a run has left its
 * deployment to the run of a later commit, that one is waited for.
 *
 * @throws EarlierWorkflowError when a run did not succeed, or is not over in time; GithubRequestError.
 */
export async function waitFor(options: WaitOptions): Promise<void> {
  const { github, owner, repo, graceMs, pollMs, limitMs, print } = options;
  const workflow = options.job === undefined ? options.workflow : `${options.workflow}'s job ${options.job}`;
  const begin = performance.now();
  let { commit } = options;
  let said = "";
  for (;;) {
    const data = await askingFor(runsSchema, `looking for runs of ${options.workflow}`, () =>
      github.rest.actions.listWorkflowRuns({
        owner,
        repo,
        workflow_id: options.workflow,
        head_sha: commit,
        event: "push",
        per_page: 100,
      }),
    );
    const runs = await Promise.all(data.workflow_runs.map((run) => ofJob(run, options)));
    const failed = runs.find(({ status, conclusion }) => status === "completed" && conclusion !== "success");
    if (failed) {
      throw new EarlierWorkflowError(
        `${workflow} ended with ${failed.conclusion}: ${failed.html_url}\nRemedy: mend it; running it again and then this job goes on from there.`,
      );
    }
    const waited = performance.now() - begin;
    const pending = runs.filter(({ status }) => status !== "completed");
    const isCovered =
      pending.length === 0 && runs.length > 0 && runs.every(({ isSuperseded }) => isSuperseded);
    const covering = isCovered ? await latestChange(options, commit, options.deploys) : undefined;
    if (covering) {
      commit = covering.sha;
      print(`${workflow} has left it to the later commit ${commit}`);
      continue;
    }
    if (pending.length === 0 && (runs.length > 0 || waited >= graceMs)) {
      print(runs.length > 0 ? `${workflow} has succeeded.` : `${commit} did not start ${workflow}.`);
      return;
    }
    if (waited >= limitMs) {
      throw new EarlierWorkflowError(
        `${workflow} is not over after ${Math.round(waited / 60_000)} minutes: ${pending[0]?.html_url}\nRemedy: approve or end it, and run this job again.`,
      );
    }
    const now = pending[0]
      ? `waiting for ${workflow}, which is ${pending[0].status}`
      : `looking for ${workflow}`;
    if (now !== said) print(now);
    said = now;
    await sleep(pollMs);
  }
}

interface State {
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly html_url: string | null;
  /** Nothing was left to do for it: a later commit's run deploys its commit, too. */
  readonly isSuperseded?: boolean;
}

/** What became of the job; a run that has none of that name is taken as a whole. */
async function ofJob(run: State & { id: number }, options: WaitOptions): Promise<State> {
  const { job } = options;
  if (job === undefined) return run;
  const found = (await jobsOf(options, run.id)).find(({ name }) => isCalled(name, job));
  return found ? { ...found, isSuperseded: deployStepOf(found) === "skipped" } : run;
}
