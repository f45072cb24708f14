import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { DynamoDBClient, ScanCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import {
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { type StateBackend, stateBackend } from "../../config/state-backend.ts";
import { type Moto, PYTHON_BIN, startMoto } from "../support/moto.ts";
import { run } from "../support/run.ts";

const NOTHING_TO_CHANGE = /^Nothing to change\.$/m;

let moto: Moto;
let env: Record<string, string>;
let folder: string;
let s3: S3Client;
let dynamodb: DynamoDBClient;
const dev = stateBackend(loadConfig({ env: "dev" }));

beforeAll(async () => {
  // Credentials of whoever runs the tests; the AWS CLI and Terraform take an empty profile for one.
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN"]) vi.stubEnv(name, undefined);
  moto = await startMoto();
  folder = mkdtempSync(join(tmpdir(), "cali-bootstrap-"));
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
  env = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_CONFIG_FILE: join(folder, "none"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const client = { endpoint: moto.url, region: dev.region, credentials };
  s3 = new S3Client(client);
  dynamodb = new DynamoDBClient(client);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  s3?.destroy();
  dynamodb?.destroy();
  await moto?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const bootstrap = (environment: string) =>
  run("npm", ["run", "--silent", "bootstrap", "--", "--env", environment], { env });

describe("npm run bootstrap", () => {
  it("makes the place of the states once, and mends what was taken away", async () => {
    expect(await bootstrap("dev")).toMatchObject({ code: 0, stderr: "" });
    expect((await bootstrap("dev")).stdout).toMatch(NOTHING_TO_CHANGE);

    const theirs = {
      Sid: "Team",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${dev.bucket}/*`,
    };
    await s3.send(new DeleteBucketLifecycleCommand({ Bucket: dev.bucket }));
    await s3.send(
      new PutBucketPolicyCommand({
        Bucket: dev.bucket,
        Policy: JSON.stringify({ Version: "2012-10-17", Statement: [theirs] }),
      }),
    );
    await dynamodb.send(
      new UpdateTableCommand({ TableName: dev.lockTable, DeletionProtectionEnabled: false }),
    );
    const mended = (await bootstrap("dev")).stdout.match(/^ {2}done: .*$/gm);
    expect(mended).toEqual([
      expect.stringContaining("refuse requests without TLS (the policy's other statements stay: 1)"),
      expect.stringContaining("old versions are kept"),
      expect.stringContaining("protect the table from deletion"),
    ]);
    expect((await bootstrap("dev")).stdout).toMatch(NOTHING_TO_CHANGE);
  });

  const awsCli = [
    join(PYTHON_BIN, "aws"),
    ...(process.env.PATH ?? "").split(delimiter).map((p) => join(p, "aws")),
  ].find(existsSync);
  it.skipIf(!awsCli)("--print prints commands of which the AWS CLI makes the same, once", async () => {
    const { stdout: script } = await run("npm", [
      "run",
      "--silent",
      "bootstrap",
      "--",
      "--print",
      "--env",
      "prod",
    ]);
    const path = [join(awsCli ?? "", ".."), process.env.PATH].join(delimiter);
    const runScript = () => run("env", [`PATH=${path}`, "sh", "-c", script], { env });
    expect(await runScript()).toMatchObject({ code: 0, stderr: "" });
    expect((await bootstrap("prod")).stdout).toMatch(NOTHING_TO_CHANGE);
    expect(await runScript()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("exists: complete it"),
    });
  });
});

describe("Terraform", () => {
  it("keeps a state there, with its locks and its digest", async () => {
    await bootstrap("dev");
    const key = "stacks/99-test/terraform.tfstate";
    writeFileSync(join(folder, "main.tf.json"), JSON.stringify(project(dev, key)));
    // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: dev.bucket }));
    for (const command of [
      ["init"],
      ["apply", "-auto-approve"],
      // Reading the state back checks the digest, and finds nothing to do.
      ["plan", "-detailed-exitcode"],
    ]) {
      const { code, stderr } = await run(
        "terraform",
        [`-chdir=${folder}`, ...command, "-input=false", "-no-color"],
        { env },
      );
      expect(code, stderr).toBe(0);
    }

    const { Body } = await s3.send(new GetObjectCommand({ Bucket: dev.bucket, Key: key }));
    const state = (await Body?.transformToString()) ?? "";
    expect(JSON.parse(state).resources).toMatchObject([{ type: "terraform_data", name: "proof" }]);
    const { Items } = await dynamodb.send(new ScanCommand({ TableName: dev.lockTable }));
    // The digest alone: the lock of the table is given back.
    expect(Items).toEqual([
      {
        LockID: { S: `${dev.bucket}/${key}-md5` },
        Digest: { S: createHash("md5").update(state).digest("hex") },
      },
    ]);
    const { DeleteMarkers, Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket: dev.bucket }));
    // The lock file was there, is gone, and its versions are kept: the bucket is versioned.
    expect(DeleteMarkers?.map((marker) => marker.Key)).toContain(`${key}.tflock`);
    expect(Versions?.map((version) => version.Key)).toContain(`${key}.tflock`);
  });
});

/** A project of Terraform's own resource, which needs no provider, with the backend that every stack gets. */
function project({ bucket, region, lockTable }: StateBackend, key: string): object {
  return {
    terraform: {
      backend: {
        s3: {
          bucket,
          key,
          region,
          encrypt: true,
          dynamodb_table: lockTable,
          use_lockfile: true,
          use_path_style: true,
        },
      },
    },
    resource: { terraform_data: { proof: { input: "kept" } } },
  };
}
