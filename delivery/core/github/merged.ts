import { z } from "zod";
import { askingFor, type Repository } from "./client.ts";
import { deployStepOf, isCalled, jobsOf } from "./jobs.ts";
import { changedPath } from "./superseded.ts";

/** Merges before this one that are looked at: more than are ever queued. */
const MOST_EARLIER = 20;

const pullsSchema = z.array(
  z.object({
    number: z.number(),
    merged_at: z.string().nullable(),
    merge_commit_sha: z.string().nullable(),
    head: z.object({ sha: z.string() }),
  }),
);
const commitsSchema = z.array(z.object({ sha: z.string(), parents: z.array(z.object({ sha: z.string() })) }));
const runsSchema = z.object({ workflow_runs: z.array(z.object({ id: z.number() })) });

/** A commit on main, and what deploys it. */
export interface Deployable extends Repository {
  readonly commit: string;
  readonly environment: string;
  /** The file of the workflow that deploys; undefined: nobody knows what was deployed. */
  readonly workflow: string | undefined;
}

/** The pull request that became a commit of main; undefined: none was merged. @throws GithubRequestError */
export async function mergedPull({ github, owner, repo }: Repository, commit: string) {
  const pulls = await askingFor(pullsSchema, `looking for the pull request of ${commit}`, () =>
    github.rest.repos.listPullRequestsAssociatedWithCommit({ owner, repo, commit_sha: commit }),
  );
  const merged = pulls.filter(({ merged_at }) => merged_at !== null);
  return merged.find(({ merge_commit_sha }) => merge_commit_sha === commit) ?? merged[0];
}

/** The commits of main before one and after the last that was deployed, newest first. @throws GithubRequestError */
export async function* undeployedBefore(options: Deployable): AsyncGenerator<string> {
  const { github, owner, repo, commit } = options;
  const commits = await askingFor(commitsSchema, `reading the commits before ${commit}`, () =>
    github.rest.repos.listCommits({ owner, repo, sha: commit, per_page: 100 }),
  );
  const parents = new Map(commits.map(({ sha, parents }) => [sha, parents[0]?.sha]));
  let sha = parents.get(commit);
  for (let count = 0; sha !== undefined && count < MOST_EARLIER; count++) {
    if (await wasDeployed(options, sha)) return;
    yield sha;
    sha = parents.get(sha);
  }
}

/** Whether some run has deployed a commit to the environment. */
async function wasDeployed(
  { github, owner, repo, environment, workflow }: Deployable,
  sha: string,
): Promise<boolean> {
  if (workflow === undefined) return false;
  const { workflow_runs } = await askingFor(runsSchema, `looking for runs of ${workflow}`, () =>
    github.rest.actions.listWorkflowRuns({
      owner,
      repo,
      workflow_id: workflow,
      head_sha: sha,
      per_page: 100,
    }),
  );
  for (const { id } of workflow_runs) {
    const jobs = await jobsOf({ github, owner, repo }, id);
    const isDone = jobs.some(
      (job) =>
        ["deploy", "release"].some((name) => isCalled(job.name, `${name} (${environment})`)) &&
        deployStepOf(job) === "success",
    );
    if (isDone) return true;
  }
  return false;
}

/**
 * The merged pull requests that a run deploys: of its commit, and of those before it that are not deployed yet, as far as they change what its
 * workflow deploys.
 *
 * @throws GithubRequestError
 */
export async function deployedPulls(
  options: Deployable & { readonly deploys: (path: string) => boolean },
): Promise<number[]> {
  const commits = [options.commit];
  for await (const commit of undeployedBefore(options)) commits.push(commit);
  const numbers = new Set<number>();
  for (const commit of commits) {
    if ((await changedPath(options, commit, options.deploys)) === undefined) continue;
    const pull = await mergedPull(options, commit);
    if (pull) numbers.add(pull.number);
  }
  return [...numbers];
}
