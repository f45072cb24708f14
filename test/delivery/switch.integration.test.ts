import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { copyCheckout } from "../support/checkout.ts";
import { startMoto } from "../support/moto.ts";
import { CALI, ROOT, type RunResult, run } from "../support/run.ts";

const STATE = join(ROOT, "test/fixtures/legacy/terraform.tfstate");
const TFVARS = `aws_region   = "ap-northeast-2"
project_name = "cali"
environment  = "dev"
team_members_arns = [
  "arn:aws:iam::123456789012:user/mina",
  "arn:aws:iam::123456789012:user/jun",
]
opensearch_master_password = "Passw0rd!x"
`;
const TOPIC = `resource "aws_sns_topic" "alerts" {
  name = "\${var.project_name}-alerts"
}
variable "pager" {
  type      = string
  sensitive = true
  default   = "s3cr3t"
}
output "topic" {
  value = aws_sns_topic.alerts.arn
}
`;

/** `cali switch` writes into its own checkout, so it works on a copy. */
describe("cali switch", () => {
  let folder: string;
  let checkout: string;
  const cali = (args: readonly string[], env: Record<string, string> = {}): Promise<RunResult> =>
    run(join(ROOT, "node_modules/.bin/node"), [...CALI, ...args], { cwd: checkout, env });
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-switch-test-"));
    checkout = join(folder, "checkout");
    copyCheckout(checkout);
  });
  afterEach(() => {
    for (const name of ["team.yaml", "team.overrides"]) {
      rmSync(join(checkout, "config", name), { recursive: true, force: true });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("writes a configuration that equals the state, and refuses to write over it", async () => {
    const args = ["switch", "--state", STATE, "--tfvars", file("terraform.tfvars", TFVARS), "--env", "team"];
    const first = await cali(args);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain(
      'parity   every attribute equals the state: the first plan says "No changes"',
    );
    expect(first.stdout).toContain("next     npx cali plan --env team");
    const written = readFileSync(join(checkout, "config/team.yaml"), "utf8");
    expect(written).not.toContain("Passw0rd");
    expect(existsSync(join(checkout, "config/team.overrides"))).toBe(false);

    const again = await cali(args);
    expect(again.code).toBe(1);
    expect(again.stderr).toBe("config/team.yaml: is there already; --force writes over it\n");
    expect(readFileSync(join(checkout, "config/team.yaml"), "utf8")).toBe(written);
  });

  it("reads the state from where the hand-written project keeps it, and changes nothing there", async () => {
    const moto = await startMoto();
    const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
    const aws = { endpoint: moto.url, region: "eu-west-1", credentials };
    const [s3, dynamodb] = [new S3Client({ ...aws, forcePathStyle: true }), new DynamoDBClient(aws)];
    const [Bucket, Key, TableName] = ["their-states", "a/b.tfstate", "their-locks"];
    const env = {
      AWS_ENDPOINT_URL: moto.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    try {
      const LocationConstraint = "eu-west-1";
      await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
      await dynamodb.send(
        new CreateTableCommand({
          ...{ TableName, BillingMode: "PAY_PER_REQUEST" },
          KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
          AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
        }),
      );
      const hcl = join(folder, "initialized");
      mkdirSync(join(hcl, ".terraform"), { recursive: true });
      const config = {
        bucket: Bucket,
        key: Key,
        region: "eu-west-1",
        dynamodb_table: TableName,
        kms_key_id: null,
        use_path_style: true,
      };
      writeFileSync(
        join(hcl, ".terraform/terraform.tfstate"),
        JSON.stringify({ version: 3, backend: { type: "s3", config, hash: 1 } }),
      );
      const from = ["switch", "--tfvars", file("terraform.tfvars", TFVARS), "--env", "team", "--force"];
      const none = await cali(from, env);
      expect(none.stderr).toMatch(
        /^--bucket, --key, --state-region: given nothing; allowed: where the state is/,
      );
      const absent = await cali([...from, "--hcl", hcl], env);
      expect(absent.stderr).toMatch(/^s3:\/\/their-states\/a\/b\.tfstate: there is none/);

      const text = readFileSync(STATE);
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: text }));
      // Not an address, under which no bucket could have a host name.
      const AWS_ENDPOINT_URL = moto.url.replace("127.0.0.1", "localhost");
      const first = await cali([...from, "--hcl", hcl], { ...env, AWS_ENDPOINT_URL });
      expect(first, first.stdout).toMatchObject({ code: 0, stderr: "" });
      expect(first.stdout).toContain("lock     free: nobody changes the state now");
      expect(first.stdout).not.toContain("assumed");
      expect(parse(readFileSync(join(checkout, "config/team.yaml"), "utf8"))).toMatchObject({
        provider: { s3PathStyle: true },
      });
      expect(readFileSync(join(checkout, "config/team.yaml"), "utf8")).toMatch(
        /^state:\n(?: .*\n)*? {2}bucket: their-states\n(?: .*\n)*/m,
      );

      const Info = JSON.stringify({ ID: "0a1b", Who: "ann@laptop", Created: "2026-01-25T12:00:00Z" });
      await dynamodb.send(
        new PutItemCommand({ TableName, Item: { LockID: { S: `${Bucket}/${Key}` }, Info: { S: Info } } }),
      );
      const flags = [
        "--bucket",
        Bucket,
        "--key",
        Key,
        "--state-region",
        "eu-west-1",
        "--lock-table",
        TableName,
      ];
      const locked = await cali([...from, ...flags], env);
      expect(locked.stdout).toContain("lock     held by ann@laptop since 2026-01-25T12:00:00Z, ID 0a1b");
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(text);
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
      expect(Contents?.map((one) => one.Key)).toEqual([Key]);
      const { Items } = await dynamodb.send(new ScanCommand({ TableName }));
      expect(Items).toHaveLength(1);
    } finally {
      for (const client of [s3, dynamodb]) client.destroy();
      await moto.stop();
    }
  });

  it("a copy of another environment's file plans nothing until it says whose it is", async () => {
    const copy = join(checkout, "config/team.yaml");
    const text = readFileSync(join(checkout, "config/dev.yaml"), "utf8");
    writeFileSync(copy, text);
    const copied = await cali(["plan", "--env", "team"], { CALI_COMMIT: "a".repeat(40) });
    expect(copied.code).toBe(1);
    expect(copied.stderr).toContain('environment: given "dev"; allowed: team, as the file is called');
    // Its own name, and still dev's state.
    const state = "state: { bucket: cali-dev-terraform-state }\n";
    writeFileSync(copy, `${text.replace("environment: dev", "environment: team")}\n${state}`);
    const named = await cali(["plan", "--env", "team"], { CALI_COMMIT: "a".repeat(40) });
    expect(named.code).toBe(1);
    expect(named.stderr).toMatch(/state\.bucket: given .*config\/dev\.yaml/);
    expect(existsSync(join(checkout, ".cali"))).toBe(false);
  });

  it("says all anew with --force, and leaves both files as they were when it fails", async () => {
    const state = JSON.parse(readFileSync(STATE, "utf8"));
    const versioning = state.resources.find(
      ({ type }: { type: string }) => type === "aws_s3_bucket_versioning",
    );
    versioning.instances[0].attributes.versioning_configuration[0].status = "Suspended";
    state.resources.push({
      mode: "managed",
      type: "aws_sns_topic",
      name: "alerts",
      provider: 'provider["registry.terraform.io/hashicorp/aws"]',
      instances: [{ schema_version: 0, attributes: { name: "cali-alerts" } }],
    });
    const args = [
      "switch",
      "--state",
      file("changed.tfstate", JSON.stringify(state)),
      "--env",
      "team",
      "--force",
    ];
    const tfvars = ["--tfvars", file("terraform.tfvars", TFVARS)];
    const files = () =>
      ["team.yaml", "team.overrides/infra.json"].map((name) =>
        readFileSync(join(checkout, "config", name), "utf8"),
      );
    const first = await cali([...args, ...tfvars]);
    const written = files();
    expect(JSON.parse(written[1] ?? "")).toEqual({
      resource: { aws_s3_bucket_versioning: { logs: { versioning_configuration: { status: "Suspended" } } } },
      removed: [{ from: "aws_sns_topic.alerts", lifecycle: { destroy: false } }],
    });
    expect(await cali([...args, ...tfvars])).toEqual(first);
    expect(files()).toEqual(written);

    const failed = await cali([...args, ...tfvars, "--hcl", join(folder, "no-such-folder")]);
    expect(failed.code).toBe(1);
    expect(files()).toEqual(written);
  });

  it("takes along what the hand-written project has besides, without its secrets", async () => {
    const state = JSON.parse(readFileSync(STATE, "utf8"));
    state.resources.push({
      mode: "managed",
      type: "aws_sns_topic",
      name: "alerts",
      provider: 'provider["registry.terraform.io/hashicorp/aws"]',
      instances: [{ schema_version: 0, attributes: { name: "cali-alerts" } }],
    });
    const hcl = join(folder, "hcl");
    mkdirSync(hcl);
    writeFileSync(join(hcl, "topic.tf"), TOPIC);
    const { code, stdout } = await cali([
      ...["switch", "--state", file("own.tfstate", JSON.stringify(state))],
      ...["--tfvars", file("terraform.tfvars", TFVARS), "--env", "team", "--hcl", hcl],
    ]);
    expect(stdout).toContain("foreign  aws_sns_topic.alerts: comes along");
    expect(code).toBe(0);
    const overrides = JSON.parse(readFileSync(join(checkout, "config/team.overrides/infra.json"), "utf8"));
    expect(overrides).toEqual({
      resource: { aws_sns_topic: { alerts: { name: "${var.project_name}-alerts" } } },
      variable: { pager: { type: "string", sensitive: true } },
      output: { topic: { value: "${aws_sns_topic.alerts.arn}" } },
    });
  });

  it.each([
    ["no file", "/no/such/file", "given no file that can be read (ENOENT); allowed: a state"],
    ["no state", TFVARS, "given no Terraform state"],
    [
      "the state of something else",
      '{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"x","outputs":{},"resources":[]}',
      "neither aws_kinesis_stream.logs nor aws_eks_cluster.main",
    ],
  ])("says what is wrong with %s, and writes nothing", async (_, state, message) => {
    const path = state.startsWith("/") ? state : file("wrong.tfstate", state);
    const { code, stderr } = await cali([
      ...["switch", "--state", path, "--tfvars", file("terraform.tfvars", TFVARS), "--env", "team"],
    ]);
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(message);
    expect(existsSync(join(checkout, "config/team.yaml"))).toBe(false);
  });

  it("takes each name that AWS takes, and ends with 2 at one that no configuration can have", async () => {
    const named = (project: string, environment: string) => [
      ...["switch", "--env", "team", "--state"],
      file("named.tfstate", readFileSync(STATE, "utf8").replaceAll(/cali(?=[-/])/g, project)),
      ...[
        "--tfvars",
        file("named.tfvars", TFVARS.replace('"cali"', `"${project}"`).replace('"dev"', `"${environment}"`)),
      ],
    ];
    // An OpenSearch domain's name, which ends with `-logs`, has at most 28 characters.
    const taken = await cali(named("observability-platform1", "production-europe"));
    expect(taken.stderr).toBe("");
    const text = readFileSync(join(checkout, "config/team.yaml"), "utf8");
    expect(text).toContain("project: observability-platform1\nenvironment: production-europe\n");

    const refused = await cali([...named("observability-platform12", "dev"), "--force"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      'config/team.yaml: project: given "observability-platform12"; allowed: a text of at most 23 characters',
    );
    expect(readFileSync(join(checkout, "config/team.yaml"), "utf8")).toBe(text);
  });
});
