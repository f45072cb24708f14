import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import {
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateOpenIDConnectProviderCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import type { Finding } from "../../delivery/commands/doctor/finding.ts";
import { lockTexts, readObject } from "../../delivery/core/state-backend/lock.ts";
import { runningIn } from "../../delivery/core/terraform/running.ts";
import { GithubServer } from "../support/github-server.ts";
import { type Moto, PYTHON_BIN, startMoto } from "../support/moto.ts";
import { CALI, ROOT, run } from "../support/run.ts";
import { writeApplication } from "../support/terraform-app.ts";

/** What a command prints to be typed is typed here as it is, and mends what it is printed for. */

const backend = stateBackend(loadConfig({ env: "dev" }));
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
const KEY = "stacks/01-kinesis/terraform.tfstate";
let moto: Moto;
let clients: { s3: S3Client; dynamodb: DynamoDBClient; backend: typeof backend };
let folder: string;
let env: Record<string, string>;

const at = (name: string) => join(folder, name);
const cali = (...args: string[]) => run("node", [...CALI, ...args], { env });
/** A line, in the shell that GitHub's runners and most people have. */
const type = (line: string, over: Record<string, string> = {}) =>
  run("bash", ["-c", line], { env: { ...env, ...over } });

beforeEach(async () => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_ACTIONS"]) vi.stubEnv(name, undefined);
  moto = await startMoto();
  folder = mkdtempSync(join(tmpdir(), "cali-remedies-"));
  mkdirSync(at("bin"));
  env = {
    PATH: [at("bin"), join(ROOT, "node_modules/.bin"), PYTHON_BIN, process.env.PATH].join(delimiter),
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    CALI_COMMIT: "a".repeat(40),
  };
  const aws = { endpoint: moto.url, region: backend.region, credentials };
  clients = {
    s3: new S3Client({ ...aws, forcePathStyle: true }),
    dynamodb: new DynamoDBClient(aws),
    backend,
  };
  writeApplication(at("synth"), backend, [{ name: "01-kinesis", values: { one: "a" } }]);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  clients.s3.destroy();
  clients.dynamodb.destroy();
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that notes its words and what it is given, for one that asks somebody else's service. */
function stub(name: string): string {
  const notes = at(`${name}.notes`);
  writeFileSync(
    at(`bin/${name}`),
    `#!/bin/sh\n{ printf '%s\\n' "$@"; [ "$2" != set ] || cat; } >>${notes}\n`,
  );
  chmodSync(at(`bin/${name}`), 0o755);
  return notes;
}

/** What doctor says of a check that is not well; moto can't have the bucket's policy. */
async function wrong(check: string, over: Record<string, string> = {}): Promise<Finding[]> {
  const args = ["doctor", "--env", "dev", "--synth-dir", at("synth"), "--json"];
  const { stdout, stderr } = await run("node", [...CALI, ...args], { env: { ...env, ...over } });
  expect(stderr).toBe("");
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return findings.filter(
    (one) => one.check === check && one.status !== "ok" && !/TLS|not looked at/.test(one.found),
  );
}

/** Types the command that one finding has, and sees it gone. */
async function mend(check: string, found: RegExp): Promise<string> {
  const [finding, ...more] = await wrong(check);
  expect(finding?.found).toMatch(found);
  expect(more).toEqual([]);
  const { code, stdout, stderr } = await type(finding?.command ?? "false");
  expect(code, `${finding?.command}\n${stdout}${stderr}`).toBe(0);
  expect(await wrong(check)).toEqual([]);
  return stdout;
}

async function bootstrapped(): Promise<void> {
  expect((await cali("bootstrap", "--env", "dev")).code).toBe(0);
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await clients.s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
}

const deployWords = () => [
  "deploy",
  "--env",
  "dev",
  "--replan",
  "--synth-dir",
  at("synth"),
  "--out",
  at("out"),
];
const put = (key: string, Body: string) =>
  clients.s3.send(new PutObjectCommand({ Bucket: backend.bucket, Key: key, Body }));
const putItem = (id: string, attributes: Record<string, string>) =>
  clients.dynamodb.send(
    new PutItemCommand({
      TableName: backend.lockTable,
      Item: {
        LockID: { S: id },
        ...Object.fromEntries(Object.entries(attributes).map(([name, S]) => [name, { S }])),
      },
    }),
  );

it("a bucket and a table that are not there, or lack something, are made", async () => {
  await mend(`bucket ${backend.bucket}`, /there is none/);
  expect(await wrong(`lock table ${backend.lockTable}`)).toEqual([]);
  await clients.s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
  const VersioningConfiguration = { Status: "Suspended" } as const;
  await clients.s3.send(new PutBucketVersioningCommand({ Bucket: backend.bucket, VersioningConfiguration }));
  await mend(`bucket ${backend.bucket}`, /version/i);
  const TableName = backend.lockTable;
  await clients.dynamodb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
  await clients.dynamodb.send(new DeleteTableCommand({ TableName }));
  await mend(`lock table ${TableName}`, /there is none/);
});

it("a state that was deleted, or is damaged, and a digest that is another's, are put back", async () => {
  await bootstrapped();
  const deployed = await cali(...deployWords());
  expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
  const before = await readObject(clients, KEY);
  await clients.s3.send(new DeleteObjectCommand({ Bucket: backend.bucket, Key: KEY }));
  await mend("state of 01-kinesis", /the state was deleted/);
  await put(KEY, "half a sta");
  await mend("state of 01-kinesis", /is no state/);
  expect(await readObject(clients, KEY)).toEqual(before);
  await putItem(`${backend.bucket}/${KEY}-md5`, { Digest: "0".repeat(32) });
  await mend("state of 01-kinesis", /one of both was written without the other/);
  expect((await cali(...deployWords(), "--out", at("again"))).stdout).toContain("01-kinesis: unchanged");
});

describe("a lock that was left", () => {
  it("by a Terraform that is dead goes at once, in both places, and the next deployment goes on", async () => {
    await bootstrapped();
    writeApplication(at("synth"), backend, [
      {
        name: "01-kinesis",
        values: { one: "a" },
        command: `touch ${at("began")}; while [ ! -e ${at("go")} ]; do sleep 0.1; done`,
      },
    ]);
    const child = spawn("node", [...CALI, ...deployWords()], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    await vi.waitUntil(() => existsSync(at("began")) || child.exitCode !== null, { timeout: 120_000 });
    const { pid = 0 } = runningIn(at("synth/stacks/01-kinesis")) ?? {};
    child.kill("SIGKILL");
    await ended;
    expect(await lockTexts(clients, KEY)).toHaveLength(2);
    // While it works the command is the same, and refuses.
    const [working] = await wrong("lock of 01-kinesis");
    expect(working).toMatchObject({ status: "warning", found: expect.stringContaining(`process ${pid}`) });
    const refused = await type(working?.command ?? "false");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`process ${pid}`) });
    expect(await lockTexts(clients, KEY)).toHaveLength(2);

    process.kill(-pid, "SIGKILL");
    await vi.waitUntil(async () => (await wrong("lock of 01-kinesis"))[0]?.status === "failure", {
      timeout: 60_000,
      interval: 500,
    });
    const next = await mend("lock of 01-kinesis", /held by .* for \d+ min.*no Terraform or OpenTofu works/);
    expect(await lockTexts(clients, KEY)).toEqual([]);
    expect(next).toMatch(/^ {2}npx cali recover --env dev$/m);
    writeFileSync(at("go"), "");
    const deployed = await cali(...deployWords());
    expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
  });

  it("an hour ago elsewhere, or by no Terraform, goes too; what may still work stays", async () => {
    await bootstrapped();
    const lock = (Who: string, minutes: number) =>
      JSON.stringify({
        ...{ ID: "11111111-2222", Operation: "OperationTypeApply", Who },
        Created: new Date(Date.now() - minutes * 60_000).toISOString(),
      });
    await putItem(`${backend.bucket}/${KEY}`, { Info: lock("ann@laptop", 61) });
    await mend("lock of 01-kinesis", /for \d+ min, ID 11111111-2222; it is older than an hour/);
    for (const attributes of [{ Info: "{}" }, {}] as Record<string, string>[]) {
      await putItem(`${backend.bucket}/${KEY}`, attributes);
      await put(`${KEY}.tflock`, attributes.Info ?? "");
      await mend("lock of 01-kinesis", /nobody says by whom/);
    }
    await putItem(`${backend.bucket}/${KEY}`, { Info: lock("ann@laptop", 5) });
    const [fresh] = await wrong("lock of 01-kinesis");
    const refused = await type(fresh?.command ?? "false");
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("ann@laptop is not this machine"),
    });
    // As soon as its run is over.
    const server = new GithubServer();
    await server.listen();
    try {
      const run = server.run("terraform.yml", "a".repeat(40));
      run.jobs.push({
        ...{ id: 1, name: "deploy", status: "completed", conclusion: "failure" },
        started_at: new Date(Date.now() - 24 * 3_600_000).toISOString(),
        completed_at: new Date(Date.now() - 1_000).toISOString(),
      });
      const given = await type(`${fresh?.command} --run ${run.id}`, server.environment);
      expect(given.code, given.stdout + given.stderr).toBe(0);
      expect(given.stdout).toContain(`/actions/runs/${run.id} is over`);
    } finally {
      await server.close();
    }
    const { Items } = await clients.dynamodb.send(new ScanCommand({ TableName: backend.lockTable }));
    expect(Items).toEqual([]);
    // This machine's own needs no hour.
    await putItem(`${backend.bucket}/${KEY}`, { Info: lock(`${userInfo().username}@${hostname()}`, 5) });
    await mend("lock of 01-kinesis", /for \d+ min.*on this machine no Terraform or OpenTofu works/);
  });
});

