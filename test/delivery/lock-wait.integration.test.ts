import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { PROGRAMS } from "../../delivery/core/terraform/programs.ts";
import { Secrets } from "../../delivery/core/terraform/secrets.ts";
import { Terraform } from "../../delivery/core/terraform/terraform.ts";

/** A lock that is given back between Terraform's try to take it and its look at who has it, with the real Terraform. */

const folder = mkdtempSync(join(tmpdir(), "cali-lock-"));
const objects = new Map<string, Buffer>();
/** How often the lock is refused though nobody has it any more; whoever has it where it can be read. */
let refusals = 0;
let holder: string | undefined;
let attempts = 0;
let server: Server;

/** S3 with one bucket, as far as Terraform's backend asks it (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html). */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname: key, searchParams } = new URL(request.url ?? "/", "http://s3");
    if (searchParams.has("list-type")) return void response.end("<ListBucketResult></ListBucketResult>");
    const answer = (status: number, code = "") => {
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(code && `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    };
    const isLock = key.endsWith(".tflock");
    if (request.method === "PUT") {
      if (isLock && request.headers["if-none-match"] === "*") {
        attempts++;
        if (holder !== undefined || refusals-- > 0) return answer(412, "PreconditionFailed");
      }
      objects.set(key, Buffer.concat(chunks));
      return answer(200);
    }
    if (request.method === "DELETE") {
      objects.delete(key);
      return answer(204);
    }
    const found = isLock && holder !== undefined ? Buffer.from(holder) : objects.get(key);
    if (!found) return answer(404, "NoSuchKey");
    response.writeHead(200, { "content-length": found.length });
    response.end(request.method === "HEAD" ? undefined : found);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const s3 = {
    bucket: "states",
    key: "one.tfstate",
    region: "us-east-1",
    use_lockfile: true,
    use_path_style: true,
    skip_credentials_validation: true,
    skip_requesting_account_id: true,
    skip_s3_checksum: true,
    access_key: "AKIAEXAMPLE",
    secret_key: "secret-key",
    endpoints: { s3: `http://127.0.0.1:${port}` },
  };
  mkdirSync(join(folder, "stack"));
  const resource = { terraform_data: { one: { input: "a" } } };
  writeFileSync(
    join(folder, "stack/cdk.tf.json"),
    JSON.stringify({ terraform: { backend: { s3 } }, resource }),
  );
  await terraform("0s").init();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  attempts = 0;
  holder = undefined;
});

const terraform = (lockTimeout: string) =>
  new Terraform({
    program: PROGRAMS.terraform,
    folder: join(folder, "stack"),
    secrets: new Secrets({}),
    lockTimeout,
    pluginCache: join(folder, "providers"),
  });
const plan = (lockTimeout: string) => terraform(lockTimeout).plan(join(folder, "plan"));

it("is waited for like any other", async () => {
  refusals = 2;
  await expect(plan("5m")).resolves.toEqual([]);
  expect(attempts).toBe(3);
  refusals = 1;
  await terraform("5m").apply(join(folder, "plan"), join(folder, "apply.log"));
  expect(attempts).toBe(5);
  expect(readFileSync(join(folder, "apply.log"), "utf8")).toContain("Apply complete! Resources: 1 added");
});

it("is not waited for longer than what was asked for", async () => {
  refusals = 1;
  await expect(plan("0s")).rejects.toThrow("Error acquiring the state lock");
  expect(attempts).toBe(1);
});

it("is another thing than a lock that somebody has: Terraform itself has waited for that one", async () => {
  holder = JSON.stringify({
    ID: "5c0a",
    Operation: "apply",
    Who: "somebody@else",
    Created: "2026-01-25T00:00:00Z",
  });
  await expect(plan("0s")).rejects.toThrow("somebody@else");
  expect(attempts).toBe(1);
});
