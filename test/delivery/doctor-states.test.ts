import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PROGRAMS } from "../../delivery/core/terraform/programs.ts";
import {
  applied,
  checked,
  empty,
  fail,
  items,
  KEY,
  md5,
  NAME,
  objects,
  STATE,
  stack,
  stateOf,
  versions,
} from "../support/state-bucket.ts";

beforeEach(empty);

describe("the schemas of the shared state", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-schemas-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const of = (type: string, schema_version: number) => ({
    mode: "managed",
    type,
    name: "one",
    provider: 'provider["registry.terraform.io/hashicorp/aws"]',
    instances: [{ schema_version, attributes: {} }],
  });
  async function schemas(version: string, resources: object[], mayRaiseSchemas = false) {
    const text = JSON.stringify({ terraform: { required_providers: { aws: { version } } } });
    writeFileSync(join(folder, "cdk.tf.json"), text);
    applied({ ...STATE, resources });
    const found = await checked({ mayRaiseSchemas }, [stack({ name: "infra", folder })]);
    return found.filter(({ check }) => check === "schemas of infra");
  }
  const OLD = [
    of("aws_eks_cluster", 0),
    of("aws_s3_bucket_lifecycle_configuration", 0),
    of("aws_s3_bucket", 0),
  ];
  const NEW = [of("aws_eks_cluster", 1), of("aws_kinesis_stream", 1)];

  it.each(["~> 5.0", "5.100.0", "~> 5.90.0"])("are not raised by %s unless that is said", async (version) => {
    const found = await schemas(version, OLD);
    expect(found.map(({ status, found }) => [status, found])).toEqual(
      ["aws_eks_cluster", "aws_s3_bucket_lifecycle_configuration"].map((type) => [
        "failure",
        `${type}: version 0 in the state; the first apply with the AWS provider ${version} raises it to 1, and who has an older one can't read the state any more`,
      ]),
    );
    expect(found[0]?.remedy).toContain("provider.mayRaiseSchemas: true");
    expect((await schemas(version, OLD, true)).map(({ status }) => status)).toEqual(["warning", "warning"]);
  });

  it.each([
    ["5.46.0", OLD],
    ["~> 5.46.0", OLD],
    ["~> 5.0", NEW],
    ["5.100.0", [...NEW, of("aws_no_such_type", 0)]],
  ])("are those of %s", async (version, resources) => {
    expect(await schemas(version, resources)).toEqual([
      { check: "schemas of infra", status: "ok", found: `as the AWS provider ${version} writes them` },
    ]);
  });

  it("cannot be read by a provider that is older than the one that wrote them", async () => {
    expect(await schemas("5.46.0", NEW)).toMatchObject(
      [
        { status: "failure", found: expect.stringContaining("knows 0, and can't read it"), remedy: /~> 5.0/ },
      ].map(({ remedy: _, ...rest }) => rest),
    );
  });
});

