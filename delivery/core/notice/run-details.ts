import { z } from "zod";
import { askingFor, githubClient } from "../github/client.ts";
import { githubEnvironment } from "../github/environment.ts";
import { jobsOf } from "../github/jobs.ts";
import { mergedPull } from "../github/merged.ts";

const reviewsSchema = z.array(
  z.object({ state: z.string(), user: z.object({ login: z.string().nullish() }).nullish() }),
);

/** What only GitHub knows of the run that notifies. */
export interface RunDetails {
  /** Who approved its deployments, by login. */
  readonly approvers: readonly string[];
  /** The steps of this job that have failed so far, by name. */
  readonly failedSteps: readonly string[];
  /** The merged pull request that a push brought. */
  readonly pullRequest?: number;
}

/**
 * Asks GitHub about the run. Nothing is asked outside of a workflow, or without a token.
 *
 * @throws GithubRequestError, GithubEnvironmentError
 */
export async function runDetails(variables: NodeJS.ProcessEnv): Promise<RunDetails> {
  const { GITHUB_TOKEN, GITHUB_RUN_ID, GITHUB_EVENT_NAME, GITHUB_SHA, RUNNER_NAME } = variables;
  if (!GITHUB_TOKEN || !GITHUB_RUN_ID) return { approvers: [], failedSteps: [] };
  const where = githubEnvironment(variables);
  const run = { owner: where.owner, repo: where.repo, run_id: Number(GITHUB_RUN_ID) };
  const github = githubClient(where);
  const isPush = GITHUB_EVENT_NAME === "push" && GITHUB_SHA !== undefined;
  const [approvals, jobs, pull] = await Promise.all([
    askingFor(reviewsSchema, "reading who approved the run", () => github.rest.actions.getReviewsForRun(run)),
    jobsOf({ ...where, github }, run.run_id),
    // Who approved is said even where this is not known.
    isPush ? mergedPull({ ...where, github }, GITHUB_SHA).catch(() => undefined) : undefined,
  ]);
  const approvers = approvals.flatMap(({ state, user }) =>
    state === "approved" && user?.login ? [user.login] : [],
  );
  // A runner has one job at a time: the one that notifies.
  const own = jobs.find(
    ({ runner_name, status }) => RUNNER_NAME && runner_name === RUNNER_NAME && status === "in_progress",
  );
  const failedSteps = (own?.steps ?? [])
    .filter(({ conclusion }) => conclusion === "failure")
    .map(({ name }) => name);
  return { approvers: [...new Set(approvers)], failedSteps, ...(pull && { pullRequest: pull.number }) };
}
