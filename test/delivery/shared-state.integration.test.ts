import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DeleteBucketPolicyCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { runCali } from "../support/run.ts";
import { writeApplication } from "../support/terraform-app.ts";

/** The one state of the layout `shared`, with a real Terraform and its built-in resource in place of AWS's. */
const backend = stateBackend(loadConfig({ env: "dev" }));
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
let moto: Moto;
let s3: S3Client;
let dynamodb: DynamoDBClient;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_ACTIONS"]) vi.stubEnv(name, undefined);
  moto = await startMoto();
  folder = mkdtempSync(join(tmpdir(), "cali-shared-"));
  env = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    CALI_COMMIT: "a".repeat(40),
    TF_PLUGIN_CACHE_DIR: join(folder, "providers"),
  };
  expect((await runCali(["bootstrap", "--env", "dev"], { env })).code).toBe(0);
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  const aws = { endpoint: moto.url, region: backend.region, credentials };
  s3 = new S3Client({ ...aws, forcePathStyle: true });
  dynamodb = new DynamoDBClient(aws);
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
});
afterAll(async () => {
  s3.destroy();
  dynamodb.destroy();
  vi.unstubAllEnvs();
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);

function write(project: string, team: readonly string[]): void {
  const variable = {
    project_name: { type: "string", default: project },
    environment: { type: "string", default: "dev" },
    aws_region: { type: "string", default: "ap-northeast-2" },
    team_members_arns: { type: "list(string)", default: team },
  };
  writeApplication(at("synth"), backend, [
    {
      name: "infra",
      values: { logs: "${var.project_name}-logs-stream", team_members: "${each.key}" },
      blocks: { variable },
    },
  ]);
  const file = at("synth/stacks/infra/cdk.tf.json");
  const configuration = JSON.parse(readFileSync(file, "utf8"));
  configuration.resource.terraform_data.team_members.for_each = "${toset(var.team_members_arns)}";
  writeFileSync(file, JSON.stringify(configuration));
}
/** Puts the platform's stream into the state, as an object of Terraform's built-in provider: nothing else is had here. */
async function putStream(arn: string): Promise<void> {
  const Key = "stacks/infra/terraform.tfstate";
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: backend.bucket, Key }));
  const state = JSON.parse((await Body?.transformToString()) ?? "");
  const { mode, provider } = state.resources[0];
  const stream = { mode, type: "aws_kinesis_stream", name: "logs", provider };
  state.resources.push({ ...stream, instances: [{ schema_version: 0, attributes: { id: arn, arn } }] });
  const text = JSON.stringify(state);
  await s3.send(new PutObjectCommand({ Bucket: backend.bucket, Key, Body: text }));
  const Digest = { S: createHash("md5").update(text).digest("hex") };
  const LockID = { S: `${backend.bucket}/${Key}-md5` };
  await dynamodb.send(new PutItemCommand({ TableName: backend.lockTable, Item: { LockID, Digest } }));
}
const cali = (command: string, ...args: string[]) =>
  runCali([command, "--synth-dir", at("synth"), "--env", "dev", ...args], { env });

it("plan, doctor and deploy list what differs from the state, and stop when the state is of something else", async () => {
  write("shop", ["jun", "mina"]);
  const made = await cali("deploy", "--replan", "--out", at("made"));
  expect(made.code, made.stdout + made.stderr).toBe(0);

  write("shop", ["jun"]);
  const listed = await cali("plan", "--out", at("plans"), "--comment");
  expect(listed.code, listed.stdout + listed.stderr).toBe(0);
  const line = "terraform_data.team_members: the state has the key mina, the configuration (team) has not";
  expect(listed.stdout.indexOf(line)).toBeGreaterThan(-1);
  expect(listed.stdout.indexOf(line)).toBeLessThan(listed.stdout.indexOf("infra: changes"));
  expect(listed.stdout).toContain("1 object would go because its key is no longer in `for_each`");
  const refused = await cali("deploy", "--replan", "--out", at("deploy"));
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('terraform_data.team_members["mina"] would be destroyed, since its key');
  expect((await cali("doctor", "--json")).stdout).toContain(line);
  const allowed = await cali("deploy", "--replan", "--allow-data-loss", "--out", at("deploy"));
  expect(allowed.code, allowed.stdout + allowed.stderr).toBe(0);

  await putStream("arn:aws:kinesis:eu-west-1:123456789012:stream/shop-logs-stream");
  const stop = "region: given ap-northeast-2; the state is of eu-west-1";
  const stopped = await cali("plan", "--out", at("plans"), "--comment");
  expect(stopped.code).toBe(1);
  expect(stopped.stdout).toContain("infra: failed");
  expect(stopped.stdout).toContain(stop);
  expect(stopped.stdout).toContain("The plan failed");
  const examined = await cali("doctor");
  expect(examined.stdout).toContain(`FAILURE  configuration of infra: ${stop}`);
  expect(examined.code).toBe(1);
  const undeployed = await cali("deploy", "--replan", "--out", at("deploy"));
  expect(undeployed.code).toBe(1);
  expect(undeployed.stdout).toContain(stop);
});
