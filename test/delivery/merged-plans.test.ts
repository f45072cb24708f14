import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../delivery/commands/wait-for/wait-for.ts";
import { EarlierWorkflowError, ReviewedPlanError } from "../../delivery/core/errors.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import { artifactName, fetchPlans } from "../../delivery/core/github/reviewed-plans.ts";
import { GithubServer } from "../support/github-server.ts";

const HEAD = "a".repeat(40);
const MERGE = "b".repeat(40);
const REPOSITORY = { owner: "acme", repo: "cali" };

let server: GithubServer;
let client: ReturnType<typeof githubClient>;
beforeEach(async () => {
  server = new GithubServer();
  await server.listen();
  client = githubClient({ apiUrl: server.url, token: "ghs_test" }, { retryPauseMs: 1 });
});
afterEach(() => server.close());

describe("fetchPlans", () => {
  const fetched = () => fetchPlans({ github: client, ...REPOSITORY, commit: MERGE, environment: "dev" });
  const merged = () => {
    const pull = server.open(HEAD);
    pull.mergeSha = MERGE;
    return pull;
  };
  const sealed = (text: string) => ({ "plans.sealed": Buffer.from(text) });
  const upload = (text: string, fromFork = false) =>
    server.upload(artifactName("dev", HEAD), sealed(text), server.run("terraform.yml", HEAD), fromFork);

  it("gets the newest plans of the pull request's last commit, over failures of GitHub's", async () => {
    merged();
    upload("first");
    upload("second");
    server.failures.push({ status: 502 }, { status: 500 });
    const { pullRequest, headSha, sealed: bytes } = await fetched();
    expect({ pullRequest, headSha, text: Buffer.from(bytes).toString() }).toEqual({
      pullRequest: 1,
      headSha: HEAD,
      text: "second",
    });
  });

  it("takes none that a fork has left under the same name", async () => {
    merged();
    upload("reviewed");
    upload("foreign", true);
    expect(Buffer.from((await fetched()).sealed).toString()).toBe("reviewed");
  });

  it.each([
    ["of no merged pull request", () => server.open(HEAD), /comes from no merged pull request/],
    ["whose plans don't exist", merged, /#1 for dev don't exist/],
    [
      "whose plans have expired",
      () => {
        merged();
        upload("old").expired = true;
      },
      /have expired/,
    ],
    [
      "with more than a bundle",
      () => {
        merged();
        const files = { ...sealed("x"), more: Buffer.from("y") };
        server.upload(artifactName("dev", HEAD), files, server.run("terraform.yml", HEAD));
      },
      /given plans\.sealed, more; allowed: one sealed bundle/,
    ],
  ])("refuses a commit %s", async (_, prepare, message) => {
    prepare();
    const error = await fetched().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ReviewedPlanError);
    expect(error.message).toMatch(message);
  });
});

describe("waitFor", () => {
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
  });
  const wait = (over: { graceMs?: number; limitMs?: number; job?: string } = {}) =>
    waitFor({
      github: client,
      ...REPOSITORY,
      workflow: "terraform.yml",
      commit: MERGE,
      graceMs: 0,
      pollMs: 1,
      limitMs: 60_000,
      print: (line) => said.push(line),
      ...over,
    });

  /** Jobs of a matrix in a reusable workflow, as GitHub names them. */
  const environments = (dev: string | null, prod: string | null) =>
    Object.entries({ dev, prod }).map(([name, conclusion]) => ({
      name: `infrastructure / deploy (${name})`,
      status: conclusion === null ? "waiting" : "completed",
      conclusion,
    }));

  it.each([null, "failure", "cancelled", "skipped"])(
    "goes on in dev, whatever became of prod: %s",
    async (prod) => {
      const run = server.run("terraform.yml", MERGE, prod === null ? "in_progress" : "completed");
      server.runs[0] = {
        ...run,
        conclusion: prod === null ? null : "failure",
        jobs: environments("success", prod),
      };
      await wait({ job: "deploy (dev)" });
      expect(said).toEqual(["terraform.yml's job deploy (dev) has succeeded."]);
      await expect(wait({ job: "deploy (prod)", limitMs: 0 })).rejects.toThrow(EarlierWorkflowError);
    },
  );

  it("does not go on in dev when dev itself failed, and takes a run without the job as a whole", async () => {
    const run = server.run("terraform.yml", MERGE);
    server.runs[0] = { ...run, jobs: environments("failure", "success") };
    await expect(wait({ job: "deploy (dev)" })).rejects.toThrow("job deploy (dev) ended with failure");
    await wait({ job: "deploy (team)" });
  });

  it("goes on when the workflow has succeeded, or was not started", async () => {
    await wait();
    expect(said).toEqual([`${MERGE} did not start terraform.yml.`]);
    server.run("terraform.yml", MERGE);
    await wait();
    expect(said.at(-1)).toBe("terraform.yml has succeeded.");
  });

  it("waits for one that GitHub lists late, and until it is over", async () => {
    const waiting = wait({ graceMs: 60_000 });
    await expect.poll(() => said).toEqual(["looking for terraform.yml"]);
    const run = server.run("terraform.yml", MERGE, "in_progress");
    await expect.poll(() => said.at(-1)).toBe("waiting for terraform.yml, which is in_progress");
    Object.assign(run, { status: "completed", conclusion: "success" });
    await waiting;
    expect(said.at(-1)).toBe("terraform.yml has succeeded.");
  });

  it("ends when it failed, or takes too long", async () => {
    const run = server.run("terraform.yml", MERGE, "in_progress");
    await expect(wait({ limitMs: 0 })).rejects.toThrow(EarlierWorkflowError);
    Object.assign(run, { status: "completed", conclusion: "failure" });
    await expect(wait()).rejects.toThrow(/terraform\.yml ended with failure: https:/);
  });
});
