import { z } from "zod";
import { listing, type Repository } from "../../core/github/client.ts";
import { isCalled, jobsOf } from "../../core/github/jobs.ts";
import { type Finding, fingerprintOf, type Look } from "./finding.ts";

/** What a run, or one of its jobs, waits for. */
const WAITS_FOR = {
  approval: "waits for its approval",
  turn: "waits for other deployments",
  runner: "is queued",
} as const;

/** A deployment that has begun and waits. */
export interface WaitingRun {
  readonly runId: number;
  /** File of the workflow, such as `terraform.yml`. */
  readonly workflow: string;
  /** The job; undefined: GitHub lists none of the run yet. */
  readonly job: string | undefined;
  readonly commit: string;
  readonly waitsFor: keyof typeof WAITS_FOR;
  /** When it began to, ISO 8601. */
  readonly since: string;
  readonly url: string;
}

/** What became of looking for runs that wait; undefined: they were not looked for. */
export type RunsLook = Look<WaitingRun>;

const runSchema = z.object({
  id: z.number(),
  path: z.string(),
  head_sha: z.string(),
  head_branch: z.string().nullable(),
  html_url: z.string(),
  status: z.string().nullable(),
  created_at: z.string(),
});

/** Statuses of a run that is not over (https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository). */
const OPEN = ["waiting", "queued", "pending", "requested", "in_progress"] as const;
/** Statuses of a job that has not begun. */
const NOT_BEGUN: ReadonlySet<string> = new Set(["queued", "pending", "requested"]);
/** Steps in which a job waits for others. */
const WAITS = /cali\.js (?:take-turn|wait-for)\b/;

/**
 * The runs of the workflows that deploy, as far as they wait in an environment, oldest first.
 *
 * @param workflows their files, such as `terraform.yml`.
 * @param environment as the names of their jobs end with it: `deploy (dev)`.
 * @throws GithubRequestError
 */
export async function waitingRuns(
  repository: Repository,
  workflows: readonly string[],
  environment: string,
): Promise<WaitingRun[]> {
  const { github, owner, repo } = repository;
  const pages = await Promise.all(
    OPEN.map((status) =>
      listing(runSchema, "looking for runs that wait", () =>
        github.paginate(github.rest.actions.listWorkflowRunsForRepo, { owner, repo, status, per_page: 100 }),
      ),
    ),
  );
  const runs = new Map(pages.flat().map((run) => [run.id, run]));
  const found = await Promise.all(
    [...runs.values()].map(async ({ id, path, head_sha, head_branch, html_url, status, created_at }) => {
      const workflow = path.split("@")[0]?.split("/").at(-1) ?? "";
      if (!workflows.includes(workflow) || head_branch !== "main") return [];
      const jobs = await jobsOf(repository, id);
      const about = { runId: id, workflow, commit: head_sha, url: html_url };
      if (jobs.length === 0) {
        const waitsFor = status === "waiting" ? ("approval" as const) : ("runner" as const);
        return [{ ...about, job: undefined, waitsFor, since: created_at }];
      }
      return jobs.flatMap((job): WaitingRun[] => {
        const name = ["deploy", "release"].find((one) => isCalled(job.name, `${one} (${environment})`));
        const step = job.steps?.find((one) => one.status === "in_progress");
        const waitsFor =
          job.status === "waiting"
            ? "approval"
            : NOT_BEGUN.has(job.status)
              ? "runner"
              : job.status === "in_progress" && WAITS.test(step?.name ?? "")
                ? "turn"
                : undefined;
        if (name === undefined || waitsFor === undefined) return [];
        const since = (waitsFor === "turn" && (step?.started_at ?? job.started_at)) || job.created_at;
        return [{ ...about, job: `${name} (${environment})`, waitsFor, since }];
      });
    }),
  );
  return found.flat().sort((a, b) => a.since.localeCompare(b.since) || a.runId - b.runId);
}

/** @param now ms since the epoch. */
export function waitingRunFinding(run: WaitingRun, now: number): Finding {
  const { runId, workflow, job, commit, waitsFor, since, url } = run;
  const began = new Date(since);
  const date = `${began.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return {
    kind: "waiting",
    stack: workflow,
    key: `${job ?? "run"} of run ${runId}`,
    words: [
      { value: workflow },
      ...(job === undefined ? [] : ["'s job ", { value: job }]),
      " of commit ",
      { value: commit.slice(0, 7) },
      ` ${WAITS_FOR[waitsFor]} since ${date} (${ageText(now - began.getTime())} at this look): ${/^https?:\/\/[\w.:/-]+$/.test(url) ? url : ""}`,
    ],
    lines: [],
    fingerprint: fingerprintOf([runId, job, waitsFor]),
  };
}

function ageText(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60)];
  const [count, unit] = days > 0 ? [days, "day"] : hours > 0 ? [hours, "hour"] : [minutes, "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
