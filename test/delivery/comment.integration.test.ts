import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setLabel } from "../../delivery/commands/comment/labels.ts";
import { type Marker, PLAN_COMMENT } from "../../delivery/commands/comment/marker.ts";
import { GithubRequestError } from "../../delivery/core/errors.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import { githubEnvironment } from "../../delivery/core/github/environment.ts";
import { postComment } from "../../delivery/core/github/own-comment.ts";
import type { PlanState } from "../../delivery/core/report/report.ts";
import { GithubServer } from "../support/github-server.ts";
import { HEAD, type StackInput, writePlanRun } from "../support/plan-runs.ts";
import { runCali } from "../support/run.ts";

let github: GithubServer;
let folder: string;
let number: number;

beforeEach(async () => {
  github = new GithubServer();
  await github.listen();
  number = github.open(HEAD).number;
  folder = mkdtempSync(join(tmpdir(), "cali-comment-"));
});
afterEach(async () => {
  await github.close();
  rmSync(folder, { recursive: true, force: true });
});

const plans = () => join(folder, "plans");
const summary = () => join(folder, "summary.md");

/** The whole program, as a workflow calls it. Nothing it says may hold the token. */
async function comment(stacks: readonly StackInput[], { env = {}, args = [] as string[], more = {} } = {}) {
  writePlanRun(plans(), stacks, more);
  const result = await runCali(["comment", "--plans", plans(), ...args], {
    env: { CALI_ENV: "dev", GITHUB_STEP_SUMMARY: summary(), ...github.environment, ...env },
  });
  expect(result.stdout + result.stderr).not.toContain(github.environment.GITHUB_TOKEN);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  return result;
}
const onPull = () => ["--pull-request", String(number)];
const visible = () => github.comments.filter(({ minimized }) => minimized === undefined);
const labelsOf = () => github.issues.find((issue) => issue.number === number)?.labels;

