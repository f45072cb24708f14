import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SupersededError } from "../../delivery/core/errors.ts";
import { pathFilter } from "../../delivery/core/github/path-filter.ts";
import { refuseSuperseded } from "../../delivery/core/github/superseded.ts";
import { filterOfAll, filterOfRun } from "../../delivery/core/github/workflow-file.ts";
import { deployNotice } from "../../delivery/core/notice/collect.ts";
import { GithubServer } from "../support/github-server.ts";
import { ROOT, runCali } from "../support/run.ts";

const OLD = "a".repeat(40);
const LATER = "b".repeat(40);
const LAST = "c".repeat(40);
const DOCS = ["README.md", "docs/operations.md"];

const github = new GithubServer();
beforeAll(() => github.listen());
afterAll(() => github.close());
afterEach(() => {
  github.commits.length = 0;
  github.runs.length = 0;
});

const refOf = (workflow: string) => `acme/cali/.github/workflows/${workflow}@refs/heads/main`;
const variables = (workflow: string, commit = OLD) => ({
  ...github.environment,
  GITHUB_ACTIONS: "true",
  GITHUB_SHA: commit,
  GITHUB_WORKFLOW_REF: refOf(workflow),
});
const refuse = (workflow: string, commit = OLD) =>
  refuseSuperseded({
    variables: variables(workflow, commit),
    commit,
    filter: () => filterOfRun(refOf(workflow), ROOT),
    doing: "deploy",
  });

/** What each workflow deploys, and a path that it does not. */
const DEPLOYING = [
  ["terraform.yml", "stacks/02-s3.ts", "stacks/09-fluent-bit.ts"],
  ["helm.yml", "helm-values/milvus-values.yaml", "stacks/02-s3.ts"],
  ["consumer.yml", "services/consumer/src/main.ts", "services/log-generator/src/main.ts"],
  ["log-generator.yml", "services/log-generator/src/main.ts", "helm-values/milvus-values.yaml"],
  ["airflow-dags.yml", "services/airflow-dags/dags/cali.py", "services/consumer/src/main.ts"],
] as const;

