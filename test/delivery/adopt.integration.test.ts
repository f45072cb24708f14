import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { partOf, SHARED_PARTS } from "../../delivery/core/shared-state/own.ts";
import { readStateFile, type StateFile } from "../../delivery/core/terraform/state-file.ts";
import { copyCheckout } from "../support/checkout.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { CALI, ROOT, run } from "../support/run.ts";

/** `cali adopt` in a checkout, on the live state in a bucket: what each step's deployment makes of the states is put there. */
const LIVE = readStateFile(join(ROOT, "test/fixtures/legacy/terraform.tfstate"));
const BUCKET = "cali-terraform-state";
const TABLE = "cali-terraform-lock";
const KEY = "infra/terraform.tfstate";
const region = "ap-northeast-2";
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };

const PAGE = readFileSync(join(ROOT, "docs/migrating.md"), "utf8");
const typed = (pattern: RegExp) =>
  pattern.exec(PAGE)?.[1]?.split(" ") ?? expect.fail(`docs/migrating.md has no ${pattern}`);
const ADOPT = typed(/`npx cali (adopt --env team)`/);
const BACK = typed(/`npx cali (adopt --env team --back)`/);

let moto: Moto;
let s3: S3Client;
let dynamodb: DynamoDBClient;
let checkout: string;

beforeAll(async () => {
  moto = await startMoto();
  checkout = mkdtempSync(join(tmpdir(), "cali-adopt-"));
  copyCheckout(checkout);
  const team = ["mina", "jun"].map((name) => `arn:aws:iam::123456789012:user/${name}`);
  const users = join(checkout, "config/terraform-users.yaml");
  const text = readFileSync(users, "utf8").replace("team: []", `team: ${JSON.stringify(team)}`);
  rmSync(users);
  writeFileSync(join(checkout, "config/team.yaml"), text);
  const value = "${aws_kinesis_stream.logs.arn}";
  mkdirSync(join(checkout, "config/team.overrides"));
  writeFileSync(
    join(checkout, "config/team.overrides/infra.json"),
    `{"output":{"mine":{"value":"${value}"}}}`,
  );
  const aws = { endpoint: moto.url, region, credentials };
  s3 = new S3Client({ ...aws, forcePathStyle: true });
  dynamodb = new DynamoDBClient(aws);
  await s3.send(
    new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: region } }),
  );
  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
    }),
  );
  await put(KEY, LIVE);
});
afterAll(async () => {
  for (const client of [s3, dynamodb]) client.destroy();
  await moto.stop();
  rmSync(checkout, { recursive: true, force: true });
});

const put = (Key: string, body: object) =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: JSON.stringify(body) }));
const without = (state: StateFile): StateFile => ({ ...state, resources: [] });
const partState = (part: string): StateFile => ({
  ...LIVE,
  lineage: part,
  resources: LIVE.resources.filter((one) => one.mode === "managed" && partOf(one) === part),
});

/** Lets Node end by SIGKILL before the nth change of a file of the environment. */
const killedAt = (nth: number) => {
  const text = `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
let left = ${nth};
for (const name of ["writeFileSync", "renameSync", "rmSync"]) {
  const own = fs[name];
  fs[name] = (path, ...more) => {
    if (/\\bconfig.team\\./.test(String(path)) && --left === 0) process.kill(process.pid, "SIGKILL");
    return own(path, ...more);
  };
}
syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(text).toString("base64")}` };
};

