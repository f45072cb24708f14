import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyLogs } from "../../delivery/commands/result/logs.ts";
import { renderResult } from "../../delivery/commands/result/render.ts";
import type { DeployResult } from "../../delivery/core/deployment/deploy-result.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import { deployedPulls } from "../../delivery/core/github/merged.ts";
import { deployNotice } from "../../delivery/core/notice/collect.ts";
import { GithubServer } from "../support/github-server.ts";
import { runCali } from "../support/run.ts";

/** What a pull request is told of its deployment. */

const COMMIT = "c".repeat(40);
const GOLDEN = join(import.meta.dirname, "../fixtures/comments");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-result-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const VARIABLES = {
  GITHUB_REPOSITORY: "acme/cali",
  GITHUB_RUN_ID: "4711",
  GITHUB_SHA: COMMIT,
  SLACK_WEBHOOK_URL: "https://hooks.slack.example/T0/secret-part",
};
const changes = (create: number, update: number) => ({ create, update, replace: 0, delete: 0 });

function commentOn(result: Partial<DeployResult> | undefined, outcome: string, more = {}): string {
  const whole = {
    ...{ environment: "dev", commit: COMMIT, stacks: [] },
    ...{ startedAt: "2026-01-25T00:00:00.000Z", finishedAt: "2026-01-25T00:02:05.000Z" },
    ...result,
  };
  if (result) writeFileSync(join(folder, "deploy.json"), JSON.stringify(whole));
  const notice = deployNotice(folder, { ...VARIABLES, CALI_OUTCOME: outcome }, "dev");
  return renderResult(
    { ...notice, approvers: ["ann"], ...more },
    { workflow: "terraform.yml", artifact: "logs-infrastructure-dev-1" },
  );
}

const ERROR = `terraform apply ended with 1:
│ Error: creating S3 Bucket (cali-dev-logs): BucketAlreadyExists
│   with aws_s3_bucket.logs,
│   on cdk.tf.json line 12: ${VARIABLES.SLACK_WEBHOOK_URL}`;
const CASES: Readonly<Record<string, () => string>> = {
  "result-done": () =>
    commentOn(
      {
        stacks: [
          { name: "01-kinesis", status: "applied", durationMs: 1, changes: changes(1, 2) },
          {
            ...{ name: "02-s3", status: "applied", durationMs: 1, changes: changes(0, 1) },
            reason: "the state was changed (serial 7, now 8); a new plan does the same",
          },
          { name: "03-opensearch", status: "unchanged", durationMs: 1 },
        ],
      },
      "success",
    ),
  "result-failed": () =>
    commentOn(
      {
        stacks: [
          { name: "01-kinesis", status: "applied", durationMs: 1, changes: changes(1, 2) },
          { name: "02-s3", status: "failed", durationMs: 1, changes: changes(1, 0), reason: ERROR },
          { name: "05-eks", status: "skipped", durationMs: 0, reason: "not deployed: 02-s3 is failed" },
        ],
      },
      "failure",
      { failedSteps: ["Deploy"] },
    ),
  "result-refused": () =>
    commentOn(
      {
        refusal:
          "Nothing was applied.\n02-s3: aws_s3_bucket.logs would be destroyed, and with it every object in the bucket. Allowed only with the label allow-data-loss on the pull request, or --allow-data-loss.\nRemedy: make a pull request of the current state, or run the workflow by hand: it plans anew, and shows that plan before its approval.",
      },
      "failure",
      { failedSteps: ["Deploy"] },
    ),
  "result-later": () =>
    commentOn(
      {
        superseded: `Commit ${COMMIT} is deployed with the later commit https://github.com/acme/cali/commit/${"d".repeat(40)}, which changes stacks/02-s3.ts.\nIts run: https://github.com/acme/cali/actions/runs/4712 (in_progress)`,
      },
      "success",
    ),
  "result-not-begun": () =>
    commentOn(undefined, "failure", { failedSteps: ["Run exec node bin/cali.js doctor"] }),
  "result-step-after": () =>
    commentOn(
      { stacks: [{ name: "03-opensearch", status: "applied", durationMs: 1, changes: changes(1, 0) }] },
      "failure",
      { failedSteps: ["Run exec node bin/cali.js opensearch"] },
    ),
};

describe("the comment on a deployment", () => {
  it.each(Object.entries(CASES))("reads as it should: %s", async (name, make) => {
    const markdown = make();
    expect(markdown).not.toContain("secret-part");
    await expect(`${markdown}\n`).toMatchFileSnapshot(join(GOLDEN, `${name}.md`));
  });

  it("ends nothing that it stands in, and is never too long", () => {
    const reason = `\`\`\`\n@everyone <b> ${"x".repeat(100_000)}\n`.repeat(50);
    const stacks = Array.from({ length: 13 }, (_, place) => ({
      ...{ name: `${place}`, status: "failed" as const, durationMs: 1, reason },
    }));
    const markdown = commentOn({ stacks }, "failure");
    expect(markdown.length).toBeLessThan(65_000);
    expect(markdown).toContain("````text");
  });
});

