import { asking, githubClient } from "../github/client.ts";
import { githubEnvironment } from "../github/environment.ts";
import { jobsOf } from "../github/jobs.ts";

/** What only GitHub knows of the run that notifies. */
export interface RunDetails {
  /** Who approved its deployments, by login. */
  readonly approvers: readonly string[];
  /** The steps of this job that have failed so far, by name. */
  readonly failedSteps: readonly string[];
}

/**
 * Asks GitHub about the run. Nothing is asked outside of a workflow, or without a token.
 *
 * @throws GithubRequestError, GithubEnvironmentError
 */
export async function runDetails(variables: NodeJS.ProcessEnv): Promise<RunDetails> {
  const { GITHUB_TOKEN, GITHUB_RUN_ID, RUNNER_NAME } = variables;
  if (!GITHUB_TOKEN || !GITHUB_RUN_ID) return { approvers: [], failedSteps: [] };
  const where = githubEnvironment(variables);
  const run = { owner: where.owner, repo: where.repo, run_id: Number(GITHUB_RUN_ID) };
  const github = githubClient(where);
  const [approvals, jobs] = await Promise.all([
    asking("reading who approved the run", () => github.rest.actions.getReviewsForRun(run)),
    jobsOf({ ...where, github }, run.run_id),
  ]);
  const approvers = approvals.data.flatMap(({ state, user }) =>
    state === "approved" && user?.login ? [user.login] : [],
  );
  // A runner has one job at a time: the one that notifies.
  const own = jobs.find(
    ({ runner_name, status }) => RUNNER_NAME && runner_name === RUNNER_NAME && status === "in_progress",
  );
  const failedSteps = (own?.steps ?? [])
    .filter(({ conclusion }) => conclusion === "failure")
    .map(({ name }) => name);
  return { approvers: [...new Set(approvers)], failedSteps };
}
