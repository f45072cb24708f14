import { type UnzipFileInfo, type Unzipped, unzip } from "fflate";
import { ReviewedPlanError } from "../errors.ts";
import { asking, type Github } from "./client.ts";

/** A sealed bundle has the plans of all stacks; thirteen of them are some MiB. */
const LARGEST_ARTIFACT_BYTES = 256 * 1024 * 1024;
const REMEDY =
  "Remedy: run the workflow by hand, which plans anew (cali deploy --replan) and needs the environment's approval all the same.";

export interface ReviewedPlans {
  /** Number of the pull request that was merged. */
  readonly pullRequest: number;
  /** Its last commit, which the plans are of. */
  readonly headSha: string;
  /** The sealed bundle. */
  readonly sealed: Uint8Array;
}

export interface FetchOptions {
  readonly github: Github;
  readonly owner: string;
  readonly repo: string;
  /** The commit on main that is deployed. */
  readonly commit: string;
  /** As `terraform.yml` names the artifact. */
  readonly environment: string;
}

/** The artifact that terraform.yml keeps a pull request's plans in. */
export function artifactName(environment: string, headSha: string): string {
  return `plans-${environment}-${headSha}`;
}

/**
 * Gets the plans that were reviewed in the pull request which became this commit.
 *
 * @throws ReviewedPlanError when the commit is of no merged pull request, or its plans are gone; GithubRequestError.
 */
export async function fetchPlans(options: FetchOptions): Promise<ReviewedPlans> {
  const { github, owner, repo, commit, environment } = options;
  const { number, head } = await mergedPullRequest(options);
  const name = artifactName(environment, head.sha);
  const { data } = await asking(`looking for the artifact ${name}`, () =>
    github.rest.actions.listArtifactsForRepo({ owner, repo, name, per_page: 100 }),
  );
  // Only what a run of this repository's own branches left: a fork's run may choose the same name.
  const own = data.artifacts.filter(
    ({ workflow_run: run }) => run?.head_sha === head.sha && run.head_repository_id === run.repository_id,
  );
  const artifact = own
    .filter(({ expired }) => !expired)
    .sort((a, b) => (b.created_at ?? "").localeCompare(a.created_at ?? ""))[0];
  if (!artifact) {
    const why = own.length > 0 ? "have expired" : "don't exist";
    throw new ReviewedPlanError(
      `the plans of pull request #${number} for ${environment} ${why}: no artifact ${name} for commit ${commit}\n${REMEDY}`,
    );
  }
  if (artifact.size_in_bytes > LARGEST_ARTIFACT_BYTES) {
    throw new ReviewedPlanError(
      `artifact ${name}: given ${artifact.size_in_bytes} bytes; allowed: up to ${LARGEST_ARTIFACT_BYTES}`,
    );
  }
  const download = await asking(`downloading the artifact ${name}`, () =>
    github.rest.actions.downloadArtifact({ owner, repo, artifact_id: artifact.id, archive_format: "zip" }),
  );
  const sealed = await onlyFile(new Uint8Array(download.data as ArrayBuffer), name);
  return { pullRequest: number, headSha: head.sha, sealed };
}

/** Merges before this one that are looked at: more than are ever queued. */
const MOST_EARLIER = 20;

/**
 * The plans of pull requests that were merged before a commit, newest first: what of them is not deployed yet is deployed with it. Commits
 * without a reviewed plan are passed over.
 *
 * @throws GithubRequestError
 */
export async function fetchEarlierPlans(options: FetchOptions): Promise<ReviewedPlans[]> {
  const { github, owner, repo, commit } = options;
  const { data } = await asking(`reading the commits before ${commit}`, () =>
    github.rest.repos.listCommits({ owner, repo, sha: commit, per_page: 100 }),
  );
  const parents = new Map(data.map(({ sha, parents }) => [sha, parents[0]?.sha]));
  const found: ReviewedPlans[] = [];
  let sha = parents.get(commit);
  for (let count = 0; sha !== undefined && count < MOST_EARLIER; count++) {
    const plans = await fetchPlans({ ...options, commit: sha }).catch((error) => {
      if (error instanceof ReviewedPlanError) return undefined;
      throw error;
    });
    if (plans && !found.some(({ headSha }) => headSha === plans.headSha)) found.push(plans);
    sha = parents.get(sha);
  }
  return found;
}

async function mergedPullRequest({ github, owner, repo, commit }: FetchOptions) {
  const { data } = await asking(`looking for the pull request of ${commit}`, () =>
    github.rest.repos.listPullRequestsAssociatedWithCommit({ owner, repo, commit_sha: commit }),
  );
  const merged = data.filter(({ merged_at }) => merged_at !== null);
  const found = merged.find(({ merge_commit_sha }) => merge_commit_sha === commit) ?? merged[0];
  if (!found) {
    throw new ReviewedPlanError(
      `commit ${commit} comes from no merged pull request, so nobody has reviewed a plan of it\n${REMEDY}`,
    );
  }
  return found;
}

async function onlyFile(archive: Uint8Array, name: string): Promise<Uint8Array> {
  let tooLarge = false;
  const filter = ({ originalSize }: UnzipFileInfo) => {
    tooLarge ||= originalSize > LARGEST_ARTIFACT_BYTES;
    return !tooLarge;
  };
  const files = await new Promise<Unzipped>((resolve, reject) => {
    unzip(archive, { filter }, (error, unzipped) => (error ? reject(error) : resolve(unzipped)));
  }).catch((error) => {
    throw new ReviewedPlanError(`artifact ${name} is no zip archive: ${error.message}`, { cause: error });
  });
  const [file, ...more] = Object.values(files);
  if (tooLarge || !file || more.length > 0) {
    throw new ReviewedPlanError(
      `artifact ${name}: given ${tooLarge ? "a file that is too large" : Object.keys(files).join(", ") || "no file"}; allowed: one sealed bundle`,
    );
  }
  return file;
}
