import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { affectedBy } from "../delivery/commands/affected/affected.ts";
import { ROOT, run } from "./support/run.ts";
import { type RunStep, WorkflowRun } from "./support/workflow-run.ts";

/** The one check that main requires, over every way that a pull request's run can go. */

const REPOSITORY = "acme/cali";
const FOLDER = ".github/workflows";
interface Case {
  readonly event?: "pull_request" | "merge_group" | "push";
  readonly paths?: readonly string[];
  readonly head?: string;
  readonly actor?: string;
  /** Whether a step does what it should. */
  readonly succeeds?: (step: RunStep) => boolean;
}

async function ci({
  event = "pull_request",
  paths = [],
  head = REPOSITORY,
  actor = "somebody",
  succeeds = () => true,
}: Case) {
  const { plan, manifests, services } = affectedBy(paths, ROOT);
  const pull_request = { number: 1, head: { sha: "a".repeat(40), repo: { full_name: head } } };
  const github = {
    event_name: event,
    repository: REPOSITORY,
    actor,
    ref: "refs/pull/1/merge",
    event: event === "pull_request" ? { pull_request } : {},
  };
  const workflow = new WorkflowRun({
    file: "ci.yml",
    contexts: { github, vars: { CALI_ENVIRONMENTS: '["dev","prod"]' }, secrets: {}, inputs: {} },
    runStep: async (step) => ({
      // The last job ends as its one step says.
      ok: succeeds(step) && !step.run?.endsWith("exit 1"),
      outputs: { plan: String(plan), manifests: String(manifests), services: JSON.stringify(services) },
    }),
  });
  const results = await workflow.finish();
  const ran = Object.keys(results).filter((name) => results[name] === "success" && name.includes(" / "));
  return { required: results.required, ran: ran.map((name) => name.replace("pull-request / ", "")).sort() };
}

describe("the check that main requires", () => {
  it.each([
    ["of documents alone", { paths: ["README.md", "docs/pipeline.md"] }, ["affected"]],
    [
      "of a chart's values",
      { paths: ["helm-values/milvus-values.yaml"] },
      ["affected", "manifests", "manifests (dev)", "manifests (prod)", "plan", "plan (dev)", "plan (prod)"],
    ],
    ["of a bucket", { paths: ["stacks/02-s3.ts"] }, ["affected", "plan", "plan (dev)", "plan (prod)"]],
    [
      "of a bucket, from a fork",
      { paths: ["stacks/02-s3.ts"], head: "somebody/cali" },
      ["affected", "fork", "fork (dev)", "fork (prod)"],
    ],
    [
      "of a bucket, by Dependabot, which gets no secrets",
      { paths: ["stacks/02-s3.ts"], actor: "dependabot[bot]" },
      ["affected", "fork", "fork (dev)", "fork (prod)"],
    ],
    [
      "of what two services share",
      { paths: ["packages/log-record/src/line.ts"] },
      ["affected", "images", "images (consumer)", "images (log-generator)"],
    ],
  ])("passes for a pull request %s", async (_, given, ran) => {
    expect(await ci(given)).toEqual({ required: "success", ran });
  });

  it("passes in a merge queue, where nothing is planned", async () => {
    expect(await ci({ event: "merge_group", paths: ["stacks/02-s3.ts"] })).toEqual({
      required: "success",
      ran: [],
    });
  });

  it.each([
    ["a test", "unit"],
    ["a plan of one environment", "pull-request / plan (prod)"],
    ["an image", "pull-request / images (consumer)"],
    ["finding out what is affected", "pull-request / affected"],
  ])("fails with %s", async (_, job) => {
    const paths = ["package.json"];
    const { required } = await ci({ paths, succeeds: (step) => step.job !== job });
    expect(required).toBe("failure");
  });

  it("has one name: no other workflow answers a pull request", () => {
    const answering = readdirSync(join(ROOT, FOLDER)).filter((file) =>
      /^ {2}(pull_request|merge_group)\w*:/m.test(readFileSync(join(ROOT, FOLDER, file), "utf8")),
    );
    expect(answering).toEqual(["ci.yml"]);
  });
});

describe("what a change affects", () => {
  it.each([
    ["stacks/13-consumer.ts", { plan: true, manifests: true, services: [] }],
    ["services/consumer/src/main.ts", { plan: false, manifests: false, services: ["consumer"] }],
    ["services/airflow-dags/dags/cali.py", { plan: false, manifests: false, services: ["airflow-dags"] }],
    [
      ".github/workflows/pull-request.yml",
      { plan: true, manifests: true, services: ["airflow-dags", "consumer", "log-generator"] },
    ],
    ["docs/pipeline.md", { plan: false, manifests: false, services: [] }],
  ])("%s", (path, affected) => {
    expect(affectedBy([path], ROOT)).toEqual(affected);
  });

  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-affected-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is what a checkout differs by, both names of a file that moved", async () => {
    const git = (...words: string[]) => run("git", ["-C", folder, ...words]);
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    await run("mkdir", ["-p", join(folder, "stacks"), join(folder, ".github")]);
    await run("cp", ["-r", join(ROOT, ".github/workflows"), join(folder, ".github")]);
    writeFileSync(join(folder, "stacks/02-s3.ts"), "export {};\n");
    await git("init", "--quiet");
    await git("add", "--all");
    await git(...who, "commit", "--quiet", "--message", "one");
    await git("mv", "stacks/02-s3.ts", "moved.txt");
    await git(...who, "commit", "--quiet", "--message", "two");
    const cali = join(ROOT, "bin/cali.js");
    const { stdout, stderr } = await run("node", [cali, "affected"], { cwd: folder });
    expect(stdout, stderr).toBe("plan=true\nmanifests=false\nservices=[]\n");
    const refused = await run("node", [cali, "affected", "--base", "nothing"], { cwd: folder });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("--base: given nothing; allowed: a commit that the checkout has");
  });
});
