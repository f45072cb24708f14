import { asking, type Github } from "./client.ts";

interface Where {
  readonly github: Github;
  readonly owner: string;
  readonly repo: string;
}

/** The jobs of a run's latest attempt. @throws GithubRequestError */
export const jobsOf = ({ github, owner, repo }: Where, runId: number) =>
  asking(`looking for the jobs of run ${runId}`, () =>
    github.paginate(github.rest.actions.listJobsForWorkflowRun, {
      owner,
      repo,
      run_id: runId,
      per_page: 100,
    }),
  );

/** Whether a job has this name; one of a reusable workflow is called `<caller's job> / <job>`. */
export const isCalled = (name: string, job: string): boolean => name === job || name.endsWith(` / ${job}`);
