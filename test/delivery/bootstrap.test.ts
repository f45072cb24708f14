import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StateBackend } from "../../config/state-backend.ts";
import { bootstrap } from "../../delivery/commands/bootstrap/bootstrap.ts";
import { NOTHING, plan } from "../../delivery/commands/bootstrap/plan.ts";
import { shellScript } from "../../delivery/commands/bootstrap/script.ts";
import {
  AwsRequestError,
  BucketPolicyError,
  CredentialsError,
  ForeignBucketError,
  LockTableError,
  RegionError,
  UnfinishedError,
} from "../../delivery/core/errors.ts";
import { run, runCali } from "../support/run.ts";
import { ACCOUNT, FakeAws } from "./bootstrap-fake-aws.ts";

const BUCKET = "cali-dev-terraform-state";
const TABLE = "cali-dev-terraform-lock";
const REGION = "ap-northeast-2";
const BACKEND: StateBackend = { bucket: BUCKET, region: REGION, lockTable: TABLE, kmsKeyArn: null };
const SECRETS = { AWS_SECRET_ACCESS_KEY: "wJalr-secret-key", AWS_SESSION_TOKEN: "FwoG-session-token" };

let aws: FakeAws;
let env: Record<string, string>;
let home: string;

beforeEach(async () => {
  aws = new FakeAws();
  home = mkdtempSync(join(tmpdir(), "cali-bootstrap-"));
  env = {
    AWS_ENDPOINT_URL: await aws.start(),
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    ...SECRETS,
    AWS_PROFILE: "",
    AWS_CONFIG_FILE: join(home, "none"),
    AWS_SHARED_CREDENTIALS_FILE: join(home, "none"),
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "",
    AWS_WEB_IDENTITY_TOKEN_FILE: "",
    AWS_EC2_METADATA_DISABLED: "true",
    HOME: home,
    CALI_ENV: "dev",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws.stop();
  rmSync(home, { recursive: true, force: true });
});

/** The whole program. Nothing it ever says may hold a secret. */
async function program(...args: string[]) {
  const result = await runCali(["bootstrap", ...args], { env });
  for (const secret of Object.values(SECRETS)) {
    expect(result.stdout).not.toContain(secret);
    expect(result.stderr).not.toContain(secret);
  }
  expect(result.stderr).not.toMatch(/^\s+at /m);
  return result;
}

/** The same without a process of its own. */
async function inProcess(backend: Partial<StateBackend> = {}) {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  await bootstrap({ backend: { ...BACKEND, ...backend }, s3PathStyle: false, checkOnly: false, print });
  return lines.join("\n");
}

const setting = (name: string) => aws.buckets.get(BUCKET)?.settings.get(name) ?? "";

describe("npm run bootstrap", () => {
  it("makes bucket and table, and changes nothing the second time", async () => {
    aws.slowTables = true;
    const first = await program();
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain(
      `account ${ACCOUNT} as arn:aws:iam::${ACCOUNT}:user/dev, region ${REGION}`,
    );
    expect(setting("versioning")).toContain("<Status>Enabled</Status>");
    expect(setting("encryption")).toContain("<SSEAlgorithm>AES256</SSEAlgorithm>");
    expect(setting("publicAccessBlock").match(/>true</g)).toHaveLength(4);
    expect(setting("ownershipControls")).toContain("BucketOwnerEnforced");
    expect(JSON.parse(setting("policy")).Statement).toMatchObject([{ Sid: "TlsOnly", Effect: "Deny" }]);
    expect(setting("lifecycle")).toContain("<NoncurrentDays>365</NoncurrentDays>");
    expect(aws.tables.get(TABLE)).toMatchObject({
      description: {
        BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
        SSEDescription: { Status: "ENABLED" },
        DeletionProtectionEnabled: true,
      },
      pointInTimeRecovery: true,
    });

    const changes = aws.changes.length;
    const second = await run("npm", ["run", "--silent", "bootstrap"], { env });
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toContain("Nothing to change.");
    expect(aws.changes).toHaveLength(changes);
  });

  it("says who and where before it changes anything, and which right it lacks", async () => {
    aws.fault = (operation) =>
      operation === "CreateBucket" ? { status: 403, code: "AccessDenied" } : undefined;
    const { code, stdout, stderr } = await program();
    expect(code).toBe(1);
    expect(aws.requests[0]).toBe("GetCallerIdentity");
    expect(stdout).toMatch(new RegExp(`^account ${ACCOUNT} .*, region ${REGION}\n`));
    expect(stderr).toContain(`Remedy: allow the principal s3:CreateBucket on bucket ${BUCKET}`);
    expect(aws.changes).toEqual(["CreateBucket"]);
  });

  it("--check changes nothing, says what is missing, and ends with 2 when something is", async () => {
    const { code, stdout } = await program("--check");
    expect(code).toBe(2);
    expect(stdout).toMatch(/missing: make bucket[\s\S]*missing: make table[\s\S]*Nothing was changed\.\n$/);
    expect(aws.changes).toEqual([]);
    await inProcess();
    expect(await program("--check")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Nothing is missing\.\n$/),
    });
  });

  it("--print asks nobody, needs no credentials, and prints the plan alone", async () => {
    env = { ...env, AWS_ACCESS_KEY_ID: "", AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    const script = await program("--print");
    expect(script).toEqual({
      code: 0,
      stdout: `${shellScript(BACKEND, plan(BACKEND, NOTHING))}\n`,
      stderr: "",
    });
    expect(await run("sh", ["-n", "-c", script.stdout])).toMatchObject({ code: 0, stderr: "" });

    const document = JSON.parse((await program("--print", "--json", "--env", "terraform-users")).stdout);
    expect(document).toMatchObject({ bucket: "cali-terraform-state", lockTable: "cali-terraform-lock" });
    expect(document.steps[0]).toMatchObject({
      operation: "CreateBucket",
      input: { Bucket: "cali-terraform-state" },
      command: expect.arrayContaining(["create-bucket"]),
    });
    expect(aws.requests).toEqual([]);
  });

  it.each([
    [["--json"], "--json needs --print"],
    [["--env", "nowhere"], 'given "nowhere"; allowed: one of dev, prod, terraform-users'],
  ])("refuses %s", async (args, message) => {
    const { code, stderr } = await program(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(aws.requests).toEqual([]);
  });

  it("without credentials says how to get some, and asks nobody", async () => {
    env = { ...env, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
    const { code, stdout, stderr } = await program();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^no AWS credentials: .*\nRemedy: log in/);
    expect(aws.requests).toEqual([]);
  });
});

describe("a run that was cut off", () => {
  const STEPS = [
    "PutPublicAccessBlock",
    "PutBucketEncryption",
    "PutBucketVersioning",
    "PutBucketPolicy",
    "PutBucketLifecycleConfiguration",
    "CreateTable",
    "UpdateContinuousBackups",
  ];

  it.each(STEPS)("at %s is finished by the next one", async (cut) => {
    aws.fault = (operation) =>
      operation === cut ? { status: 403, code: "AccessDenied", message: "you may not" } : undefined;
    const failure = await inProcess().catch((error) => error);
    expect(failure).toBeInstanceOf(UnfinishedError);
    const done = STEPS.indexOf(cut) + 1;
    expect(failure.message).toContain(`AccessDenied: you may not`);
    expect(failure.message).toContain(`${done} of 8 steps are done and stay; the next run makes the rest.`);

    aws.fault = () => undefined;
    aws.requests.length = 0;
    await inProcess();
    expect(aws.changes).toEqual(STEPS.slice(done - 1));
    expect(await inProcess()).toContain("Nothing to change.");
  });

  it("is finished when AWS needs a moment after each change", async () => {
    const unsettled = new Map([
      ["PutPublicAccessBlock", "NoSuchBucket"],
      ["PutBucketVersioning", "OperationAborted"],
      ["UpdateContinuousBackups", "ContinuousBackupsUnavailableException"],
    ]);
    aws.fault = (operation) => {
      const code = unsettled.get(operation);
      unsettled.delete(operation);
      return code ? { status: code === "NoSuchBucket" ? 404 : 409, code } : undefined;
    };
    await inProcess();
    expect(unsettled.size).toBe(0);
    expect(await inProcess()).toContain("Nothing to change.");
  });
});

describe("what exists already", () => {
  it("gets what is missing and keeps the rest", async () => {
    const theirs = { Sid: "Team", Effect: "Allow", Principal: { AWS: "*" }, Action: "s3:GetObject" };
    const bucket = aws.addBucket(BUCKET);
    bucket.settings.set("policy", JSON.stringify({ Version: "2012-10-17", Statement: [theirs] }));
    bucket.settings.set(
      "lifecycle",
      `<LifecycleConfiguration>
        <Rule><ID>old</ID><Status>Enabled</Status><Prefix>logs/</Prefix><Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration></Rule>
        <Rule><ID>all</ID><Status>Enabled</Status><Filter/><NoncurrentVersionExpiration><NoncurrentDays>3650</NoncurrentDays></NoncurrentVersionExpiration></Rule>
      </LifecycleConfiguration>`,
    );
    bucket.transitionSize = "varies_by_storage_class";
    bucket.settings.set("encryption", kmsEncryption());
    const table = aws.addTable(TABLE, { TableStatus: "UPDATING" });
    aws.slowTables = true;

    const said = await inProcess();
    expect(said).toContain("kept: default encryption by aws:kms");
    expect(said).toContain('kept: lifecycle rule "all" decides how long old versions are kept');
    expect(said).toContain('WARNING: lifecycle rule "old" deletes by age whatever is under "logs/"');
    expect(aws.changes).toEqual([
      "PutPublicAccessBlock",
      "PutBucketOwnershipControls",
      "PutBucketVersioning",
      "PutBucketPolicy",
      "PutBucketLifecycleConfiguration",
      "UpdateTable",
      "UpdateTable",
      "UpdateContinuousBackups",
    ]);
    expect(JSON.parse(setting("policy")).Statement).toMatchObject([theirs, { Sid: "TlsOnly" }]);
    expect(setting("lifecycle")).toMatch(
      /<ID>old<\/ID>.*<Date>2030-01-01T00:00:00Z<\/Date>|<Date>2030-01-01T00:00:00Z<\/Date>.*<ID>old<\/ID>/,
    );
    expect(setting("lifecycle")).toContain("<NoncurrentDays>3650</NoncurrentDays>");
    expect(setting("lifecycle")).not.toContain("<NoncurrentDays>365</NoncurrentDays>");
    expect(setting("lifecycle")).toContain("<DaysAfterInitiation>7</DaysAfterInitiation>");
    expect(bucket.transitionSize).toBe("varies_by_storage_class");
    expect(setting("encryption")).toBe(kmsEncryption());
    expect(table.description).toMatchObject({
      SSEDescription: { Status: "ENABLED" },
      DeletionProtectionEnabled: true,
    });
    expect(await inProcess()).toContain("Nothing to change.");
  });

  it("with AWS's own encryption gets the key that the configuration names", async () => {
    const kmsKeyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
    aws.addBucket(BUCKET).settings.set("encryption", kmsEncryption());
    await inProcess({ kmsKeyArn });
    expect(setting("encryption")).toContain(`<KMSMasterKeyID>${kmsKeyArn}</KMSMasterKeyID>`);
    expect(setting("encryption")).toContain("<BucketKeyEnabled>true</BucketKeyEnabled>");
    expect(await inProcess({ kmsKeyArn })).toContain("Nothing to change.");
  });

  it("in us-east-1 is found there, and made there without a LocationConstraint", async () => {
    await inProcess({ region: "us-east-1" });
    expect(aws.buckets.get(BUCKET)?.region).toBe("us-east-1");
    expect(await inProcess({ region: "us-east-1" })).toContain("Nothing to change.");
  });
});

describe("before anything is changed, it refuses", () => {
  const refusal = async (kind: new (...args: never[]) => Error, backend: Partial<StateBackend> = {}) => {
    const error = await inProcess(backend).catch((error) => error);
    expect(error).toBeInstanceOf(kind);
    expect(aws.changes).toEqual([]);
    for (const secret of Object.values(SECRETS)) expect(error.message).not.toContain(secret);
    return error.message as string;
  };

  it("a bucket of another account", async () => {
    aws.addBucket(BUCKET, { owner: "999999999999" });
    const message = await refusal(ForeignBucketError);
    expect(message).toContain(`given ${BUCKET}, which exists and refuses account ${ACCOUNT}`);
    expect(message).toContain("Remedy: choose another name");
  });

  it("a bucket in another region", async () => {
    aws.addBucket(BUCKET, { region: "eu-west-1" });
    const message = await refusal(RegionError);
    expect(message).toContain(
      `given ${BUCKET}, which lies in eu-west-1; allowed: a bucket in ap-northeast-2`,
    );
    expect(message).toContain("set state.region: eu-west-1");
  });

  it("a bucket whose owner is hidden behind a redirect without a region", async () => {
    aws.fault = (operation) =>
      operation === "HeadBucket" ? { status: 301, code: "PermanentRedirect" } : undefined;
    expect(await refusal(ForeignBucketError)).toContain("(HTTP 301)");
  });

  it("to guess when S3 gives no reason", async () => {
    aws.fault = (operation) =>
      operation === "HeadBucket" ? { status: 400, code: "ExpiredToken" } : undefined;
    expect(await refusal(AwsRequestError)).toContain(`bucket ${BUCKET}: HTTP 400 without a reason (request`);
  });

  it("a bucket whose settings it may not read, naming the IAM action", async () => {
    aws.addBucket(BUCKET);
    aws.fault = (operation) =>
      operation === "GetBucketEncryption" ? { status: 403, code: "AccessDenied" } : undefined;
    expect(await refusal(AwsRequestError)).toContain("allow the principal s3:GetEncryptionConfiguration");
  });

  it("a table it may not read", async () => {
    aws.fault = (operation) =>
      operation === "DescribeTable" ? { status: 400, code: "AccessDeniedException" } : undefined;
    expect(await refusal(AwsRequestError)).toContain(
      "allow the principal dynamodb:DescribeTable on table cali",
    );
  });

  it("a bucket policy that cannot be read", async () => {
    aws.addBucket(BUCKET).settings.set("policy", "{}");
    expect(await refusal(BucketPolicyError)).toContain("Remedy: mend it in S3");
  });

  it("a table with another key", async () => {
    aws.addTable(TABLE, {
      KeySchema: [
        { AttributeName: "id", KeyType: "HASH" },
        { AttributeName: "at", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "at", AttributeType: "N" },
        { AttributeName: "id", AttributeType: "S" },
      ],
    });
    expect(await refusal(LockTableError)).toContain(
      "with the key id (HASH, S), at (RANGE, N); allowed: a table with the key LockID (HASH, S)",
    );
  });

  it("a table that is being deleted", async () => {
    aws.addTable(TABLE, { TableStatus: "DELETING" });
    expect(await refusal(LockTableError)).toContain("is DELETING");
  });

  it.each([
    ["InvalidClientTokenId", 403],
    ["ExpiredToken", 400],
    ["SignatureDoesNotMatch", 403],
  ])("credentials that AWS answers with %s", async (code, status) => {
    aws.fault = () => ({ status, code, message: "said by AWS" });
    expect(await refusal(CredentialsError)).toMatch(
      new RegExp(`AWS refuses the credentials: ${code}: said by AWS\nRemedy: log in`),
    );
    expect(aws.requests).toEqual(["GetCallerIdentity"]);
  });

  it("to go on when nobody answers", async () => {
    await aws.stop();
    expect(await refusal(AwsRequestError)).toMatch(/no answer from AWS: .*ECONNREFUSED[\s\S]*Remedy:/);
    aws = new FakeAws();
    await aws.start();
  });
});

describe("a bucket that appears while it is made", () => {
  it("and belongs to another account is refused", async () => {
    aws.fault = (operation) => {
      if (operation === "CreateBucket") aws.addBucket(BUCKET, { owner: "999999999999" });
      return undefined;
    };
    await expect(inProcess()).rejects.toThrow(ForeignBucketError);
    expect(aws.changes).toEqual(["CreateBucket"]);
  });
});

function kmsEncryption(): string {
  return "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
}
