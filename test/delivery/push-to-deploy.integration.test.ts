import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteBucketPolicyCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import type { PullRequest } from "../support/github-repository.ts";
import { GithubServer } from "../support/github-server.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { runCali } from "../support/run.ts";
import { SlackServer } from "../support/slack-server.ts";
import { type TestStack, writeApplication } from "../support/terraform-app.ts";

/** The whole way of a change: pull request, comment, second push, merge, deployment, Slack. With a real Terraform. */
const FIRST = "a".repeat(40);
const SECOND = "b".repeat(40);
const MERGED = "c".repeat(40);
const TOKEN = "very-secret-token";

const backend = stateBackend(loadConfig({ env: "dev" }));
const github = new GithubServer();
const slack = new SlackServer();
let moto: Moto;
let s3: S3Client;
let folder: string;
let base: Record<string, string>;
let pull: PullRequest;

beforeAll(async () => {
  moto = await startMoto();
  await github.listen();
  folder = mkdtempSync(join(tmpdir(), "cali-push-"));
  base = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret-key",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PROFILE: "",
    CALI_ENV: "dev",
    CALI_PLAN_KEY: randomBytes(32).toString("base64"),
    SLACK_WEBHOOK_URL: await slack.listen(),
    TF_VAR_token: TOKEN,
    ...github.environment,
  };
  s3 = new S3Client({
    endpoint: moto.url,
    region: backend.region,
    forcePathStyle: true,
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" },
  });
  await cali({}, "bootstrap");
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
  pull = github.open(FIRST);
});
afterAll(async () => {
  s3.destroy();
  slack.close();
  await Promise.all([moto.stop(), github.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);

/** A command of the pipeline, which has to succeed and to say no secret. */
async function cali(env: Record<string, string>, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCali([...args], {
    env: { ...base, ...env },
  });
  expect(code, `cali ${args[0]}: ${stderr}${stdout}`).toBe(0);
  expect(stdout + stderr).not.toMatch(/very-secret|secret-key/);
  return stdout;
}

const token = { token: { type: "string", sensitive: true, nullable: false } };
const stacks = (one: string): TestStack[] => [
  { name: "01-first", values: { one, secret: "${var.token}" }, blocks: { variable: token } },
  { name: "02-second", dependencies: ["01-first"], values: { two: "b" } },
];

/** What `plan-and-deploy.yml` does at a push to a pull request. */
async function push(commit: string, one: string): Promise<void> {
  pull.headSha = commit;
  writeApplication(at("synth"), backend, stacks(one));
  const from = ["--synth-dir", at("synth")];
  await cali({ CALI_COMMIT: commit }, "plan", ...from, "--out", at("plans"), "--seal", at("plans.sealed"));
  await cali({}, "comment", "--plans", at("plans"), "--pull-request", String(pull.number));
  const upload = { "plans.sealed": new Uint8Array(readFileSync(at("plans.sealed"))) };
  github.upload(`plans-dev-${commit}`, upload, github.run("terraform.yml", commit));
  await cali({ CALI_OUTCOME: "success" }, "notify", "--plans", at("plans"));
}

it("a change goes from push to deployment, and everybody sees it", async () => {
  await push(FIRST, "draft");
  expect(github.comments).toHaveLength(1);
  const [comment] = github.comments;
  expect(comment?.body).toContain("changes in 2 of 2 stacks");
  expect(comment?.body).toContain('+ input = "draft"');
  expect(github.issues.find(({ number }) => number === pull.number)?.labels).toEqual(["plan:changes"]);

  await push(SECOND, "final");
  expect(github.comments).toHaveLength(1);
  expect(comment?.body).toContain('"final"');
  expect(comment?.body).not.toContain('"draft"');
  expect(comment?.body).toContain("(sensitive)");

  pull.mergeSha = MERGED;
  const output = { GITHUB_SHA: MERGED, CALI_COMMIT: MERGED };
  await cali(output, "fetch-plans", "--out", at("merged.sealed"));
  const reviewed = [
    "--plans",
    at("merged.sealed"),
    "--head-commit",
    SECOND,
    "--pull-request",
    String(pull.number),
  ];
  await cali(output, "deploy", "--synth-dir", at("synth"), "--out", at("deploy"), ...reviewed);
  await cali({ ...output, CALI_OUTCOME: "success" }, "notify", "--deploy", at("deploy"));

  const Key = "stacks/01-first/terraform.tfstate";
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: backend.bucket, Key }));
  expect(await Body?.transformToString()).toContain('"final"');
  expect(slack.received).toHaveLength(3);
  expect(slack.received[2]).toContain("✅ dev: deployment done");
  expect(slack.received[2]).toContain(`pull request #${pull.number}`);
  expect(slack.received.join() + github.comments.map(({ body }) => body).join()).not.toContain(TOKEN);
});
