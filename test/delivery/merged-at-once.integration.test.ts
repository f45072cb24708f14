import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteBucketPolicyCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { GithubServer } from "../support/github-server.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { runCali } from "../support/run.ts";
import { writeApplication } from "../support/terraform-app.ts";

/** Two pull requests are merged before either is deployed: the run of the second one applies what main is. */
const backend = stateBackend(loadConfig({ env: "dev" }));
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
const sha = (digit: string) => digit.repeat(40);
const github = new GithubServer();
let moto: Moto;
let s3: S3Client;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_SHA"]) vi.stubEnv(name, undefined);
  moto = await startMoto();
  await github.listen();
  folder = mkdtempSync(join(tmpdir(), "cali-merged-"));
  env = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    CALI_ENV: "dev",
    CALI_PLAN_KEY: randomBytes(32).toString("base64"),
    TF_PLUGIN_CACHE_DIR: join(folder, "providers"),
    ...github.environment,
  };
  expect((await runCali(["bootstrap"], { env })).code).toBe(0);
  s3 = new S3Client({ endpoint: moto.url, region: backend.region, forcePathStyle: true, credentials });
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  s3.destroy();
  await Promise.all([moto.stop(), github.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const write = (values: Record<string, string>) =>
  writeApplication(at("synth"), backend, [{ name: "01-first", values }]);
const cali = (...args: string[]) => runCali(args, { env });

/** A pull request whose plan is reviewed, and which is merged. */
async function merged(head: string, merge: string, values: Record<string, string>) {
  write(values);
  const sealed = at(`${head[0]}.sealed`);
  const planned = await cali(
    "plan",
    "--synth-dir",
    at("synth"),
    "--commit",
    head,
    "--out",
    at("plans"),
    "--seal",
    sealed,
  );
  expect(planned.code, planned.stdout + planned.stderr).toBe(0);
  const pull = github.open(head);
  pull.mergeSha = merge;
  github.push(merge, ["stacks/01-kinesis.ts"]);
  github.upload(
    `plans-dev-${head}`,
    { "plans.sealed": readFileSync(sealed) },
    github.run("terraform.yml", head),
  );
  return { number: String(pull.number), sealed };
}

async function state(): Promise<string> {
  const Key = "stacks/01-first/terraform.tfstate";
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: backend.bucket, Key }));
  return (await Body?.transformToString()) ?? "";
}

it("the later run applies what was reviewed in both, and refuses what nobody reviewed", async () => {
  write({ one: "a" });
  github.push(sha("0"), []);
  const made = await cali(
    "deploy",
    "--replan",
    "--synth-dir",
    at("synth"),
    "--commit",
    sha("0"),
    "--out",
    at("first"),
  );
  expect(made.code, made.stdout + made.stderr).toBe(0);

  await merged(sha("a"), sha("1"), { one: "a", two: "of the first" });
  const second = await merged(sha("b"), sha("2"), { one: "of the second" });
  const deploy = () =>
    cali(
      ...["deploy", "--synth-dir", at("synth"), "--out", at("deploy"), "--commit", sha("2")],
      ...["--plans", second.sealed, "--head-commit", sha("b"), "--pull-request", second.number],
    );

  // What main is, and something that is in no pull request.
  write({ one: "of the second", two: "of the first", three: "of nobody" });
  const refused = await deploy();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    "nobody has reviewed these changes, in this pull request or in the 1 merged before",
  );
  expect(refused.stderr).toContain("terraform_data.three: reviewed: nothing; now: create");
  expect(refused.stderr).not.toContain("terraform_data.two");
  expect(await state()).not.toContain("of the second");

  write({ one: "of the second", two: "of the first" });
  const deployed = await deploy();
  expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
  expect(deployed.stdout).toContain(
    "a new plan does what was reviewed in this pull request and in those merged before",
  );
  expect(await state()).toContain("of the first");
  expect(await state()).toContain("of the second");
});
