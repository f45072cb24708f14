import { z } from "zod";
import { listing, type Repository } from "./client.ts";

const jobSchema = z.object({
  id: z.number(),
  run_id: z.number(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  created_at: z.string(),
  started_at: z.string(),
  completed_at: z.string().nullish(),
  html_url: z.string().nullable(),
  runner_name: z.string().nullish(),
  steps: z
    .array(
      z.object({
        name: z.string(),
        status: z.string().optional(),
        conclusion: z.string().nullable(),
        started_at: z.string().nullish(),
      }),
    )
    .optional(),
});

/** The jobs of a run's latest attempt. @throws GithubRequestError */
export const jobsOf = ({ github, owner, repo }: Repository, runId: number) =>
  listing(jobSchema, `looking for the jobs of run ${runId}`, () =>
    github.paginate(github.rest.actions.listJobsForWorkflowRun, {
      owner,
      repo,
      run_id: runId,
      per_page: 100,
    }),
  );

/** Whether a job has this name; one of a reusable workflow is called `<caller's job> / <job>`. */
export const isCalled = (name: string, job: string): boolean => name === job || name.endsWith(` / ${job}`);

/** The step of the jobs `deploy` and `release` that is left out when there is nothing to do. */
const DEPLOY_STEPS: ReadonlySet<string> = new Set(["Deploy", "Release"]);

interface Done {
  readonly conclusion: string | null;
  readonly steps?: readonly { readonly name: string; readonly conclusion: string | null }[];
}

/** What became of the step that deploys, in a job that has succeeded; undefined: it has none, or has not succeeded. */
export function deployStepOf({ conclusion, steps = [] }: Done): string | null | undefined {
  if (conclusion !== "success") return undefined;
  return steps.find(({ name }) => DEPLOY_STEPS.has(name))?.conclusion;
}
