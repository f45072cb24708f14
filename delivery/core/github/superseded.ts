import { z } from "zod";
import { GithubRequestError, SupersededError } from "../errors.ts";
import { answered, asking, askingFor, type Repository, repositoryOf } from "./client.ts";
import { githubEnvironment } from "./environment.ts";
import type { WorkflowFilter } from "./workflow-file.ts";

/** What is deployed from. */
const BRANCH = "main";
/** Files that GitHub lists of a commit, at most. https://docs.github.com/en/rest/commits/commits#get-a-commit */
const MOST_FILES = 3_000;
const NOT_FOUND = 404;

const commitSchema = z.object({ sha: z.string(), parents: z.array(z.object({ sha: z.string() })) });
const comparisonSchema = z.object({
  status: z.string(),
  total_commits: z.number(),
  commits: z.array(commitSchema),
});
const filesSchema = z.object({
  sha: z.string(),
  files: z.array(z.object({ filename: z.string(), previous_filename: z.string().optional() })).optional(),
});
const runsSchema = z.object({
  workflow_runs: z.array(
    z.object({ status: z.string().nullable(), conclusion: z.string().nullable(), html_url: z.string() }),
  ),
});

/** A commit, as far as it is looked at. */
type Commit = z.output<typeof commitSchema>;

export interface SupersededOptions {
  readonly variables: NodeJS.ProcessEnv;
  /** The commit on main that this run is of. */
  readonly commit: string;
  readonly filter: () => WorkflowFilter;
  /** What the run would do, such as `deploy`. */
  readonly doing: string;
}

/**
 * Refuses what an old run would do: main may hold a later commit, which changes what this workflow deploys, and going on would undo it. A
 * run of a workflow may be started again for 30 days, and may have waited as long for an approval. Outside of a workflow nothing is
 * asked: whoever types a command knows what is checked out.
 *
 * @returns why nothing is left to do, where a push has started this run and nobody started it again, and the later commit's run deploys this
 *   commit, too: it goes on, or has succeeded. undefined: this run is the latest.
 * @throws SupersededError naming the later commit and its run; GithubRequestError, GithubEnvironmentError.
 */
export async function refuseSuperseded({
  variables,
  commit,
  filter,
  doing,
}: SupersededOptions): Promise<string | undefined> {
  if (variables.GITHUB_ACTIONS !== "true" && !variables.GITHUB_WORKFLOW_REF) return undefined;
  const where = githubEnvironment(variables);
  const repository = repositoryOf(where);
  const { workflows, deploys } = filter();
  const found = await latestChange(repository, commit, deploys);
  if (found === undefined) return undefined;
  const { sha, path } = found;
  const later = `the later commit ${where.links.repository}/commit/${sha}, which changes ${path}`;
  const run = await runOf(repository, sha, workflows);
  const isFirst = variables.GITHUB_EVENT_NAME === "push" && variables.GITHUB_RUN_ATTEMPT === "1";
  if (isFirst && run.covers) return `Commit ${commit} is deployed with ${later}.\nIts run: ${run.text}`;
  throw new SupersededError(
    `This run would ${doing} commit ${commit}, but ${BRANCH} holds ${later}. Nothing was changed.\nIts run: ${run.text}\nRemedy: run that one again if it failed; to go back to an older state, revert the commit.`,
  );
}

/**
 * The newest commit of main after one that changes what a workflow deploys: its run deploys the earlier one, too. undefined: there is none.
 *
 * @throws SupersededError when the commit is not in main; GithubRequestError.
 */
export async function latestChange(
  repository: Repository,
  commit: string,
  deploys: (path: string) => boolean,
): Promise<{ readonly sha: string; readonly path: string } | undefined> {
  for (const { sha } of await laterCommits(repository, commit)) {
    const path = await changedPath(repository, sha, deploys);
    if (path !== undefined) return { sha, path };
  }
  return undefined;
}

/** The commits of main after one, newest first; of a merge only the merge itself, which has all that it brings. */
async function laterCommits(repository: Repository, commit: string): Promise<Commit[]> {
  const { github, owner, repo } = repository;
  const basehead = `${commit}...${BRANCH}`;
  const commits = new Map<string, Commit>();
  let head: string | undefined;
  for (let page = 1; ; page++) {
    const data = await askingFor(comparisonSchema, `comparing ${commit} with ${BRANCH}`, () =>
      github.rest.repos.compareCommitsWithBasehead({ owner, repo, basehead, per_page: 100, page }),
    );
    if (data.status === "diverged" || data.status === "behind") {
      throw new SupersededError(
        `Commit ${commit} is not in ${BRANCH}: its history was rewritten, or the run is of another branch. Nothing was changed.\nRemedy: run the workflow by hand on ${BRANCH}.`,
      );
    }
    for (const one of data.commits) commits.set(one.sha, one);
    // Oldest first: the last one is where main is.
    head = data.commits.at(-1)?.sha ?? head;
    if (commits.size >= data.total_commits || data.commits.length === 0) break;
  }
  const line: Commit[] = [];
  for (let at = head && commits.get(head); at; at = commits.get(at.parents[0]?.sha ?? "")) line.push(at);
  return line;
}

/** A file of a commit that is deployed; undefined: it has none. @throws GithubRequestError */
export async function changedPath(
  { github, owner, repo }: Repository,
  ref: string,
  deploys: (path: string) => boolean,
): Promise<string | undefined> {
  let seen = 0;
  for (let page = 1; ; page++) {
    const doing = `reading the files of ${ref}`;
    const { data, headers } = await asking(doing, () =>
      github.rest.repos.getCommit({ owner, repo, ref, per_page: 100, page }),
    );
    const { files = [] } = answered(filesSchema, doing, data);
    seen += files.length;
    for (const { filename, previous_filename: before } of files) {
      if (deploys(filename)) return filename;
      // A file that leaves is a change of where it was.
      if (before !== undefined && deploys(before)) return before;
    }
    if (seen >= MOST_FILES) return `more than ${MOST_FILES} files`;
    if (!headers.link?.includes('rel="next"')) return undefined;
  }
}

/** The latest run that a commit has started, in words, and whether what it deploys is or will be deployed. */
async function runOf(
  { github, owner, repo }: Repository,
  sha: string,
  workflows: readonly string[],
): Promise<{ text: string; covers: boolean }> {
  for (const workflow_id of workflows) {
    try {
      const { workflow_runs } = await askingFor(runsSchema, `looking for runs of ${workflow_id}`, () =>
        github.rest.actions.listWorkflowRuns({ owner, repo, workflow_id, head_sha: sha, per_page: 1 }),
      );
      const [run] = workflow_runs;
      if (run) {
        const covers = run.status !== "completed" || run.conclusion === "success";
        return { text: `${run.html_url} (${run.conclusion ?? run.status})`, covers };
      }
    } catch (error) {
      // What refuses is the later commit; that its run can't be named is no reason to say something else.
      if (!(error instanceof GithubRequestError)) throw error;
      if (error.status !== NOT_FOUND) return { text: `not known (${error.message})`, covers: false };
    }
  }
  return { text: `none of ${workflows.join(", ")} is listed for it yet`, covers: false };
}
