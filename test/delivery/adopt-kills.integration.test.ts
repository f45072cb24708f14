import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Adoption } from "../../config/adoption.ts";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { withLayout } from "../../delivery/commands/adopt/write.ts";
import { copyCheckout } from "../support/checkout.ts";
import { killWithTerraform } from "../support/kills.ts";
import { type Moto, PYTHON_BIN, startMoto } from "../support/moto.ts";
import { CALI, ROOT, run } from "../support/run.ts";
import { type TestStack, writeApplication } from "../support/terraform-app.ts";

/** A move whose deployments are killed as a state is written, with a real Terraform and its built-in resource in place of AWS's. */
const backend = stateBackend(loadConfig({ env: "terraform-users" }));
const aws = {
  region: backend.region,
  credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" },
};
const PARTS = { "02-s3": "bucket", "07-ecr": "images" } as const;
const OBJECTS = Object.entries(PARTS).map(([stack, name]) => ({
  ...{ stack, address: `terraform_data.${name}`, id: `id-of-${name}` },
}));

let moto: Moto;
let proxy: Server;
let s3: S3Client;
let checkout: string;
let text: string;
/** The state whose next write ends everything, before it comes to S3 or after. */
let deadly: { readonly stack: string; readonly when: "before" | "after" } | undefined;
let kill: (() => Promise<void>) | undefined;

const keyOf = (stack: string) => `stacks/${stack}/terraform.tfstate`;

beforeAll(async () => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_ACTIONS"]) vi.stubEnv(name, undefined);
  moto = await startMoto();
  proxy = createServer(async (request, response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = "GET", url = "" } = request;
      const isDeadly =
        method === "PUT" && deadly && new URL(url, moto.url).pathname.endsWith(`/${keyOf(deadly.stack)}`);
      if (isDeadly && deadly?.when === "before") return await kill?.();
      const headers = new Headers();
      for (const [name, value] of Object.entries(request.headers)) {
        if (!["connection", "content-length", "transfer-encoding", "expect"].includes(name))
          headers.set(name, String(value));
      }
      const body = Buffer.concat(chunks);
      const answered = await fetch(`${moto.url}${url}`, {
        method,
        headers,
        ...(body.length > 0 && { body }),
      });
      if (isDeadly) return await kill?.();
      const answer = Buffer.from(await answered.arrayBuffer());
      const given = new Headers(answered.headers);
      for (const name of ["connection", "transfer-encoding"]) given.delete(name);
      if (method !== "HEAD") given.set("content-length", String(answer.length));
      response.writeHead(answered.status, Object.fromEntries(given)).end(answer);
    } catch {
      request.socket.destroy();
    }
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  checkout = mkdtempSync(join(tmpdir(), "cali-adopt-kills-"));
  copyCheckout(checkout);
  const users = join(checkout, "config/terraform-users.yaml");
  text = readFileSync(users, "utf8");
  rmSync(users);
  s3 = new S3Client({ ...aws, endpoint: moto.url, forcePathStyle: true });
  await s3.send(
    new CreateBucketCommand({
      Bucket: backend.bucket,
      CreateBucketConfiguration: { LocationConstraint: "ap-northeast-2" },
    }),
  );
  const dynamodb = new DynamoDBClient({ ...aws, endpoint: moto.url });
  await dynamodb.send(
    new CreateTableCommand({
      TableName: backend.lockTable,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
    }),
  );
  dynamodb.destroy();
  const resources = Object.values(PARTS).map((name) => ({
    ...{
      mode: "managed",
      type: "terraform_data",
      name,
      provider: 'provider["terraform.io/builtin/terraform"]',
    },
    instances: [
      {
        schema_version: 0,
        attributes: { id: `id-of-${name}`, input: null, output: null, triggers_replace: null },
      },
    ],
  }));
  const first = {
    version: 4,
    terraform_version: "1.11.0",
    serial: 1,
    lineage: "l",
    outputs: {},
    resources,
    check_results: null,
  };
  await s3.send(
    new PutObjectCommand({ Bucket: backend.bucket, Key: keyOf("infra"), Body: JSON.stringify(first) }),
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  s3.destroy();
  proxy.closeAllConnections();
  proxy.close();
  await moto.stop();
  rmSync(checkout, { recursive: true, force: true });
});

/** The objects of each state: address and id. */
async function objects(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const stack of ["infra", ...Object.keys(PARTS)]) {
    const Body = await s3.send(new GetObjectCommand({ Bucket: backend.bucket, Key: keyOf(stack) })).then(
      (answer) => answer.Body?.transformToString(),
      () => '{"resources":[]}',
    );
    const { resources } = JSON.parse(Body ?? "");
    found[stack] = resources.map(
      (one: { name: string; instances: { attributes: { id: string } }[] }) =>
        `${one.name} ${one.instances.map(({ attributes }) => attributes.id)}`,
    );
  }
  return found;
}

