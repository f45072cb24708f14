import { afterEach, beforeEach, expect, it } from "vitest";
import { NOTHING } from "../../delivery/commands/drift/finding.ts";
import { findIssue, writeIssue } from "../../delivery/commands/drift/issue.ts";
import { markerLine } from "../../delivery/commands/drift/marker.ts";
import { driftReport } from "../../delivery/commands/drift/report.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import { githubEnvironment } from "../../delivery/core/github/environment.ts";
import { GithubServer } from "../support/github-server.ts";
import { planOf } from "../support/plans.ts";
import { COMMIT, plannedStack } from "../support/reports.ts";

let server: GithubServer;

beforeEach(async () => {
  server = new GithubServer();
  await server.listen();
});
afterEach(() => server.close());

/** A night's run: finds what is in this plan, and brings the issue in line. */
async function night(plan: string, environment = "dev") {
  const github = githubEnvironment(server.environment);
  const repository = { ...github, github: githubClient(github, { retryPauseMs: 1 }) };
  const stacks = [plannedStack(planOf(plan))];
  const report = driftReport({
    environment,
    commit: COMMIT,
    stacks,
    links: github.links,
    states: [],
    privileges: [],
  });
  const { did } = await writeIssue(repository, await findIssue(repository, environment), report);
  return did;
}
const bot = { login: "github-actions[bot]", type: "Bot" } as const;
const marker = (environment: string) => markerLine({ environment, digest: NOTHING, findings: [] });

it("is found on whatever page it is, and is neither somebody else's, another environment's nor a pull request", async () => {
  expect(await night("drift")).toBe("opened");
  const [own] = server.issues;
  const pull = server.open("a".repeat(40));
  const issueOfPull = server.issues.find(({ number }) => number === pull.number);
  Object.assign(issueOfPull ?? {}, { body: marker("dev"), labels: ["drift"] });
  server.report("Drift of dev", marker("dev"), ["drift"]);
  server.report("Drift of prod", marker("prod"), ["drift"], bot);
  server.report("Drift of dev, without its label", marker("dev"), [], bot);
  for (let count = 0; count < 120; count++) server.report(`Another ${count}`, "", ["drift"], bot);
  const before = server.issues.length;
  expect(await night("drift")).toBe("nothing");
  expect(await night("moved")).toBe("updated");
  expect(own?.body).toContain("In the code and not deployed: 1");
  expect(await night("no-op")).toBe("closed");
  expect(own).toMatchObject({ state: "closed", state_reason: "completed" });
  expect(server.issues).toHaveLength(before);
  expect(await night("moved", "prod")).toBe("updated");
});

it("holds what GitHub takes of the largest drift", async () => {
  expect(await night("huge")).toBe("opened");
  const body = server.issues[0]?.body ?? "";
  expect([...body].length).toBeLessThanOrEqual(65_536);
  expect(body).toContain("had no room, in part or at all");
  expect(await night("huge")).toBe("nothing");
});

it("notes without a word that what a person closed is gone, and is opened again when it is back", async () => {
  await night("drift");
  const issue = server.issues[0];
  if (issue) issue.state = "closed";
  expect(await night("drift")).toBe("nothing");
  expect(await night("no-op")).toBe("noted");
  expect(server.comments).toEqual([]);
  expect(await night("no-op")).toBe("nothing");
  expect(await night("drift")).toBe("reopened");
  expect(issue?.state).toBe("open");
  expect(server.comments.map(({ body }) => body.split("\n")[0])).toEqual([
    expect.stringContaining("There is drift again"),
  ]);
});

it("is closed when a person opens it again and there is nothing", async () => {
  await night("drift");
  await night("no-op");
  const issue = server.issues[0];
  if (issue) issue.state = "open";
  expect(await night("no-op")).toBe("closed");
  expect(issue?.state).toBe("closed");
});

it("is notified again by the next run of what was cut off before it was kept", async () => {
  await night("drift");
  const github = githubEnvironment(server.environment);
  const repository = { ...github, github: githubClient(github, { retryPauseMs: 1 }) };
  const issue = await findIssue(repository, "dev");
  server.refused = ({ method }) => method === "PATCH";
  const report = driftReport({
    environment: "dev",
    commit: COMMIT,
    stacks: [plannedStack(planOf("moved"))],
    links: undefined,
    states: [],
    privileges: [],
  });
  await expect(writeIssue(repository, issue, report)).rejects.toThrow(
    /updating issue #\d+: GitHub answered 403/,
  );
  server.refused = undefined;
  expect(await night("moved")).toBe("updated");
  expect(server.comments).toHaveLength(2);
});