describe("the state of a stack", () => {
  const OK = { check: `state of ${NAME}`, status: "ok", found: "serial 7, written by Terraform 1.11.4" };

  it("is nothing to look at where it is kept elsewhere", async () => {
    expect(await checked({}, [stack({ stateKey: undefined })])).toEqual([
      { check: `state of ${NAME}`, status: "skipped", found: "it is not kept in S3" },
    ]);
  });

  it("may not be there yet", async () => {
    expect(await checked()).toEqual([
      { check: `state of ${NAME}`, status: "ok", found: "never applied" },
      { check: `lock of ${NAME}`, status: "ok", found: "free" },
    ]);
  });

  it("is told with its serial and who wrote it, in the order of the stacks", async () => {
    applied();
    expect(await stateOf()).toEqual([OK]);
    const other = stack({ name: "02-s3", stateKey: "stacks/02-s3/terraform.tfstate" });
    expect((await checked({}, [other, stack()])).map(({ check }) => check)).toEqual([
      "state of 02-s3",
      "lock of 02-s3",
      `state of ${NAME}`,
      `lock of ${NAME}`,
    ]);
  });

  it("needs no digest: one that was written with use_lockfile alone has none", async () => {
    applied();
    items.clear();
    expect(await stateOf()).toEqual([OK]);
  });

  it("was deleted where only its digest is there", async () => {
    const text = applied();
    const digest = md5(text);
    objects.clear();
    versions.push("half a sta", JSON.stringify({ ...STATE, serial: undefined }), text, text);
    expect(await stateOf()).toEqual([
      {
        check: `state of ${NAME}`,
        status: "failure",
        found: `s3://states/${KEY} is not there, but the lock table has its digest ${digest}: the state was deleted`,
        allowed: "a state and its digest, or neither",
        remedy: "its last version that is a state is of 2026-01-25T11:58:00.000Z; to restore it",
        command: `aws s3api copy-object --region eu-west-1 --bucket states --key ${KEY} --copy-source 'states/${KEY}?versionId=v2'`,
      },
    ]);
  });

  it("has another digest than the lock table says, and the remedy is the command that puts it", async () => {
    const text = applied(STATE, "0".repeat(32));
    expect(await stateOf()).toEqual([
      OK,
      {
        check: `state of ${NAME}`,
        status: "failure",
        found: `the lock table has the digest ${"0".repeat(32)}, the state's MD5 is ${md5(text)}: one of both was written without the other`,
        allowed: "the same",
        remedy:
          "wait a minute and run again; if it stays so, make sure that the object is the state you want (its versions are kept), then",
        command: `aws dynamodb put-item --region eu-west-1 --table-name locks --item '${JSON.stringify({ LockID: { S: `states/${KEY}-md5` }, Digest: { S: md5(text) } })}'`,
      },
    ]);
  });

  it("was written by a later Terraform than is installed", async () => {
    applied();
    for (const installed of ["1.11.4", "1.12.0", undefined]) {
      expect(await stateOf({ installed }), installed).toEqual([OK]);
    }
    expect(await stateOf({ installed: "1.10.9" })).toEqual([
      OK,
      {
        check: `state of ${NAME}`,
        status: "failure",
        found: "written by Terraform 1.11.4; installed is 1.10.9",
        allowed: "Terraform 1.11.4 or newer",
        remedy:
          "install Terraform 1.11.4 (https://developer.hashicorp.com/terraform/install), in .github/actions/setup, too",
      },
    ]);
  });

  const by = (registry: string) => ({
    ...STATE,
    resources: [{ provider: `provider["${registry}/hashicorp/aws"]` }],
  });

  it("was written by a later OpenTofu than is installed, or by a Terraform, whose numbers are others", async () => {
    applied(by("registry.opentofu.org"));
    const found = { program: PROGRAMS.tofu, installed: "1.10.9" };
    expect(await stateOf(found)).toMatchObject([
      { status: "ok", found: "serial 7, written by OpenTofu 1.11.4" },
      {
        status: "failure",
        found: "written by OpenTofu 1.11.4; installed is 1.10.9",
        allowed: "OpenTofu 1.11.4 or newer",
        remedy:
          "install OpenTofu 1.11.4 (https://opentofu.org/docs/intro/install/), in .github/actions/setup, too",
      },
    ]);
    expect(await stateOf({ ...found, installed: "1.11.4-dev" })).toHaveLength(1);
    applied(by("registry.terraform.io"));
    expect(await stateOf(found)).toEqual([OK]);
  });

  it("was written by OpenTofu where Terraform runs: the way back is said", async () => {
    applied(by("registry.opentofu.org"));
    const [, finding, ...more] = await stateOf({ installed: "1.10.9" });
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      status: "warning",
      found:
        "written by OpenTofu: the next apply with Terraform takes its providers from registry.terraform.io; until then Terraform installs them from registry.opentofu.org, too",
      command:
        "terraform state replace-provider -auto-approve registry.opentofu.org/hashicorp/aws registry.terraform.io/hashicorp/aws",
    });
  });

  it("is shared, and OpenTofu would take it over: everybody has to", async () => {
    applied(by("registry.terraform.io"));
    const folder = mkdtempSync(join(tmpdir(), "cali-writer-"));
    writeFileSync(join(folder, "cdk.tf.json"), "{}");
    const found = await checked({ program: PROGRAMS.tofu }, [stack({ name: "infra", folder })]);
    rmSync(folder, { recursive: true, force: true });
    expect(found.filter(({ check }) => check === "state of infra")).toMatchObject([
      { status: "ok", found: "serial 7, written by Terraform 1.11.4" },
      {
        status: "warning",
        remedy: expect.stringContaining("everybody who works on this state takes OpenTofu"),
      },
    ]);
  });

  it.each([
    [
      "encrypted by OpenTofu",
      { lineage: "a", encrypted_data: "eA==" },
      "warning",
      "that OpenTofu has encrypted",
    ],
    ["of an older format", { ...STATE, version: 3 }, "warning", "of format 3: the next apply"],
    ["of a later one", { ...STATE, version: 5 }, "failure", "of format 5, which a later program"],
  ])("that is %s is none to put an older one in place of", async (_, state, status, says) => {
    applied(state);
    versions.push(JSON.stringify(STATE));
    const [finding, ...more] = await stateOf();
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ status, found: expect.stringContaining(says) });
    expect(finding?.command).toBeUndefined();
    expect(finding?.remedy ?? "").not.toMatch(/restore|delete/);
  });

  it("that was encrypted and is deleted is put back as it was", async () => {
    items.set(`states/${KEY}-md5`, ["Digest", "0".repeat(32)]);
    versions.push(JSON.stringify({ lineage: "a", encrypted_data: "eA==" }));
    const [finding] = await stateOf();
    expect(finding?.command).toContain("aws s3api copy-object");
  });

  it.each([null, undefined, ""])(
    "is one without a version or resources, as Terraform reads it: %j",
    async (none) => {
      applied({ ...STATE, terraform_version: none, resources: none === "" ? [] : none });
      const found = "serial 7, written by Terraform of an unknown version";
      expect(await stateOf({ installed: "1.10.9" })).toEqual([{ ...OK, found }]);
    },
  );

  it.each([
    [{ ...STATE, version: "4" }, "version 4 of Terraform's states"],
    [{ ...STATE, terraform_version: "newest" }, "a version such as 1.11.4"],
    [{ ...STATE, serial: -1 }, "serial"],
    [{ ...STATE, lineage: undefined }, "lineage"],
    ["a text", "expected object"],
  ])("is none: %j", async (state, says) => {
    applied(state as object);
    const [finding, ...more] = await stateOf();
    expect(more).toEqual([]);
    expect(finding).toEqual({
      check: `state of ${NAME}`,
      status: "failure",
      found: expect.stringContaining(says),
      allowed: "what Terraform writes",
      remedy:
        "none of its last 0 versions is a state: look for a copy of it, or, when nothing of the stack was made, delete object and digest",
    });
    expect(finding?.found).toMatch(new RegExp(`^s3://states/${KEY} is no state: [^\\n]+$`));
  });

  it("hides nothing else when it cannot be read", async () => {
    fail(
      Object.assign(new Error("who are you"), {
        name: "AccessDenied",
        $metadata: { httpStatusCode: 403 },
      }),
    );
    expect(await checked()).toMatchObject([
      { check: `state of ${NAME}`, status: "failure", remedy: expect.stringContaining("s3:GetObject") },
      { check: `lock of ${NAME}`, status: "failure" },
    ]);
  });
});

