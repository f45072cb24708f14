import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import {
  DeleteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import type { Finding } from "../../delivery/commands/doctor/finding.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { ROOT, runCali } from "../support/run.ts";
import { writeApplication } from "../support/terraform-app.ts";

const backend = stateBackend(loadConfig({ env: "dev" }));
const KEY = "stacks/01-first/terraform.tfstate";
const LOCK_ID = `${backend.bucket}/${KEY}`;
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key-of-the-test" };

let moto: Moto;
let s3: S3Client;
let dynamodb: DynamoDBClient;
let env: Record<string, string>;
let folder: string;

beforeAll(() => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_ACTIONS"]) vi.stubEnv(name, undefined);
});
afterAll(() => vi.unstubAllEnvs());

/** An environment whose first stack was applied, and whose second was not. */
beforeEach(async () => {
  moto = await startMoto();
  folder = mkdtempSync(join(tmpdir(), "cali-doctor-"));
  env = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    TF_PLUGIN_CACHE_DIR: join(folder, "providers"),
    SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/secret-of-the-webhook",
    CALI_COMMIT: "a".repeat(40),
  };
  const aws = { endpoint: moto.url, region: backend.region, credentials };
  s3 = new S3Client({ ...aws, forcePathStyle: true });
  dynamodb = new DynamoDBClient(aws);
  expect((await runCali(["bootstrap", "--env", "dev"], { env })).code).toBe(0);
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
  writeApplication(join(folder, "synth"), backend, [
    { name: "01-first", values: { one: "a" } },
    { name: "02-second", dependencies: ["01-first"], values: { two: "b" } },
  ]);
  const args = [
    "deploy",
    "01-first",
    "--replan",
    "--synth-dir",
    join(folder, "synth"),
    "--out",
    join(folder, "out"),
  ];
  const deployed = await runCali(args, { env });
  expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
});
afterEach(async () => {
  s3.destroy();
  dynamodb.destroy();
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function doctor(args: readonly string[] = [], over: Record<string, string> = {}) {
  const given = ["doctor", "--env", "dev", "--synth-dir", join(folder, "synth"), ...args];
  const result = await runCali(given, { env: { ...env, ...over } });
  for (const secret of ["secret-key-of-the-test", "secret-of-the-webhook"]) {
    expect(result.stdout + result.stderr).not.toContain(secret);
  }
  return result;
}

/** What is wrong: failures and warnings, but for the policy that moto can't have. */
async function findings(over?: Record<string, string>) {
  const { code, stdout, stderr } = await doctor(["--json"], over);
  expect(stderr).toBe("");
  const document = JSON.parse(stdout) as { version: number; findings: Finding[] };
  expect(document.version).toBe(1);
  const wrong = document.findings.filter(
    ({ status, found }) => (status === "failure" || status === "warning") && !found.includes("TLS"),
  );
  return { code, all: document.findings, wrong };
}

const digestItem = (digest: string) =>
  new PutItemCommand({
    TableName: backend.lockTable,
    Item: { LockID: { S: `${LOCK_ID}-md5` }, Digest: { S: digest } },
  });

async function stateText(): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: backend.bucket, Key: KEY }));
  return (await Body?.transformToString()) ?? "";
}

async function putState(text: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: backend.bucket, Key: KEY, Body: text }));
  await dynamodb.send(digestItem(createHash("md5").update(text).digest("hex")));
}

