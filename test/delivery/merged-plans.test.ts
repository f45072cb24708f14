import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../delivery/commands/wait-for/wait-for.ts";
import { EarlierWorkflowError, ReviewedPlanError } from "../../delivery/core/errors.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import { labelsAtMerge } from "../../delivery/core/github/label.ts";
import {
  artifactName,
  dispatchedArtifactName,
  fetchEarlierPlans,
  fetchOwnPlans,
  fetchPlans,
} from "../../delivery/core/github/reviewed-plans.ts";
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

describe("the plans of pull requests that were merged before", () => {
  const digits = ["1", "2", "3", "4"].map((digit) => digit.repeat(40));
  /** Four merges, each with its plans. */
  const merges = () => {
    for (const merge of digits) {
      const head = merge.replaceAll(/./g, (digit) => String.fromCharCode(96 + Number(digit)));
      server.push(merge, []);
      server.open(head).mergeSha = merge;
      server.upload(artifactName("dev", head), { sealed: Buffer.from(head) }, server.run("ci.yml", head));
    }
  };
  const earlier = async () =>
    (
      await fetchEarlierPlans({
        github: client,
        ...REPOSITORY,
        commit: digits[3] ?? "",
        environment: "dev",
        workflow: "terraform.yml",
      })
    ).map(({ headSha }) => headSha[0]);
  const ran = (merge: string | undefined, conclusion: string, deploy: string) => {
    const steps = [{ name: "Deploy", conclusion: deploy }];
    const job = { name: "infrastructure / deploy (dev)", status: "completed", conclusion, steps };
    server.run("terraform.yml", merge ?? "").jobs.push(job);
  };

  it("are those since the last deployment; a run that failed or was superseded is none", async () => {
    merges();
    expect(await earlier()).toEqual(["c", "b", "a"]);
    ran(digits[2], "failure", "failure");
    ran(digits[1], "success", "skipped");
    expect(await earlier()).toEqual(["c", "b", "a"]);
    ran(digits[0], "success", "success");
    expect(await earlier()).toEqual(["c", "b"]);
  });

  it("of a run that was started by hand are its own, of no other run", async () => {
    const own = server.run("terraform.yml", MERGE);
    const options = { github: client, ...REPOSITORY, commit: MERGE, environment: "dev" };
    const name = dispatchedArtifactName("dev");
    server.upload(name, { sealed: Buffer.from("other") }, server.run("terraform.yml", MERGE));
    await expect(fetchOwnPlans({ ...options, runId: own.id })).rejects.toThrow(
      /has no artifact dispatched-plans-dev/,
    );
    server.upload(name, { sealed: Buffer.from("first") }, own);
    server.upload(name, { sealed: Buffer.from("second") }, own);
    const plans = await fetchOwnPlans({ ...options, runId: own.id });
    expect(plans).toMatchObject({ headSha: MERGE, sealed: Uint8Array.from(Buffer.from("second")) });
    expect(plans.pullRequest).toBeUndefined();
  });
});

describe("a label of a pull request that was merged", () => {
  const labelled = async (number: number) =>
    (await labelsAtMerge({ github: client, ...REPOSITORY }, number)).has("allow-data-loss");
  const before = "2026-01-24T23:59:59Z";
  const after = "2026-01-25T00:00:01Z";

  it.each([
    ["counts when it was set before", [["labeled", before]], true],
    ["does not count when it was set afterwards", [["labeled", after]], false],
    [
      "does not count when it was taken away before",
      [
        ["labeled", before],
        ["unlabeled", before],
      ],
      false,
    ],
    [
      "counts when it was taken away afterwards",
      [
        ["labeled", before],
        ["unlabeled", after],
      ],
      true,
    ],
    ["does not count when there was none", [], false],
  ] as const)("%s", async (_, events, counts) => {
    const pull = server.open(HEAD);
    pull.mergeSha = MERGE;
    server.label(pull.number, "plan:destroy", before);
    for (const [event, at] of events) server.label(pull.number, "allow-data-loss", at, event);
    expect(await labelled(pull.number)).toBe(counts);
  });

  it("is the one that there is while it is open", async () => {
    const { number } = server.open(HEAD);
    expect(await labelled(number)).toBe(false);
    server.label(number, "allow-data-loss", after);
    expect(await labelled(number)).toBe(true);
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
      deploys: (path) => path.startsWith("stacks/"),
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

  it("waits for the run that covers the one that ended as superseded, and fails with it", async () => {
    const LATER = "e".repeat(40);
    server.push(MERGE, ["stacks/01-kinesis.ts"]);
    server.push(LATER, ["stacks/02-s3.ts"]);
    server.push("f".repeat(40), ["README.md"]);
    const job = (status: string, conclusion: string | null, step = "success") => ({
      ...{ name: "infrastructure / deploy (dev)", status, conclusion },
      steps: [{ name: "Deploy", conclusion: step }],
    });
    server.run("terraform.yml", MERGE).jobs.push(job("completed", "success", "skipped"));
    const covering = server.run("terraform.yml", LATER, "in_progress");
    covering.jobs.push(job("waiting", null));
    const waiting = wait({ job: "deploy (dev)" });
    await expect
      .poll(() => said)
      .toEqual([
        `terraform.yml's job deploy (dev) has left it to the later commit ${LATER}`,
        "waiting for terraform.yml's job deploy (dev), which is waiting",
      ]);
    covering.jobs[0] = job("completed", "success");
    await waiting;
    expect(said.at(-1)).toBe("terraform.yml's job deploy (dev) has succeeded.");
    covering.jobs[0] = job("completed", "failure");
    await expect(wait({ job: "deploy (dev)" })).rejects.toThrow("job deploy (dev) ended with failure");
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
