import { type UnzipFileInfo, type Unzipped, unzip } from "fflate";
import { z } from "zod";
import { ReviewedPlanError } from "../errors.ts";
import { askingFor, type Repository } from "./client.ts";
import { mergedPull, undeployedBefore } from "./merged.ts";

/** A sealed bundle has the plans of all stacks; thirteen of them are some MiB. */
const LARGEST_ARTIFACT_BYTES = 256 * 1024 * 1024;
const REMEDY =
  "Remedy: run the workflow by hand, which plans anew and shows the plan before the environment's approval.";

const artifactsSchema = z.object({
  artifacts: z.array(
    z.object({
      id: z.number(),
      size_in_bytes: z.number(),
      expired: z.boolean(),
      created_at: z.string().nullable(),
      workflow_run: z
        .object({
          head_sha: z.string().nullish(),
          repository_id: z.number().nullish(),
          head_repository_id: z.number().nullish(),
        })
        .nullish(),
    }),
  ),
});

export interface ReviewedPlans {
  /** Number of the pull request that was merged; undefined: the run that was started by hand has made them. */
  readonly pullRequest?: number;
  /** The commit that the plans are of: a pull request's last one. */
  readonly headSha: string;
  /** The sealed bundle. */
  readonly sealed: Uint8Array;
}

export interface FetchOptions extends Repository {
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
  const merged = await mergedPull(options, commit);
  if (!merged) {
    throw new ReviewedPlanError(
      `commit ${commit} comes from no merged pull request, so nobody has reviewed a plan of it\n${REMEDY}`,
    );
  }
  const { number, head } = merged;
  const name = artifactName(environment, head.sha);
  const { artifacts } = await askingFor(artifactsSchema, `looking for the artifact ${name}`, () =>
    github.rest.actions.listArtifactsForRepo({ owner, repo, name, per_page: 100 }),
  );
  // Only what a run of this repository's own branches left: a fork's run may choose the same name. Two ids that are missing are not the same.
  const own = artifacts.filter(
    ({ workflow_run: run }) =>
      run?.head_sha === head.sha &&
      typeof run.repository_id === "number" &&
      run.head_repository_id === run.repository_id,
  );
  const [artifact] = newestFirst(own.filter(({ expired }) => !expired));
  if (!artifact) {
    const why = own.length > 0 ? "have expired" : "don't exist";
    throw new ReviewedPlanError(
      `the plans of pull request #${number} for ${environment} ${why}: no artifact ${name} for commit ${commit}\n${REMEDY}`,
    );
  }
  const sealed = await contentOf(options, artifact, name);
  return { pullRequest: number, headSha: head.sha, sealed };
}

/** The artifact in which a run that was started by hand keeps its plans until they are approved. */
export const dispatchedArtifactName = (environment: string) => `dispatched-plans-${environment}`;

/**
 * Gets the plans that a run has made itself, before its approval.
 *
 * @throws ReviewedPlanError when there are none; GithubRequestError.
 */
export async function fetchOwnPlans(
  options: FetchOptions & { readonly runId: number },
): Promise<ReviewedPlans> {
  const { github, owner, repo, commit, environment, runId } = options;
  const name = dispatchedArtifactName(environment);
  const { artifacts } = await askingFor(artifactsSchema, `looking for the artifact ${name}`, () =>
    github.rest.actions.listWorkflowRunArtifacts({ owner, repo, run_id: runId, name, per_page: 100 }),
  );
  const [artifact] = newestFirst(artifacts.filter(({ expired }) => !expired));
  if (!artifact) {
    throw new ReviewedPlanError(
      `run ${runId} has no artifact ${name} (any more)\nRemedy: start the workflow anew.`,
    );
  }
  return { headSha: commit, sealed: await contentOf(options, artifact, name) };
}

function newestFirst<Kind extends { readonly created_at: string | null }>(
  artifacts: readonly Kind[],
): Kind[] {
  return [...artifacts].sort((a, b) => (b.created_at ?? "").localeCompare(a.created_at ?? ""));
}

async function contentOf(
  { github, owner, repo }: FetchOptions,
  { id, size_in_bytes: size }: { readonly id: number; readonly size_in_bytes: number },
  name: string,
): Promise<Uint8Array> {
  if (size > LARGEST_ARTIFACT_BYTES) {
    throw new ReviewedPlanError(
      `artifact ${name}: given ${size} bytes; allowed: up to ${LARGEST_ARTIFACT_BYTES}`,
    );
  }
  const archive = await askingFor(z.instanceof(ArrayBuffer), `downloading the artifact ${name}`, () =>
    github.rest.actions.downloadArtifact({ owner, repo, artifact_id: id, archive_format: "zip" }),
  );
  return await onlyFile(new Uint8Array(archive), name);
}

/**
 * The plans of pull requests that were merged before a commit and after the last one that was deployed, newest first: what of them is not
 * deployed yet is deployed with it. Commits without a reviewed plan are passed over.
 *
 * @param workflow the file of the workflow that deploys; undefined: nobody knows what was deployed.
 * @throws GithubRequestError
 */
export async function fetchEarlierPlans(
  options: FetchOptions & { readonly workflow: string | undefined },
): Promise<ReviewedPlans[]> {
  const found: ReviewedPlans[] = [];
  for await (const commit of undeployedBefore(options)) {
    const plans = await fetchPlans({ ...options, commit }).catch((error) => {
      if (error instanceof ReviewedPlanError) return undefined;
      throw error;
    });
    if (plans && !found.some(({ headSha }) => headSha === plans.headSha)) found.push(plans);
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