describe("cali doctor", () => {
  it("looks at the cluster where a stack works in it", async () => {
    new FakeCluster(join(folder, "cluster"));
    const PATH = [join(folder, "cluster/bin"), join(ROOT, "node_modules/.bin"), process.env.PATH].join(
      delimiter,
    );
    const isCluster = ({ check }: Finding) => check === "pods in the cluster";
    expect((await findings({ PATH })).all.filter(isCluster)).toEqual([]);
    writeApplication(join(folder, "synth"), backend, [{ name: "12-log-generator", values: { one: "a" } }]);
    expect((await findings({ PATH })).all.filter(isCluster)).toMatchObject([
      { status: "ok", found: "0 of 0 are ready, or have ended as they should" },
    ]);
  });

  it("finds nothing wrong with what a deployment left, and says what it saw", async () => {
    const { code, all, wrong } = await findings();
    expect(wrong).toEqual([]);
    expect(code).toBe(0);
    const found = Object.fromEntries(all.map(({ check, found }) => [check, found]));
    expect(found["state of 01-first"]).toMatch(/^serial \d+, written by Terraform 1\./);
    expect(found["state of 02-second"]).toBe("never applied");
    expect(found["lock of 01-first"]).toBe("free");
    expect(found["AWS credentials"]).toContain("123456789012");
    expect((await doctor()).stdout).toMatch(/^ok {7}lock table /m);
  });

  it("notices a digest that is not the state's, and how Terraform takes it again", async () => {
    await dynamodb.send(digestItem("0".repeat(32)));
    const { code, wrong } = await findings();
    expect(code).toBe(1);
    expect(wrong).toMatchObject([{ check: "state of 01-first", status: "failure" }]);
    const md5 = createHash("md5")
      .update(await stateText())
      .digest("hex");
    expect(wrong[0]?.found).toContain(md5);
    expect(wrong[0]?.command).toContain("aws dynamodb put-item");
  });

  it("notices a state that was deleted, that is none, and one of a later Terraform", async () => {
    const text = await stateText();
    await putState(JSON.stringify({ ...JSON.parse(text), terraform_version: "99.1.0" }));
    const later = await findings();
    expect(later.wrong).toMatchObject([{ check: "state of 01-first", status: "failure" }]);
    expect(later.wrong[0]?.remedy).toContain("install Terraform 99.1.0");
    await putState("half a sta");
    expect((await findings()).wrong[0]?.found).toContain("is no state");
    await s3.send(new DeleteObjectCommand({ Bucket: backend.bucket, Key: KEY }));
    const deleted = await findings();
    expect(deleted.code).toBe(1);
    expect(deleted.wrong[0]?.found).toContain("the state was deleted");
  });

  it("names who holds a lock, and distinguishes a fresh one from one that was left", async () => {
    const lock = (Created: string) =>
      new PutItemCommand({
        TableName: backend.lockTable,
        Item: {
          LockID: { S: LOCK_ID },
          Info: {
            S: JSON.stringify({
              ID: "11111111-2222",
              Operation: "OperationTypeApply",
              Who: "ci@runner",
              Created,
            }),
          },
        },
      });
    await dynamodb.send(lock(new Date(Date.now() - 60_000).toISOString()));
    const fresh = await findings();
    expect(fresh.code).toBe(0);
    expect(fresh.wrong).toMatchObject([{ check: "lock of 01-first", status: "warning" }]);
    expect(fresh.wrong[0]?.found).toContain("held by ci@runner (OperationTypeApply) for 1 min");
    expect((await doctor(["--strict"])).code).toBe(1);
    await dynamodb.send(lock(new Date(Date.now() - 5 * 3_600_000).toISOString()));
    const stale = await findings();
    expect(stale.code).toBe(1);
    expect(stale.wrong[0]?.found).toContain("for 5 h");
    expect(stale.wrong[0]?.command).toBe("npx cali unlock --env dev --id 11111111-2222");
    await dynamodb.send(
      new DeleteItemCommand({ TableName: backend.lockTable, Key: { LockID: { S: LOCK_ID } } }),
    );
    const beside = { Bucket: backend.bucket, Key: `${KEY}.tflock`, Body: "{}" };
    await s3.send(new PutObjectCommand(beside));
    expect((await findings()).wrong[0]?.found).toContain("nobody says by whom");
  });

  it("notices a bucket without versions, and a table that is gone", async () => {
    await s3.send(
      new PutBucketVersioningCommand({
        Bucket: backend.bucket,
        VersioningConfiguration: { Status: "Suspended" },
      }),
    );
    const open = await findings();
    expect(open.code).toBe(1);
    expect(open.wrong.some(({ found }) => /version/i.test(found))).toBe(true);
    await dynamodb.send(
      new UpdateTableCommand({ TableName: backend.lockTable, DeletionProtectionEnabled: false }),
    );
    await dynamodb.send(new DeleteTableCommand({ TableName: backend.lockTable }));
    const gone = await findings();
    expect(gone.wrong).toContainEqual(
      expect.objectContaining({
        check: `lock table ${backend.lockTable}`,
        status: "failure",
        command: "npx cali bootstrap --env dev",
      }),
    );
    expect(gone.all).toContainEqual(
      expect.objectContaining({ check: "states and locks", status: "skipped" }),
    );
  });

  it("looks at the rest when nobody is logged in, and at what a workflow needs", async () => {
    const { code, all, wrong } = await findings({
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
      AWS_CONFIG_FILE: "/none",
      AWS_SHARED_CREDENTIALS_FILE: "/none",
      GITHUB_ACTIONS: "true",
    });
    expect(code).toBe(1);
    expect(wrong.map(({ check }) => check)).toEqual(["AWS credentials", "secret CALI_PLAN_KEY"]);
    expect(wrong[0]?.remedy).toContain("aws sso login");
    expect(all.filter(({ status }) => status === "skipped")).toHaveLength(3);
  });
});
