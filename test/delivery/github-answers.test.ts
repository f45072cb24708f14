import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setLabel } from "../../delivery/commands/comment/labels.ts";
import { openPricePullRequest } from "../../delivery/commands/cost/price-pull-request.ts";
import { findIssue } from "../../delivery/commands/drift/issue.ts";
import { waitingRuns } from "../../delivery/commands/drift/waiting-runs.ts";
import { gapsOf, identityOf } from "../../delivery/commands/pipeline-access/github-repository.ts";
import { takeTurn } from "../../delivery/commands/take-turn/take-turn.ts";
import { runHolder } from "../../delivery/commands/unlock/by-run.ts";
import { waitFor } from "../../delivery/commands/wait-for/wait-for.ts";
import { GithubRequestError } from "../../delivery/core/errors.ts";
import { type Github, githubClient, type Repository } from "../../delivery/core/github/client.ts";
import { githubEnvironment } from "../../delivery/core/github/environment.ts";
import { jobsOf } from "../../delivery/core/github/jobs.ts";
import { labelsAtMerge } from "../../delivery/core/github/label.ts";
import { mergedPull } from "../../delivery/core/github/merged.ts";
import { ownLogin } from "../../delivery/core/github/own-login.ts";
import { changedPath, latestChange } from "../../delivery/core/github/superseded.ts";
import { runDetails } from "../../delivery/core/notice/run-details.ts";
import { GithubServer } from "../support/github-server.ts";

// One for each test: a request that a test has left under way takes no answer of the next.
let server: GithubServer;
let github: Github;
let at: Repository;

beforeEach(async () => {
  server = new GithubServer();
  await server.listen();
  github = githubClient(githubEnvironment(server.environment));
  at = { github, owner: "acme", repo: "cali" };
});
afterEach(() => server.close());

const viewer = { data: { viewer: { login: "github-actions[bot]" } } };
const lock = {
  ID: "1",
  Operation: "",
  Info: "",
  Who: "",
  Version: "",
  Created: "2026-11-29T00:00:00Z",
  Path: "",
};
const identity = { owner: "acme", name: "cali", ownerId: 1, repositoryId: 2, isPrivate: false };
const wait = { workflow: "terraform.yml", pollMs: 1, limitMs: 1, print: () => {} };
const table = { region: "eu-west-1", path: "x/eu-west-1.json", text: "{}", changes: [], kept: [] };

/** What reads an answer of GitHub; `first` is what GitHub answers before it. */
const READS: readonly [name: string, read: () => Promise<unknown>, ...first: unknown[]][] = [
  ["whose token it is", () => ownLogin(github)],
  ["a pull request's labels", () => setLabel({ ...at, number: 1 }, ["changes"])],
  ["labels at the merge", () => labelsAtMerge(at, 1)],
  ["the issue about drift", () => findIssue(at, "dev"), viewer],
  ["runs that wait", () => waitingRuns(at, ["terraform.yml"], "dev")],
  ["jobs of a run", () => jobsOf(at, 1)],
  ["a merged pull request", () => mergedPull(at, "abc")],
  ["the files of a commit", () => changedPath(at, "abc", () => true)],
  ["later commits", () => latestChange(at, "abc", () => true)],
  ["a repository", () => identityOf(github, "acme/cali")],
  ["an environment and rules", () => gapsOf(github, identity, "production")],
  ["runs whose turn it is", () => takeTurn({ ...at, ...wait, runId: 1, job: "deploy (dev)" })],
  ["the run that holds a lock", () => runHolder(lock, { ...at, runId: 1, ownRunId: 2 })],
  ["runs to wait for", () => waitFor({ ...at, ...wait, commit: "abc", deploys: () => true, graceMs: 0 })],
  ["prices on main", () => openPricePullRequest(at, [table])],
  [
    "who approved",
    () => runDetails({ ...server.environment, GITHUB_RUN_ID: "1", GITHUB_EVENT_NAME: "schedule" }),
  ],
];
// Octokit takes a list without a body for an empty one.
const GARBAGE: readonly unknown[] = ["<html>sign in</html>", 5, { message: "moved" }, [null], [{ id: {} }]];

describe("an answer that is not GitHub's", () => {
  it.each(READS)("is an error of CALI's where it is read: %s", async (_, read, ...first) => {
    for (const body of GARBAGE) {
      // As many as a read may ask for at once.
      const garbage = Array.from({ length: 12 }, () => ({ status: 200, body }));
      server.failures.splice(
        0,
        Number.POSITIVE_INFINITY,
        ...first.map((one) => ({ status: 200, body: one })),
      );
      server.failures.push(...garbage);
      await expect(read(), JSON.stringify(body)).rejects.toThrow(GithubRequestError);
    }
  });

  it("says what was asked, where it is of another form, what was given and what is expected", async () => {
    server.failures.push({ status: 200, body: { ...viewer, data: { viewer: { login: ["x"] } } } });
    await expect(ownLogin(github)).rejects.toThrow(
      "asking whose token it is: GitHub's answer has another form than its API says: viewer.login: given a list, expected string",
    );
    server.failures.push({ status: 200, body: null });
    await expect(identityOf(github, "acme/cali")).rejects.toThrow("the answer: given null, expected object");
    server.failures.push({ status: 200, body: { id: 1, name: "cali", private: false } });
    await expect(identityOf(github, "acme/cali")).rejects.toThrow("owner: given nothing, expected object");
  });
});