describe("the logs that are kept", () => {
  const key = Array.from({ length: 3 }, (_, row) => `${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"}${row}`);
  const secret = 'made "up" pass\\word';
  const env = {
    TF_VAR_milvus_root_password: secret,
    TF_VAR_key: key.join("\n"),
    TF_VAR_rotation: "12345678",
    CALI_PLAN_KEY: "0123456789abcdef",
  };
  const kept = async (text: string) => {
    mkdirSync(join(folder, "deploy/13-consumer"), { recursive: true });
    writeFileSync(join(folder, "deploy/13-consumer/13-consumer.log"), text);
    writeFileSync(join(folder, "deploy/01.tfplan"), "a plan");
    expect(await copyLogs(join(folder, "deploy"), join(folder, "logs"), env)).toEqual([
      "13-consumer/13-consumer.log",
    ]);
    return readFileSync(join(folder, "logs/13-consumer/13-consumer.log"), "utf8");
  };

  it.each([
    ["as it is", secret],
    ["in JSON", JSON.stringify({ password: secret })],
    ["in Base64", Buffer.from(`user:${secret}`).toString("base64")],
    ["in an address", `https://u:${encodeURIComponent(secret)}@host/`],
    ["in hexadecimal", Buffer.from(secret).toString("hex")],
    ["a line of a key, indented", `      ${key[1]}`],
    ["the key of the plans", "key 0123456789abcdef"],
  ])("say no secret: %s", async (_, said) => {
    const text = await kept(`before\n${said}\nafter 12345678\n`);
    expect(text).not.toContain(said);
    for (const value of [secret, key[1] ?? "", "0123456789abcdef"]) expect(text).not.toContain(value);
    expect(text).toMatch(/^before\n.*\nafter 12345678\n$/);
  });

  it("are the end of what is very long", async () => {
    const text = await kept(`${"a line of a log\n".repeat(400_000)}Error: the last line\n`);
    expect(text).toMatch(/^\(only the last 5000000 bytes are kept\)\n/);
    expect(text).toMatch(/Error: the last line\n$/);
  });
});

describe("the pull requests that a run deploys", () => {
  const github = new GithubServer();
  beforeEach(() => github.listen());
  afterEach(() => github.close());
  const merge = (digit: string, path: string) => {
    const pull = github.open(`${digit}0`.repeat(20));
    pull.mergeSha = digit.repeat(40);
    github.push(pull.mergeSha, [path]);
    return pull.number;
  };

  it("are those since the last deployment, as far as they change what is deployed", async () => {
    merge("1", "stacks/01-kinesis.ts");
    const done = github.run("terraform.yml", "1".repeat(40));
    const steps = [{ name: "Deploy", conclusion: "success" }];
    done.jobs.push({
      name: "infrastructure / deploy (dev)",
      status: "completed",
      conclusion: "success",
      steps,
    });
    const covered = merge("2", "stacks/02-s3.ts");
    github.run("terraform.yml", "2".repeat(40)).jobs.push({
      ...{ name: "infrastructure / deploy (dev)", status: "completed", conclusion: "success" },
      steps: [{ name: "Deploy", conclusion: "skipped" }],
    });
    merge("3", "README.md");
    github.push("4".repeat(40), ["stacks/05-eks.ts"]);
    const last = merge("5", "stacks/03-opensearch.ts");
    const numbers = await deployedPulls({
      github: githubClient({ apiUrl: github.url, token: "ghs_test" }),
      ...{ owner: "acme", repo: "cali", commit: "5".repeat(40), environment: "dev" },
      workflow: "terraform.yml",
      deploys: (path) => path.startsWith("stacks/"),
    });
    expect(numbers).toEqual([last, covered]);
  });
});

it("cali result --print asks GitHub nothing, and a failure of GitHub's fails no run", async () => {
  commentOn({ stacks: [{ name: "01-kinesis", status: "applied", durationMs: 1 }] }, "success");
  const printed = await runCali(["result", "--deploy", folder, "--print"], {
    env: { CALI_OUTCOME: "success" },
  });
  expect(printed).toMatchObject({ code: 0, stderr: "" });
  expect(printed.stdout).toContain("## Deployment to `dev`: done");
  const { code, stderr } = await runCali(["result", "--deploy", folder], { env: { GITHUB_TOKEN: "" } });
  expect(code).toBe(0);
  expect(stderr).toContain("warning: GITHUB_WORKFLOW_REF: given nothing");
});