describe("cali comment", () => {
  it("writes one comment, updates it at the next push, and keeps the label in step", async () => {
    const page = "https://github.com/acme/cali/actions/runs/1/artifacts/2";
    const first = await comment([{ name: "01-kinesis", plan: "replace" }], {
      args: [...onPull(), "--page", page],
    });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain("**Data would be lost.**");
    expect(github.comments[0]?.body).toContain(`[Old and new values side by side](<${page}>)`);
    expect(labelsOf()).toEqual(["plan:destroy"]);
    expect(github.labels).toContainEqual(expect.objectContaining({ name: "plan:destroy", color: "b60205" }));
    expect(readFileSync(join(plans(), "comment.md"), "utf8")).toContain("### Destroyed or replaced: 3");
    expect(readFileSync(summary(), "utf8")).toContain("### Destroyed or replaced: 3");
    // Seoul has no confirmed price of a stream; two of its things stay unknown.
    expect(github.comments[0]?.body).toMatch(/\| `01-kinesis` \|.*\| [\d.]+ \+ \d+ unknown \|/);

    const html = join(folder, "pages", "plan.html");
    // The workflow's variable is empty where the page could not be kept.
    const second = await comment([{ name: "01-kinesis", plan: "no-op", status: "no-changes" }], {
      args: [...onPull(), "--page", "", "--html", html],
    });
    expect(readFileSync(html, "utf8")).toContain("no changes in 1 stack");
    expect(second.code).toBe(0);
    expect(second.stdout).toContain(
      "The comment is updated: https://github.com/acme/cali/pull/1#issuecomment-",
    );
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain("no changes in 1 stack");
    expect(labelsOf()).toEqual(["plan:no-changes"]);
  });

  it("stays within GitHub's limit, and keeps the whole beside the plans", async () => {
    const { code } = await comment([{ name: "06-iam", plan: "huge" }], { args: onPull() });
    expect(code).toBe(0);
    expect(Buffer.byteLength(github.comments[0]?.body ?? "")).toBeLessThan(65_536);
    const whole = readFileSync(join(plans(), "comment.md"), "utf8");
    expect(whole).toContain("team-219/part-5/*");
    expect(Buffer.byteLength(readFileSync(summary()))).toBeLessThan(1_048_576);
  });

  it("shows stacks that wait and stacks that failed; --print asks GitHub nothing", async () => {
    const { code, stdout } = await comment(
      [
        { name: "05-eks", plan: "sensitive" },
        { name: "08-cluster", status: "waiting", waitsFor: ["05-eks"], reason: "no cluster yet" },
        { name: "09-fluent-bit", status: "failed", reason: "Error: broken" },
      ],
      { args: ["--print"], env: { GITHUB_TOKEN: "" } },
    );
    expect(code).toBe(0);
    expect(stdout).toContain("`08-cluster` waits for `05-eks`");
    expect(stdout).toContain("Error: broken");
    expect(stdout).not.toMatch(/Passw0rd|An0ther/);
    expect(github.requests).toEqual([]);
  });

  it("writes the page alone without asking GitHub", async () => {
    const html = join(folder, "plan.html");
    const { code, stdout } = await comment([{ name: "05-eks", plan: "sensitive" }], {
      args: ["--html", html],
      env: { GITHUB_TOKEN: "" },
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(readFileSync(html, "utf8")).not.toMatch(/Passw0rd|An0ther/);
    expect(github.requests).toEqual([]);
    const refused = await comment([{ name: "05-eks", plan: "sensitive" }], {
      args: [...onPull(), "--page", "http://example.com"],
    });
    expect(refused.stderr).toContain("allowed: an https URL");
  });

  it.each([
    ["no token", { env: { GITHUB_TOKEN: "" } }, /GITHUB_TOKEN: given nothing/],
    [
      "a repository that is none",
      { env: { GITHUB_REPOSITORY: "cali" } },
      /GITHUB_REPOSITORY: given "cali"; allowed: owner/,
    ],
    [
      "an API without TLS",
      { env: { GITHUB_API_URL: "http://example.com" } },
      /GITHUB_API_URL: .* allowed: an https URL/,
    ],
    [
      "an API that is no URL",
      { env: { GITHUB_API_URL: "api" } },
      /GITHUB_API_URL: given "api"; allowed: an https URL/,
    ],
    ["plans of another environment", { more: { environment: "prod" } }, /--env: given dev; allowed: prod/],
    [
      "a run that is none",
      { more: { commit: "HEAD" } },
      /run.json is not what cali plan writes:[\s\S]*commit/,
    ],
    ["a token that GitHub refuses", { env: { GITHUB_TOKEN: "ghs_other" } }, /GitHub answered 401/],
  ])("refuses %s in plain words", async (_, how, message) => {
    const { code, stderr } = await comment([{ name: "01-kinesis", plan: "no-op" }], {
      args: onPull(),
      ...how,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(github.comments).toEqual([]);
  });
});

describe("the comment", () => {
  const pull = (pause = 1) => ({
    github: githubClient(githubEnvironment(github.environment), { retryPauseMs: pause }),
    owner: "acme",
    repo: "cali",
    number,
  });
  const marker = (more: Partial<Marker> = {}): Marker => ({
    environment: "dev",
    state: "changes",
    run: 7,
    ...more,
  });
  const bodies = () => visible().map(({ body }) => body.split("\n")[1]);

  it("is found by its author as well: a marker that somebody else wrote is only text", async () => {
    await postComment(pull(), PLAN_COMMENT, marker(), "ours");
    github.write(number, github.comments[0]?.body.replace("ours", "forged") ?? "");
    const { did } = await postComment(pull(), PLAN_COMMENT, marker(), "newer");
    expect(did).toBe("updated");
    expect(bodies()).toEqual(["newer", "forged"]);
  });

  it("is one for each environment, among more comments than a page has", async () => {
    for (let count = 0; count < 130; count++) github.write(number, `chat ${count}`);
    await postComment(pull(), PLAN_COMMENT, marker(), "dev");
    await postComment(pull(), PLAN_COMMENT, marker({ environment: "prod" }), "prod");
    await postComment(pull(), PLAN_COMMENT, marker(), "dev again");
    expect(
      visible()
        .slice(130)
        .map(({ body }) => body.split("\n")[1]),
    ).toEqual(["dev again", "prod"]);
  });

  it("stays the only one when several runs write at once", async () => {
    await Promise.all(["a", "b", "c"].map((text) => postComment(pull(), PLAN_COMMENT, marker(), text)));
    expect(visible()).toHaveLength(1);
    expect(
      github.comments.every(({ minimized }) => minimized === undefined || minimized === "OUTDATED"),
    ).toBe(true);
  });

  it("of a later run is not overwritten by an earlier one that took longer", async () => {
    await postComment(pull(), PLAN_COMMENT, marker({ run: 9 }), "newer plan");
    const { did } = await postComment(pull(), PLAN_COMMENT, marker({ run: 8 }), "older plan");
    expect(did).toBe("superseded");
    expect(bodies()).toEqual(["newer plan"]);
  });

  it("is written in spite of errors of the server and limits", async () => {
    const limited = {
      status: 429,
      body: { message: "You have exceeded a secondary rate limit" },
      headers: { "retry-after": "1" },
    };
    github.failures.push({ status: 502, body: {} }, { status: 503, body: {} }, limited);
    await postComment(pull(), PLAN_COMMENT, marker(), "in the end");
    expect(bodies()).toEqual(["in the end"]);
  });

  it("is given up when the server never answers right, or says that the token may not", async () => {
    github.failures.push(...Array.from({ length: 20 }, () => ({ status: 500, body: { message: "broken" } })));
    await expect(postComment(pull(), PLAN_COMMENT, marker(), "x")).rejects.toThrow(
      /asking whose token it is: GitHub answered 500: broken/,
    );
    expect(github.requests).toHaveLength(4);
    github.failures.splice(0, 20, {
      status: 403,
      body: { message: "Resource not accessible by integration" },
    });
    const refused = postComment(pull(), PLAN_COMMENT, marker(), "x");
    await expect(refused).rejects.toThrow(GithubRequestError);
    await expect(refused).rejects.toThrow(/403: Resource not accessible[\s\S]*pull-requests: write/);
  });

  it("gives the label of the worst that any environment's plan does", async () => {
    const label = async (...states: PlanState[]) => {
      await setLabel(pull(), states);
      return labelsOf()?.filter((name) => name.startsWith("plan:"));
    };
    github.issues.find((issue) => issue.number === number)?.labels.push("bug", "plan:no-changes");
    github.labels.push({ name: "plan:destroy", color: "000000", description: "ours" });
    expect(await label("changes", "destroy")).toEqual(["plan:destroy"]);
    expect(github.labels.find(({ name }) => name === "plan:destroy")?.color).toBe("000000");
    expect(await label("no-changes", "changes")).toEqual(["plan:changes"]);
    expect(labelsOf()).toContain("bug");
    const before = github.requests.length;
    await setLabel(pull(), ["changes"]);
    expect(github.requests.slice(before).map(({ method }) => method)).toEqual(["GET"]);
  });
});