it("AWS says whose the credentials are, and the key of plans is set", async () => {
  const without = { AWS_ACCESS_KEY_ID: "", AWS_CONFIG_FILE: "/none", AWS_SHARED_CREDENTIALS_FILE: "/none" };
  const [login] = await wrong("AWS credentials", without);
  const [identity = "false"] = login?.remedy?.match(/aws sts [^`]+/) ?? [];
  expect((await type(identity)).code, identity).toBe(0);
  const notes = stub("gh");
  const inWorkflow = { GITHUB_ACTIONS: "true" };
  const [key] = await wrong("secret CALI_PLAN_KEY", inWorkflow);
  expect((await type(key?.command ?? "false")).code).toBe(0);
  const [secret, set, name, value = ""] = readFileSync(notes, "utf8").trim().split("\n");
  expect([secret, set, name]).toEqual(["secret", "set", "CALI_PLAN_KEY"]);
  expect(await wrong("secret CALI_PLAN_KEY", { ...inWorkflow, CALI_PLAN_KEY: value })).toEqual([]);
});

it("a provider of GitHub's that is for others takes the pipeline, too", async () => {
  const iam = new IAMClient({ endpoint: moto.url, region: "us-east-1", credentials });
  await iam.send(
    new CreateOpenIDConnectProviderCommand({
      Url: "https://token.actions.githubusercontent.com",
      ClientIDList: ["somebody"],
      ThumbprintList: ["a".repeat(40)],
    }),
  );
  const server = new GithubServer();
  await server.listen();
  try {
    const words = ["pipeline-access", "--env", "dev", "--repository", "acme/cali"];
    const refused = await run("node", [...CALI, ...words], { env: { ...env, ...server.environment } });
    const [, command = ""] = /^Remedy: (aws .*)$/m.exec(refused.stderr) ?? [];
    // moto fails at that request; the CLI itself says whether it takes the words.
    const typed = await type(`${command} --generate-cli-skeleton output`);
    expect(typed.code, command + typed.stderr).toBe(0);
    expect(command).toMatch(
      / arn:aws:iam::123456789012:oidc-provider\/token\.actions\.githubusercontent\.com --client-id sts\.amazonaws\.com$/,
    );
  } finally {
    iam.destroy();
    await server.close();
  }
});

it("what GitHub's settings let through is closed by words that a shell takes as they are", async () => {
  const server = new GithubServer();
  await server.listen();
  try {
    const words = ["pipeline-access", "--env", "dev", "--repository", "acme/cali", "--check"];
    const gaps = async () => {
      const { stdout } = await run("node", [...CALI, ...words], { env: { ...env, ...server.environment } });
      return [...stdout.matchAll(/^ {4}(gh api .*)$/gm)].map(([, command = ""]) => command);
    };
    const missing = await gaps();
    server.environments.dev = { deployment_branch_policy: null, protection_rules: [] };
    const commands = [...missing, ...(await gaps()).filter((one) => !missing.includes(one))];
    expect(commands).toHaveLength(5);
    const notes = stub("gh");
    for (const command of commands) expect((await type(command)).code, command).toBe(0);
    const typed = readFileSync(notes, "utf8");
    expect(typed).toMatch(/^api\n-X\nPUT\nrepos\/acme\/cali\/environments\/dev\n/);
    expect(typed).toContain("\nreviewers[][type]=User\n-F\nreviewers[][id]=\n");
    expect(typed).toContain("\ndeployment_branch_policy[protected_branches]=true\n");
    expect(typed).toContain(
      "\nconditions[ref_name][include][]=refs/heads/main\n-f\nrules[][type]=pull_request\n",
    );
    expect(typed).toContain("\nrules[][parameters][required_status_checks][][context]=required\n");
  } finally {
    await server.close();
  }
});
