import { z } from "zod";
import { askingFor, listing, type Repository } from "../../core/github/client.ts";
import { jobsOf } from "../../core/github/jobs.ts";
import { type Holder, STALE_MS } from "../../core/state-backend/holder.ts";
import type { Lock } from "../../core/state-backend/lock.ts";

const runSchema = z.object({ status: z.string().nullable(), html_url: z.string() });
const goingSchema = z.object({ id: z.number(), run_started_at: z.string().nullish(), html_url: z.string() });

export interface RunOptions extends Repository {
  /** The run that is said to have taken the lock. */
  readonly runId: number;
  /** The run that asks; undefined outside of a workflow. */
  readonly ownRunId: number | undefined;
}

/**
 * Whether the run that is said to have taken a lock is over. A lock doesn't name its run, so one of its jobs must have worked when it was
 * taken, and no other run that is going on may have.
 *
 * @throws GithubRequestError
 */
export async function runHolder({ Created }: Lock, options: RunOptions): Promise<Holder> {
  const { github, owner, repo, runId, ownRunId } = options;
  const taken = Date.parse(Created);
  const deadAt = new Date(taken + STALE_MS);
  const unknown = (seen: string): Holder => ({ state: "unknown", seen, deadAt });
  const run = await askingFor(runSchema, `looking at run ${runId}`, () =>
    github.rest.actions.getWorkflowRun({ owner, repo, run_id: runId }),
  );
  if (run.status !== "completed") return { state: "works", seen: `${run.html_url} is ${run.status}` };
  const jobs = await jobsOf({ github, owner, repo }, runId);
  const worked = jobs.some(
    ({ started_at, completed_at }) =>
      Date.parse(started_at) <= taken && taken <= Date.parse(completed_at ?? started_at),
  );
  if (!worked) return unknown(`no job of ${run.html_url} worked when it was taken`);
  const going = await listing(goingSchema, "looking for runs that are going on", () =>
    github.paginate(github.rest.actions.listWorkflowRunsForRepo, {
      owner,
      repo,
      status: "in_progress",
      per_page: 100,
    }),
  );
  const other = going.find(
    ({ id, run_started_at }) => id !== ownRunId && id !== runId && Date.parse(run_started_at ?? "") <= taken,
  );
  if (other) return unknown(`${other.html_url} is going on, and may have taken it`);
  return {
    state: "dead",
    seen: `${run.html_url} is over, and no other run is left that could have taken it`,
  };
}