/** Both sides of a step, as a synth has them, and the files that say so. */
function write(to: Adoption["to"], step: Adoption["step"]): void {
  const adoption: Adoption = { to, step, lineage: "l", objects: OBJECTS };
  writeFileSync(join(checkout, "config/team.adoption.json"), JSON.stringify(adoption));
  writeFileSync(
    join(checkout, "config/team.yaml"),
    to === "shared" ? text : withLayout(text, to, "cali", "team.yaml"),
  );
  const side = (name: string, isTaker: boolean, own: typeof OBJECTS, dependencies: string[]): TestStack => {
    const leaves = step === "forget" && !isTaker;
    const imports = step === "import" && isTaker;
    return {
      ...{ name, dependencies },
      values: leaves ? {} : Object.fromEntries(own.map(({ address }) => [address.split(".")[1], null])),
      blocks: {
        ...(leaves && { removed: own.map(({ address: from }) => ({ from, lifecycle: { destroy: false } })) }),
        ...(imports && { import: own.map(({ address, id }) => ({ to: address, id })) }),
      },
    };
  };
  const forgets = step === "forget";
  writeApplication(join(checkout, "synth"), backend, [
    ...OBJECTS.map((one) =>
      side(one.stack, to === "stacks", [one], forgets && to === "shared" ? ["infra"] : []),
    ),
    side("infra", to === "shared", OBJECTS, forgets && to === "stacks" ? Object.keys(PARTS) : []),
  ]);
}

const words = (command: string, ...more: string[]) => [
  command,
  "--env",
  "team",
  "--synth-dir",
  "synth",
  ...more,
];
const environment = () => ({
  AWS_ENDPOINT_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: "true",
  CALI_COMMIT: "a".repeat(40),
});

/** A deployment that is killed, with its Terraform, as a state is written. */
async function killed(stack: string, when: "before" | "after"): Promise<void> {
  const child = spawn(join(ROOT, "node_modules/.bin/node"), [...CALI, ...words("deploy", "--replan")], {
    cwd: checkout,
    env: { ...process.env, ...environment() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (more) => (said += more));
  const ended = new Promise((done) => child.once("close", done));
  kill = async () => {
    kill = undefined;
    deadly = undefined;
    await killWithTerraform(child);
  };
  deadly = { stack, when };
  await ended;
  expect({ code: child.exitCode, signal: child.signalCode }, said).toEqual({ code: null, signal: "SIGKILL" });
}

async function does(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(join(ROOT, "node_modules/.bin/node"), [...CALI, ...args], {
    cwd: checkout,
    env: environment(),
  });
  expect(code, stdout + stderr).toBe(0);
}

/**
 * Types what `cali doctor` says of states that were written without their digests in the lock table: that at whose write everything was killed,
 * and any that another Terraform was about to note then.
 *
 * @returns whose they were.
 */
async function mendDigests(): Promise<string[]> {
  const node = join(ROOT, "node_modules/.bin/node");
  const env = environment();
  const { stdout } = await run(node, [...CALI, ...words("doctor", "--json")], { cwd: checkout, env });
  const { findings }: { findings: { check: string; status: string; command?: string }[] } =
    JSON.parse(stdout);
  const wrong = findings.filter(({ check, status }) => check.startsWith("state of ") && status === "failure");
  const path = [PYTHON_BIN, process.env.PATH].join(delimiter);
  for (const { command = "false" } of wrong) {
    const typed = await run("bash", ["-c", command], { env: { ...env, PATH: path } });
    expect(typed.code, stdout + typed.stderr).toBe(0);
  }
  return wrong.map(({ check }) => check.replace("state of ", ""));
}

/** A state that Terraform has never written has none, whatever objects it came with. */
async function hasDigest(stack: string): Promise<boolean> {
  const dynamodb = new DynamoDBClient({ ...aws, endpoint: moto.url });
  const LockID = { S: `${backend.bucket}/${keyOf(stack)}-md5` };
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: backend.lockTable, Key: { LockID } }));
  dynamodb.destroy();
  return Item !== undefined;
}

const JOINED = ["bucket id-of-bucket", "images id-of-images"];
const DIVIDED = { "02-s3": ["bucket id-of-bucket"], "07-ecr": ["images id-of-images"] };
const NONE = { "02-s3": [], "07-ecr": [] };

it.each([
  ["stacks", "import", "02-s3", "after", { infra: JOINED, ...DIVIDED }],
  ["stacks", "forget", "infra", "before", { infra: [], ...DIVIDED }],
  ["shared", "import", "infra", "before", { infra: JOINED, ...DIVIDED }],
  ["shared", "forget", "07-ecr", "after", { infra: JOINED, ...NONE }],
] as const)(
  "a move to %s that is killed in its step %s, as %s is written, goes on",
  async (to, step, stack, when, after) => {
    write(to, step);
    const [before, hadDigest] = [await objects(), await hasDigest(stack)];
    await killed(stack, when);
    if (when === "before") expect((await objects())[stack]).toEqual(before[stack]);
    await does(...words("unlock", "--seconds", "60"));
    // A state's first write has no digest that it could contradict.
    expect((await mendDigests()).includes(stack)).toBe(when === "after" && hadDigest);
    await does(...words("deploy", "--replan"));
    expect(await objects()).toEqual(after);
  },
  120_000,
);
