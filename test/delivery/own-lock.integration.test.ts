import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DeleteBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { deleteLock, lockTexts } from "../../delivery/core/state-backend/lock.ts";
import { runningIn } from "../../delivery/core/terraform/running.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { CALI, ROOT, runCali } from "../support/run.ts";
import { writeApplication } from "../support/terraform-app.ts";

/** A lock that AWS has given, and whose answer was lost on the way: Terraform asks again, and is refused by its own lock. */

const backend = stateBackend(loadConfig({ env: "dev" }));
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
// No other test's Terraform works on this state.
const STACK = "01-lost-answer";
const KEY = `stacks/${STACK}/terraform.tfstate`;
const LOCKS = {
  "in the table": ({ headers }: IncomingMessage, body: string) =>
    headers["x-amz-target"] === "DynamoDB_20120810.PutItem" && body.includes("OperationType"),
  "beside the state": ({ method, url = "" }: IncomingMessage) => method === "PUT" && url.includes(".tflock"),
};

let moto: Moto;
let proxy: Server;
/** Which request loses its answer; one does. */
let loses: ((request: IncomingMessage, body: string) => boolean) | undefined;
let lost = 0;
let clients: { s3: S3Client; dynamodb: DynamoDBClient; backend: typeof backend };
let folder: string;
let env: Record<string, string>;

/** Passes requests on as they are, and loses an answer by ending the connection. */
async function pass(
  request: IncomingMessage,
  answer: (answered: Response) => Promise<void>,
  drop: () => void,
) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (!["connection", "content-length", "transfer-encoding", "expect"].includes(name))
      headers.set(name, String(value));
  }
  const answered = await fetch(`${moto.url}${request.url}`, {
    method: request.method ?? "GET",
    headers,
    ...(body.length > 0 && { body }),
  });
  if (!loses?.(request, body.toString())) return answer(answered);
  loses = undefined;
  lost++;
  drop();
}

beforeAll(async () => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_ACTIONS"]) vi.stubEnv(name, undefined);
  moto = await startMoto();
  proxy = createServer((request, response) => {
    const send = async (answered: Response) => {
      const text = Buffer.from(await answered.arrayBuffer());
      const headers = new Headers(answered.headers);
      for (const name of ["connection", "transfer-encoding"]) headers.delete(name);
      if (request.method !== "HEAD") headers.set("content-length", String(text.length));
      response.writeHead(answered.status, Object.fromEntries(headers)).end(text);
    };
    pass(request, send, () => request.socket.destroy()).catch(() => request.socket.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  folder = mkdtempSync(join(tmpdir(), "cali-own-lock-"));
  env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    CALI_COMMIT: "a".repeat(40),
    TF_PLUGIN_CACHE_DIR: at("providers"),
  };
  const aws = { endpoint: moto.url, region: backend.region, credentials };
  clients = {
    s3: new S3Client({ ...aws, forcePathStyle: true }),
    dynamodb: new DynamoDBClient(aws),
    backend,
  };
  const made = await runCali(["bootstrap", "--env", "dev"], { env });
  expect(made.code, made.stderr).toBe(0);
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await clients.s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
  writeApplication(at("synth"), backend, [{ name: STACK, values: { one: "a" } }]);
});
beforeEach(() => {
  [lost, loses] = [0, undefined];
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const client of [clients.s3, clients.dynamodb]) client.destroy();
  proxy.closeAllConnections();
  proxy.close();
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const words = (command: string, ...more: string[]) => [
  ...[command, "--env", "dev", "--synth-dir", at("synth")],
  ...more,
];
const plan = () => runCali(words("plan", "--out", at("plans"), "--lock-timeout", "1s"), { env });
const held = async () => (await lockTexts(clients, KEY)).map((text) => JSON.parse(text).ID);

it.each(Object.keys(LOCKS) as (keyof typeof LOCKS)[])(
  "%s: is given back, and Terraform goes on",
  async (place) => {
    loses = LOCKS[place];
    const { code, stdout, stderr } = await plan();
    expect(code, stdout + stderr).toBe(0);
    expect(lost).toBe(1);
    expect(stderr).toMatch(/^Terraform was refused its own lock [0-9a-f-]{36}, as AWS's answer/m);
    expect(stdout).toContain(`${STACK}: changes`);
    expect(await held()).toEqual([]);
    expect(runningIn(at(`synth/stacks/${STACK}`))).toBeUndefined();
  },
);

it.each([
  ["of an earlier time", -60_000, `${userInfo().username}@${hostname()}`],
  ["of another machine", 1_000, `${userInfo().username}@${hostname()}-2`],
])("a lock %s stays", async (_, later, Who) => {
  const Created = new Date(Date.now() + later).toISOString();
  const Info = JSON.stringify({ ID: "0a1b", Operation: "OperationTypePlan", Who, Created });
  await clients.dynamodb.send(
    new PutItemCommand({
      TableName: backend.lockTable,
      Item: { LockID: { S: `${backend.bucket}/${KEY}` }, Info: { S: Info } },
    }),
  );
  const { code, stdout, stderr } = await plan();
  expect(code).toBe(1);
  expect(stdout).toContain("Error acquiring the state lock");
  expect(stderr).not.toContain("its own lock");
  expect(await lockTexts(clients, KEY)).toEqual([Info]);
  await deleteLock(clients, KEY, Info);
});

it("cali unlock gives it back when nobody was left to do so", async () => {
  loses = LOCKS["in the table"];
  const child = spawn("node", [...CALI, ...words("plan", "--out", at("plans"), "--lock-timeout", "1h")], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  await vi.waitUntil(() => lost === 1 || child.exitCode !== null, { timeout: 120_000 });
  const { pid = 0 } = runningIn(at(`synth/stacks/${STACK}`)) ?? {};
  child.kill("SIGKILL");
  process.kill(-pid, "SIGKILL");
  await ended;
  const [id] = await held();
  const { code, stdout, stderr } = await runCali(words("unlock", "--seconds", "60"), { env });
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toContain(`gave back the lock ${id}`);
  expect(await held()).toEqual([]);
});
