import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeTurn } from "../../delivery/commands/take-turn/take-turn.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import type { WorkflowRun } from "../support/github-repository.ts";
import { GithubServer } from "../support/github-server.ts";

/** Which of the runs that an environment has approved deploys, and which wait. */

const COMMIT = "a".repeat(40);
let server: GithubServer;
const said: string[] = [];
beforeEach(async () => {
  server = new GithubServer();
  said.length = 0;
  await server.listen();
});
afterEach(() => server.close());

/** A run whose job is at something since some second. */
function running(
  status: "waiting" | "in_progress" | "completed",
  second: number,
  environment = "dev",
): WorkflowRun {
  const run = server.run("terraform.yml", COMMIT, status);
  run.jobs.push({
    id: server.nextId(),
    name: `infrastructure / deploy (${environment})`,
    status,
    conclusion: status === "completed" ? "success" : null,
    started_at: `2026-01-25T00:00:${String(second).padStart(2, "0")}Z`,
  });
  return run;
}
const turnOf = ({ id }: WorkflowRun, limitMs = 60_000) =>
  takeTurn({
    github: githubClient({ apiUrl: server.url, token: "ghs_test" }, { retryPauseMs: 1 }),
    owner: "acme",
    repo: "cali",
    workflow: "terraform.yml",
    runId: id,
    job: "deploy (dev)",
    pollMs: 1,
    limitMs,
    print: (line) => said.push(line),
  });

describe("the turn of a job that deploys", () => {
  it("comes at once where nothing works: who waits for an approval holds nothing up", async () => {
    running("waiting", 1);
    running("completed", 2);
    running("in_progress", 3, "prod");
    await turnOf(running("in_progress", 9));
    expect(said).toEqual([]);
  });

  it("comes when those that began before it are done, in whatever order they were started", async () => {
    const own = running("in_progress", 5);
    const earlier = running("in_progress", 4);
    running("in_progress", 6);
    const turn = turnOf(own);
    await expect
      .poll(() => said)
      .toEqual([`waiting for https://github.com/acme/cali/actions/runs/${earlier.id}/job/1`]);
    Object.assign(earlier.jobs[0] ?? {}, { status: "completed", conclusion: "failure" });
    await turn;
  });

  it("goes to exactly one of those that began in the same second", async () => {
    const [one, two] = [running("in_progress", 5), running("in_progress", 5)];
    await turnOf(one);
    await expect(turnOf(two, 0)).rejects.toThrow(`/actions/runs/${one.id}/job/1`);
  });

  it("comes in a run whose other environment waits for its approval", async () => {
    const earlier = running("in_progress", 4);
    Object.assign(earlier, { status: "waiting" });
    await expect(turnOf(running("in_progress", 5), 0)).rejects.toThrow(/is not over after 0 minutes/);
  });

  it("is not taken while GitHub does not list the job yet", async () => {
    const own = server.run("terraform.yml", COMMIT, "in_progress");
    await expect(turnOf(own, 0)).rejects.toThrow("GitHub does not list this run's own job");
  });
});
