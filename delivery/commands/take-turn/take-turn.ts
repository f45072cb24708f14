import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { EarlierWorkflowError } from "../../core/errors.ts";
import { listing, type Repository } from "../../core/github/client.ts";
import { isCalled, jobsOf } from "../../core/github/jobs.ts";

export interface TurnOptions extends Repository {
  /** The workflow's file name, such as `terraform.yml`. */
  readonly workflow: string;
  /** The run that asks. */
  readonly runId: number;
  /** The last part of the job's name, such as `deploy (dev)`. */
  readonly job: string;
  /** Time between two looks, ms. */
  readonly pollMs: number;
  /** Longest wait, ms. */
  readonly limitMs: number;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

const runSchema = z.object({ id: z.number() });

/** A job that works. */
interface Working {
  readonly id: number;
  readonly runId: number;
  readonly startedAt: string;
  readonly url: string;
}

/**
 * Waits until each run of the workflow whose job of this name began before this one's is done with it. A `concurrency` group would be held by a
 * job that waits for an approval, too, for days; a job that works has been approved. One that ended, however, has given its turn back.
 *
 * @throws EarlierWorkflowError when it takes too long; GithubRequestError.
 */
export async function takeTurn(options: TurnOptions): Promise<void> {
  const { workflow, job, runId, pollMs, limitMs, print } = options;
  const begin = performance.now();
  let said = "";
  for (;;) {
    const working = await workingJobs(options);
    const own = working.find((one) => one.runId === runId);
    const [first] = working.filter((one) => own === undefined || isBefore(one, own));
    if (own && first === undefined) return;
    if (performance.now() - begin >= limitMs) {
      throw new EarlierWorkflowError(
        `${workflow}'s job ${job} of another run is not over after ${Math.round(limitMs / 60_000)} minutes: ${first?.url ?? "GitHub does not list this run's own job"}\nRemedy: end it, and run this job again.`,
      );
    }
    const now = first ? `waiting for ${first.url}` : `GitHub does not list this run's job ${job} yet`;
    if (now !== said) print(now);
    said = now;
    await sleep(pollMs);
  }
}

/** GitHub's times are whole seconds. */
function isBefore(one: Working, own: Working): boolean {
  if (one.id === own.id) return false;
  return one.startedAt === own.startedAt ? one.id < own.id : one.startedAt < own.startedAt;
}

async function workingJobs(options: TurnOptions): Promise<Working[]> {
  const { github, owner, repo, workflow, job } = options;
  // A run is `waiting` as long as another environment's job waits for its approval.
  const runs = await Promise.all(
    (["in_progress", "waiting"] as const).map((status) =>
      listing(runSchema, `looking for runs of ${workflow}`, () =>
        github.paginate(github.rest.actions.listWorkflowRuns, {
          owner,
          repo,
          workflow_id: workflow,
          status,
          per_page: 100,
        }),
      ),
    ),
  );
  const ids = [...new Set(runs.flat().map(({ id }) => id))];
  const jobs = await Promise.all(ids.map((id) => jobsOf(options, id)));
  return jobs
    .flat()
    .filter(({ name, status }) => status === "in_progress" && isCalled(name, job))
    .map(({ id, run_id, started_at, html_url }) => ({
      id,
      runId: run_id,
      startedAt: started_at,
      url: html_url ?? `run ${run_id}`,
    }));
}
