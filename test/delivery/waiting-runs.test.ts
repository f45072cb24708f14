import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findingText } from "../../delivery/commands/drift/finding.ts";
import { driftMessage } from "../../delivery/commands/drift/message.ts";
import { driftReport } from "../../delivery/commands/drift/report.ts";
import { waitingRunFinding, waitingRuns } from "../../delivery/commands/drift/waiting-runs.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import { GithubServer } from "../support/github-server.ts";
import { HEAD, writePlanRun } from "../support/plan-runs.ts";
import { runCali } from "../support/run.ts";

/** Deployments that have begun and wait, as drift tells of them. */

const NOW = Date.parse("2026-01-25T03:17:00Z");
const COMMIT = "d".repeat(40);
let server: GithubServer;
beforeEach(async () => {
  server = new GithubServer();
  await server.listen();
});
afterEach(() => server.close());

type Status = Parameters<GithubServer["run"]>[2];
/** A run of a workflow, and its jobs by name: status, since when, the step it is at. */
function running(
  workflow: string,
  status: Status,
  jobs: Readonly<Record<string, readonly [status: string, since: string, step?: string]>>,
) {
  const run = server.run(workflow, COMMIT, status);
  for (const [name, [status, since, step]] of Object.entries(jobs)) {
    const steps = [
      { name: "Set up job", status: "completed", conclusion: "success" },
      ...(step ? [{ name: step, status: "in_progress", conclusion: null, started_at: since }] : []),
    ];
    run.jobs.push({ name, status, conclusion: null, created_at: since, steps });
  }
  return run;
}
const WORKFLOWS = ["terraform.yml", "helm.yml", "consumer.yml"];
const look = () =>
  waitingRuns(
    { github: githubClient({ apiUrl: server.url, token: "ghs_test" }), owner: "acme", repo: "cali" },
    WORKFLOWS,
    "dev",
  );
const texts = async () =>
  (await look()).map((run) => findingText(waitingRunFinding(run, NOW).words, (value) => `«${value}»`));
const urlOf = ({ id }: { id: number }) => `https://github.com/acme/cali/actions/runs/${id}`;

it("names what each waits for, with its age and link, the oldest first", async () => {
  const turn = running("helm.yml", "in_progress", {
    "cluster / deploy (dev)": [
      "in_progress",
      "2026-01-25T02:10:00Z",
      'Run exec node bin/cali.js take-turn --job "deploy ($CALI_ENV)" --out .cali/deploy',
    ],
  });
  const approval = running("terraform.yml", "waiting", {
    "infrastructure / deploy (dev)": ["waiting", "2026-01-21T14:03:59Z"],
    "infrastructure / deploy (prod)": ["waiting", "2026-01-20T14:03:59Z"],
  });
  const queued = running("consumer.yml", "queued", {
    "service / release (dev)": ["queued", "2026-01-25T03:15:30Z"],
  });
  expect(await texts()).toEqual([
    `«terraform.yml»'s job «deploy (dev)» of commit «ddddddd» waits for its approval since 2026-01-21 14:03 UTC (3 days at this look): ${urlOf(approval)}`,
    `«helm.yml»'s job «deploy (dev)» of commit «ddddddd» waits for other deployments since 2026-01-25 02:10 UTC (1 hour at this look): ${urlOf(turn)}`,
    `«consumer.yml»'s job «release (dev)» of commit «ddddddd» is queued since 2026-01-25 03:15 UTC (1 minute at this look): ${urlOf(queued)}`,
  ]);
});

it("names a run of which GitHub lists no job yet, and none that works, is over or deploys nothing", async () => {
  const run = server.run("terraform.yml", COMMIT, "queued");
  running("terraform.yml", "in_progress", {
    "infrastructure / deploy (dev)": ["in_progress", "2026-01-25T00:00:00Z", "Deploy"],
  });
  server.run("helm.yml", COMMIT);
  running("ci.yml", "queued", { unit: ["queued", "2026-01-25T00:00:00Z"] });
  expect(await look()).toEqual([
    expect.objectContaining({ runId: run.id, job: undefined, waitsFor: "runner" }),
  ]);
});

it("is the same finding however long it waits, and another one once it waits for something else", async () => {
  const run = running("terraform.yml", "waiting", {
    "infrastructure / deploy (dev)": ["waiting", "2026-01-21T14:03:59Z"],
  });
  const digest = async (now: number) =>
    driftReport({
      ...{ environment: "dev", commit: HEAD, stacks: [], links: undefined, states: undefined },
      ...{ privileges: undefined, runs: await look(), now },
    });
  const [first, later] = [await digest(NOW), await digest(NOW + 86_400_000)];
  expect(later.digest).toBe(first.digest);
  Object.assign(run.jobs[0] ?? {}, { status: "queued" });
  expect((await digest(NOW)).digest).not.toBe(first.digest);
  const message = JSON.stringify(driftMessage(first, "found", undefined));
  expect(message).toContain("waits for its approval since 2026-01-21 14:03 UTC (3 days at this look)");
  expect(message).toContain(urlOf(run));
});

it("cali drift prints them, and says when GitHub does not answer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-waiting-"));
  writePlanRun(folder, [{ name: "01-kinesis", plan: "no-op" }]);
  const run = running("terraform.yml", "waiting", {
    "infrastructure / deploy (dev)": ["waiting", "2026-01-21T14:03:59Z"],
  });
  const drift = (...more: string[]) =>
    runCali(["drift", "--plans", folder, ...more], { env: { CALI_ENV: "dev", ...server.environment } });
  const { code, stdout } = await drift("--detailed-exitcode");
  expect(code).toBe(2);
  expect(stdout).toContain("### Deployments that wait: 1");
  expect(stdout).toContain(urlOf(run));
  server.refused = ({ path }) => path.includes("/actions/runs");
  const refused = await drift();
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain("The runs that wait could not be looked for");
  rmSync(folder, { recursive: true, force: true });
});