async function cali(args: readonly string[], more: Record<string, string> = {}) {
  const env = {
    ...more,
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const node = join(ROOT, "node_modules/.bin/node");
  const { code, stdout, stderr } = await run(node, [...CALI, ...args], { cwd: checkout, env });
  return { code, said: stdout + stderr };
}

const yaml = () => readFileSync(join(checkout, "config/team.yaml"), "utf8");
const adoption = () => JSON.parse(readFileSync(join(checkout, "config/team.adoption.json"), "utf8"));

const references = () => JSON.parse(readFileSync(join(checkout, "config/team.references.json"), "utf8"));
const STREAM_ARN = "arn:aws:kinesis:ap-northeast-2:123456789012:stream/cali-logs-stream";

it("refuses what cannot be moved, and writes nothing", async () => {
  const before = yaml();
  expect(await cali(ADOPT)).toMatchObject({
    code: 1,
    said: expect.stringContaining("whose versioning is off"),
  });
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));

  const lock = {
    ...{ ID: "0b5c5a7e", Path: `${BUCKET}/x`, Operation: "OperationTypeApply", Who: "kim@laptop" },
    Created: "2026-01-02T03:04:05Z",
  };
  await put(`stacks/02-s3/terraform.tfstate.tflock`, lock);
  expect(await cali(ADOPT)).toMatchObject({
    code: 1,
    said: expect.stringContaining("02-s3: kim@laptop has had its state's lock since 2026-01-02T03:04:05Z"),
  });
  await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "stacks/02-s3/terraform.tfstate.tflock" }));
  // The hand-written project locks in the table alone.
  const LockID = { S: `${BUCKET}/${KEY}` };
  const Info = { S: JSON.stringify({ ...lock, Who: "ann@desk" }) };
  await dynamodb.send(new PutItemCommand({ TableName: TABLE, Item: { LockID, Info } }));
  expect(await cali(ADOPT)).toMatchObject({
    code: 1,
    said: expect.stringContaining("infra: ann@desk has had its state's lock since 2026-01-02T03:04:05Z"),
  });
  await dynamodb.send(new DeleteItemCommand({ TableName: TABLE, Key: { LockID } }));

  const newer = LIVE.resources.map((one) => ({
    ...one,
    instances: one.instances.map((instance) =>
      one.type === "aws_s3_bucket" ? { ...instance, schema_version: 99 } : instance,
    ),
  }));
  await put(KEY, { ...LIVE, resources: newer });
  expect(await cali(ADOPT)).toMatchObject({
    code: 1,
    said: expect.stringContaining("infra: a newer provider wrote its aws_s3_bucket (schema 99)"),
  });
  await put(KEY, { ...LIVE, version: 5 });
  expect(await cali(ADOPT)).toMatchObject({
    code: 1,
    said: expect.stringContaining("given a state of format 5"),
  });
  await put(KEY, LIVE);

  await put("stacks/02-s3/terraform.tfstate", partState("02-s3"));
  expect(await cali(ADOPT)).toMatchObject({
    code: 1,
    said: expect.stringContaining(
      "aws_s3_bucket.logs is in a state that it is to come to already (02-s3), and no move was begun",
    ),
  });
  await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "stacks/02-s3/terraform.tfstate" }));
  expect(yaml()).toBe(before);
  expect(existsSync(join(checkout, "config/team.adoption.json"))).toBe(false);
});

it("writes each step of the move, and of the way back, killed or not", async () => {
  const before = yaml();
  // Each on what the one before has left. The first ends between the two files.
  for (const nth of [3, 5, 2, 1]) {
    expect((await cali(ADOPT, killedAt(nth))).code, `killed at ${nth}`).toBe(null);
    expect(yaml()).toBe(before);
    expect(() => loadConfig({ env: "team", folder: join(checkout, "config") })).toThrow(
      "stateLayout: given shared; allowed: stacks",
    );
  }
  const first = await cali(ADOPT);
  expect(first, first.said).toMatchObject({ code: 0, said: expect.stringContaining("Written: 48 imports.") });
  expect(first.said).toContain(`output.mine has "${STREAM_ARN}" in place of aws_kinesis_stream.logs.arn`);
  expect(adoption()).toMatchObject({ to: "stacks", step: "import", lineage: LIVE.lineage });
  expect(yaml()).toContain("\nstateLayout: stacks\n");
  expect((await cali(ADOPT)).said).toContain("Written: 48 imports.");

  // Cut off: only one stack has taken its objects.
  await put("stacks/02-s3/terraform.tfstate", partState("02-s3"));
  expect((await cali(ADOPT)).said).toContain("Written: 43 imports.");
  for (const part of SHARED_PARTS) await put(`stacks/${part}/terraform.tfstate`, partState(part));
  expect((await cali(ADOPT)).said).toContain("Written: 48 forgets. Nothing is destroyed.");
  await put(KEY, { ...LIVE, lineage: "other" });
  expect(await cali(ADOPT)).toMatchObject({
    code: 1,
    said: expect.stringContaining("has the lineage other"),
  });
  await put(KEY, without(LIVE));
  expect((await cali(ADOPT)).said).toContain("The move to stacks is over.");
  expect(references()).toEqual({ "aws_kinesis_stream.logs.arn": STREAM_ARN });
  expect(existsSync(join(checkout, "config/team.adoption.json"))).toBe(false);

  expect((await cali(BACK, killedAt(3))).code).toBe(null);
  expect((await cali(BACK)).said).toContain("Written: 48 imports.");
  expect(adoption()).toMatchObject({ to: "shared", step: "import" });
  await put(KEY, LIVE);
  expect((await cali(BACK)).said).toContain("Written: 48 forgets.");
  for (const part of SHARED_PARTS) await put(`stacks/${part}/terraform.tfstate`, without(partState(part)));
  expect((await cali(BACK)).said).toContain("The move to shared is over.");
  expect(existsSync(join(checkout, "config/team.references.json"))).toBe(false);
  expect(yaml()).toBe(
    before.replace("\nstateLayout: shared", "\nstateLayout: shared\nimported: true\nprefix: null"),
  );
}, 400_000);