describe("the one state of the layout shared", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-doctor-"));
    const resource = { aws_iam_role: { firehose: { name: "${var.project_name}-firehose-role" } } };
    const variable = Object.fromEntries(
      Object.entries({ project_name: "cali", environment: "dev", aws_region: "ap-northeast-2" }).map(
        ([name, value]) => [name, { default: value }],
      ),
    );
    writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({ variable, resource }));
    const legacy = JSON.parse(
      readFileSync(join(import.meta.dirname, "../fixtures/legacy/terraform.tfstate"), "utf8"),
    );
    const role = legacy.resources.filter(
      ({ type, name }: { type: string; name: string }) => type === "aws_iam_role" && name === "firehose",
    );
    for (const one of role[0].instances) one.attributes.tags_all = { Environment: "dev" };
    applied({ ...legacy, resources: role });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const owners = async (environment: NodeJS.ProcessEnv = {}) =>
    (await checked({ environment, installed: undefined }, [stack({ name: "infra", folder })])).filter(
      ({ check }) => check === "configuration of infra",
    );

  it("is of the configuration, but for what the next plan shows", async () => {
    expect(await owners()).toEqual([
      {
        check: "configuration of infra",
        status: "warning",
        found: 'tag Environment: the state has "dev", the configuration nothing',
        remedy: "the next plan shows what comes of it; write what you have into the configuration to keep it",
      },
    ]);
  });

  it("is somebody else's where the project is another one", async () => {
    expect((await owners({ TF_VAR_project_name: "shop" }))[0]).toEqual({
      check: "configuration of infra",
      status: "failure",
      found: "project: given shop; the state is of cali",
      allowed: "what the state is of: everything in it would be destroyed and made anew",
      remedy:
        "put the state's project, environment and region into config/<name>.yaml, or another state's bucket and key into its state.",
    });
  });

  it("is the configuration's where nothing differs, and is not asked of any other stack", async () => {
    applied({ ...STATE, resources: [] });
    expect(await owners()).toEqual([
      { check: "configuration of infra", status: "ok", found: "of the state" },
    ]);
    expect((await checked()).map(({ check }) => check)).not.toContain(`configuration of ${NAME}`);
  });
});
