import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteBucketPolicyCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import {
  type BackendClients,
  lockTexts,
  parseLock,
  readObject,
} from "../../delivery/core/state-backend/lock.ts";
import { runningIn } from "../../delivery/core/terraform/running.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { ROOT, runCali } from "../support/run.ts";
import { writeApplication } from "../support/terraform-app.ts";

/**
 * A job that is cancelled, with the runner's own signals and times: SIGINT to the step's first process, SIGTERM after 7.5 s, and it is killed
 * after 2.5 s more (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation). What it has started lives on.
 */
const SIGTERM_AFTER_MS = 7_500;
const KILLED_AFTER_MS = 2_500;

const backend = stateBackend(loadConfig({ env: "dev" }));
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
// No other test's Terraform works on this state.
const STACK = "01-cancelled";
const KEY = `stacks/${STACK}/terraform.tfstate`;
let moto: Moto;
let clients: BackendClients & { s3: S3Client; dynamodb: DynamoDBClient };
let folder: string;
let env: Record<string, string>;

beforeAll(() => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_ACTIONS"]) vi.stubEnv(name, undefined);
});
afterAll(() => vi.unstubAllEnvs());
beforeEach(async () => {
  moto = await startMoto();
  folder = mkdtempSync(join(tmpdir(), "cali-cancel-"));
  env = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    CALI_COMMIT: "a".repeat(40),
    TF_PLUGIN_CACHE_DIR: join(folder, "providers"),
  };
  const aws = { endpoint: moto.url, region: backend.region, credentials };
  clients = {
    s3: new S3Client({ ...aws, forcePathStyle: true }),
    dynamodb: new DynamoDBClient(aws),
    backend,
  };
  expect((await runCali(["bootstrap", "--env", "dev"], { env })).code).toBe(0);
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await clients.s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
  writeApplication(at("synth"), backend, [
    {
      name: STACK,
      values: { one: "a" },
      command: `touch ${at("began")}; while [ ! -e ${at("go")} ]; do sleep 0.1; done`,
    },
  ]);
});
afterEach(async () => {
  clients.s3.destroy();
  clients.dynamodb.destroy();
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const stackFolder = () => at(`synth/stacks/${STACK}`);
const unlock = (seconds: number) =>
  runCali(["unlock", "--env", "dev", "--synth-dir", at("synth"), "--seconds", String(seconds)], { env });

/** A step of a workflow: `bash -e` runs a file with its one line. */
async function step(): Promise<ChildProcess> {
  const words = ["deploy", "--replan", "--synth-dir", at("synth"), "--out", at("deploy")];
  writeFileSync(at("step.sh"), `exec node bin/cali.js ${words.join(" ")}\n`);
  const PATH = `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`;
  const log = openSync(at("step.log"), "w");
  const child = spawn("bash", ["-e", at("step.sh")], {
    cwd: ROOT,
    env: { ...process.env, ...env, PATH },
    stdio: ["ignore", log, log],
    detached: true,
  });
  const isOver = () => existsSync(at("began")) || child.exitCode !== null;
  await vi.waitUntil(isOver, { timeout: 120_000 }).catch(() => {});
  expect(existsSync(at("began")), readFileSync(at("step.log"), "utf8")).toBe(true);
  return child;
}

async function cancel(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGINT");
  const left = async (ms: number) =>
    (await Promise.race([ended.then(() => false), sleep(ms, true)])) as boolean;
  if (await left(SIGTERM_AFTER_MS)) {
    child.kill("SIGTERM");
    if (await left(KILLED_AFTER_MS)) child.kill("SIGKILL");
  }
  await ended;
}

it("a cancelled deployment ends by itself, or is waited for, and leaves no lock", async () => {
  const child = await step();
  expect(await lockTexts(clients, KEY)).not.toEqual([]);
  await cancel(child);
  writeFileSync(at("go"), "");
  const { code, stdout, stderr } = await unlock(60);
  expect(code, stdout + stderr).toBe(0);
  expect(await lockTexts(clients, KEY)).toEqual([]);
  expect(runningIn(stackFolder())).toBeUndefined();
  // What was made is in the state.
  expect((await readObject(clients, KEY))?.toString()).toContain('"terraform_data"');
});

it("a Terraform that was killed has its own lock given back, and nobody else's", async () => {
  const child = await step();
  const { pid = 0 } = runningIn(stackFolder()) ?? {};
  const [text = ""] = await lockTexts(clients, KEY);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;

  const working = await unlock(1);
  expect(working.code).toBe(1);
  expect(working.stdout).toContain("Terraform still works. Its lock stays");
  expect(await lockTexts(clients, KEY)).toContain(text);

  process.kill(pid, "SIGKILL");
  // Somebody on another machine has the lock file meanwhile.
  const foreign = JSON.stringify({ ...JSON.parse(text), ID: "other", Who: "somebody@elsewhere" });
  const put = (Body: string) =>
    clients.s3.send(new PutObjectCommand({ Bucket: backend.bucket, Key: `${KEY}.tflock`, Body }));
  await put(foreign);
  const given = await unlock(30);
  expect(given.code, given.stdout + given.stderr).toBe(0);
  expect(given.stdout).toContain(`gave back the lock ${parseLock(text)?.ID}`);
  expect(given.stdout).toContain("the lock of somebody@elsewhere stays: it is not this job's");
  expect(await lockTexts(clients, KEY)).toEqual([foreign]);
  expect((await unlock(1)).stdout).toContain("nothing is left to give back");
});

it("a lock that another Terraform of this machine works with stays", async () => {
  const child = await step();
  const held = await lockTexts(clients, KEY);
  // As if this job's own had been killed before, and somebody had started another one since.
  const note = join(stackFolder(), "terraform-running.json");
  const { pid = 0, startedAt = 0 } = runningIn(stackFolder()) ?? {};
  writeFileSync(note, JSON.stringify({ pid: 2 ** 30, startedAt }));
  const { code, stdout, stderr } = await unlock(1);
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/the lock of \S+ stays: it is not this job's/);
  expect(await lockTexts(clients, KEY)).toEqual(held);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  process.kill(-pid, "SIGKILL");
  await ended;
});

it("a state that Terraform could not write is pushed", async () => {
  const child = await step();
  writeFileSync(at("go"), "");
  await once(child, "exit");
  const state = JSON.parse((await readObject(clients, KEY))?.toString() ?? "");
  const errored = JSON.stringify({
    ...state,
    serial: state.serial + 1,
    outputs: { more: { value: "x", type: "string" } },
  });
  writeFileSync(join(stackFolder(), "errored.tfstate"), errored);
  // No process has this number: Terraform's are no higher than Linux's limit.
  writeFileSync(
    join(stackFolder(), "terraform-running.json"),
    JSON.stringify({ pid: 2 ** 30, startedAt: Date.now() }),
  );
  const { code, stdout, stderr } = await unlock(1);
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toContain(`${STACK}: pushed the state that Terraform could not write`);
  expect((await readObject(clients, KEY))?.toString()).toContain('"more"');
  expect(readFileSync(join(stackFolder(), "errored.tfstate.pushed"), "utf8")).toBe(errored);
});