// Running a workflow again uses the same commit (GITHUB_SHA) for up to 30 days, and `workflow_dispatch` has the commit that main had then:
// https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs
describe("an old run", () => {
  it.each(DEPLOYING)("of %s is refused when main changes %s later", async (workflow, path) => {
    github.push(OLD, [path]);
    github.push(LATER, [path]);
    github.push(LAST, DOCS);
    const { id } = github.run(workflow, LATER);
    const refused = refuse(workflow);
    await expect(refused).rejects.toThrow(SupersededError);
    await expect(refused).rejects.toThrow(`/commit/${LATER}, which changes ${path}`);
    await expect(refused).rejects.toThrow(`https://github.com/acme/cali/actions/runs/${id} (success)`);
  });

  it.each(DEPLOYING)(
    "of %s goes on when later commits change other things",
    async (workflow, path, other) => {
      github.push(OLD, [path]);
      github.push(LATER, [other]);
      github.push(LAST, DOCS);
      await expect(refuse(workflow)).resolves.toBeUndefined();
    },
  );

  it.each(DEPLOYING)(
    "of %s may be run again when it is the newest, failed or not",
    async (workflow, path) => {
      github.push(OLD, [path]);
      github.push(LATER, [path]);
      github.run(workflow, LATER).conclusion = "failure";
      await expect(refuse(workflow, LATER)).resolves.toBeUndefined();
    },
  );

  it("is refused for a file that was moved away, and for one of many", async () => {
    github.push(OLD, DOCS);
    github.commits.push({
      sha: LATER,
      parents: [OLD],
      files: [
        ...Array.from({ length: 150 }, (_, place) => ({ filename: `docs/${place}.md` })),
        { filename: "docs/old.txt", previous_filename: "stacks/03-opensearch.ts" },
      ],
    });
    await expect(refuse("terraform.yml")).rejects.toThrow("which changes stacks/03-opensearch.ts");
  });

  it("sees of a merge what the merge brings, and finds it on a later page", async () => {
    github.push(OLD, DOCS);
    // Of a branch: its own commits are not main's.
    const branch = github.push("d".repeat(40), ["stacks/01-kinesis.ts"], [OLD]);
    github.push(LATER, ["stacks/01-kinesis.ts"], [OLD, branch.sha]);
    for (let place = 0; place < 101; place++) github.push(`e${String(place).padStart(39, "0")}`, DOCS);
    await expect(refuse("terraform.yml")).rejects.toThrow(`/commit/${LATER},`);
  });

  it("is refused when main does not have its commit any more", async () => {
    github.push(LATER, DOCS);
    await expect(refuse("terraform.yml")).rejects.toThrow(`Commit ${OLD} is not in main`);
  });

  it("is refused though its run cannot be named", async () => {
    github.push(OLD, []);
    github.push(LATER, ["main.ts"]);
    await expect(refuse("terraform.yml")).rejects.toThrow("none of terraform.yml is listed for it yet");
    github.refused = ({ path }) => path.includes("/actions/");
    try {
      await expect(refuse("terraform.yml")).rejects.toThrow(/not known \(.*GitHub answered 403/);
    } finally {
      github.refused = undefined;
    }
  });

  it("says what is missing instead of going on", async () => {
    expect(() => filterOfRun("", ROOT)).toThrow(/GITHUB_WORKFLOW_REF: given nothing/);
    vi.stubEnv("GITHUB_TOKEN", undefined);
    const without = { ...variables("terraform.yml"), GITHUB_TOKEN: "" };
    await expect(
      refuseSuperseded({ variables: without, commit: OLD, filter: () => filterOfAll(ROOT), doing: "deploy" }),
    ).rejects.toThrow(/GITHUB_TOKEN: given nothing/);
    vi.unstubAllEnvs();
  });

  it("is nobody's outside of a workflow", async () => {
    const filter = () => expect.fail("nothing is asked");
    await refuseSuperseded({ variables: {}, commit: OLD, filter, doing: "deploy" });
  });
});

describe("the commands of a workflow that was run again", () => {
  const IMAGE = `registry/consumer@sha256:${"a".repeat(64)}`;
  it.each([
    ["helm.yml", "deploy cluster --replan", "helm-values/milvus-values.yaml"],
    ["consumer.yml", `release consumer --image ${IMAGE}`, "services/consumer/src/main.ts"],
    ["drift.yml", "drift", "services/consumer/src/main.ts"],
  ])("%s: cali %s", async (workflow, command, path) => {
    github.push(OLD, [path]);
    github.push(LATER, [path]);
    const out = mkdtempSync(join(tmpdir(), "cali-superseded-"));
    const { code, stderr } = await runCali([...command.split(" "), "--out", out], {
      env: variables(workflow),
    });
    expect(stderr).toContain(
      `${github.environment.GITHUB_REPOSITORY}/commit/${LATER}, which changes ${path}`,
    );
    expect(stderr).toContain("Nothing was changed");
    expect(code).toBe(1);
    // Slack hears of it, too.
    const message = command === "drift" ? stderr : deployNotice(out, {}).trouble;
    expect(message).toContain(`/commit/${LATER}, which changes ${path}`);
    rmSync(out, { recursive: true, force: true });
  });
});

// Each push starts a run, and a run waits for its approval or its turn while main goes on.
describe("a run that was queued, and that a later one covers", () => {
  const queued = { GITHUB_EVENT_NAME: "push", GITHUB_RUN_ATTEMPT: "1" };
  const asked = (more: Record<string, string>) =>
    refuseSuperseded({
      variables: { ...variables("terraform.yml"), ...more },
      commit: OLD,
      filter: () => filterOfRun(refOf("terraform.yml"), ROOT),
      doing: "deploy",
    });
  const path = "stacks/02-s3.ts";
  beforeEach(() => {
    github.push(OLD, [path]);
    github.push(LATER, [path]);
  });

  it.each(["queued", "waiting", "in_progress", "completed"] as const)(
    "has nothing left to do: %s",
    async (status) => {
      const { id } = github.run("terraform.yml", LATER, status);
      const superseded = await asked(queued);
      expect(superseded).toContain(`Commit ${OLD} is deployed with the later commit`);
      expect(superseded).toContain(`/actions/runs/${id}`);
    },
  );

  it("is refused when that one failed, or was never started", async () => {
    await expect(asked(queued)).rejects.toThrow(SupersededError);
    github.run("terraform.yml", LATER).conclusion = "failure";
    await expect(asked(queued)).rejects.toThrow("(failure)");
  });

  it("is refused when somebody started it again, or by hand: that one meant this commit", async () => {
    github.run("terraform.yml", LATER);
    await expect(asked({ ...queued, GITHUB_RUN_ATTEMPT: "2" })).rejects.toThrow(SupersededError);
    await expect(asked({ ...queued, GITHUB_EVENT_NAME: "workflow_dispatch" })).rejects.toThrow(
      SupersededError,
    );
  });
});

/** GitHub's own examples: pattern, what it matches, what it does not. */
describe("a path filter", () => {
  it.each([
    ["*", ["README.md", "server.rb"], ["docs/a"]],
    ["*.jsx?", ["page.js", "page.jsx"], ["page.jsxx", "a/page.js"]],
    ["**", ["all/the/files.md"], []],
    ["*.js", ["app.js", "index.js"], ["js/app.js"]],
    ["**.js", ["index.js", "js/index.js", "src/js/app.js"], ["a.ts"]],
    ["docs/*", ["docs/README.md"], ["docs/a/b.md"]],
    ["docs/**", ["docs/README.md", "docs/mona/octocat.txt"], ["adocs/x", "docs"]],
    ["docs/**/*.md", ["docs/README.md", "docs/a/markdown/file.md"], ["docs/a.txt"]],
    ["**/docs/**", ["docs/hello.md", "dir/docs/my-file.txt"], ["dir/mydocs/x"]],
    ["**/*src/**", ["a/src/app.js", "my-src/code/js/app.js"], ["a/srcs/x"]],
    ["**/*-post.md", ["my-post.md", "path/their-post.md"], ["post.md"]],
    ["[CB]at", ["Cat", "Bat"], ["at", "Rat"]],
    ["[1-2]00", ["100", "200"], ["300"]],
    ["a+.txt", ["a.txt", "aaa.txt"], [".txt"]],
    ["a.(b)$", ["a.(b)$"], ["axb"]],
    [".github/actions/**", [".github/actions/setup/action.yml"], ["github/actions/x"]],
  ])("%s", (pattern, matched, others) => {
    const matches = pathFilter([pattern]);
    expect(matched.filter((path) => !matches(path))).toEqual([]);
    expect(others.filter((path) => matches(path))).toEqual([]);
  });

  it("is decided by the last pattern that matches", () => {
    const matches = pathFilter(["*.md", "!README.md", "README*"]);
    expect(["hello.md", "README.md", "README.doc"].every(matches)).toBe(true);
    expect(pathFilter(["*.md", "!README.md"])("README.md")).toBe(false);
  });

  it("comes from the workflows themselves", () => {
    const { workflows } = filterOfAll(ROOT);
    expect(workflows).toEqual(expect.arrayContaining(DEPLOYING.map(([file]) => file)));
    expect(workflows).not.toContain("ci.yml");
    // Each is of a workflow that some file in this repository starts.
    for (const file of workflows) {
      expect(readFileSync(join(ROOT, ".github/workflows", file), "utf8")).toContain("paths:");
    }
  });
});
