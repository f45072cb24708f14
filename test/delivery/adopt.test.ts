import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partition } from "../../delivery/commands/adopt/partition.ts";
import { SHARED_PARTS } from "../../delivery/core/shared-state/own.ts";
import { importId } from "../../delivery/core/terraform/import-id.ts";
import {
  readStateFile,
  type StateFile,
  type StateResource,
} from "../../delivery/core/terraform/state-file.ts";
import { ROOT, runCali } from "../support/run.ts";

const STATE = join(ROOT, "test/fixtures/legacy/terraform.tfstate");

/** Import ids that the AWS provider 5.100 took, one a type. */
const SEEN: Record<string, string> = {
  aws_ecr_lifecycle_policy: "cali/consumer",
  aws_eks_access_entry: "cali-cluster:arn:aws:iam::123456789012:user/jun",
  aws_eks_access_policy_association:
    "cali-cluster#arn:aws:iam::123456789012:user/jun#arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
  aws_eks_addon: "cali-cluster:aws-ebs-csi-driver",
  aws_eks_cluster: "cali-cluster",
  aws_eks_node_group: "cali-cluster:cali-node-group",
  aws_iam_role_policy_attachment:
    "cali-airflow-role/arn:aws:iam::123456789012:policy/cali-workload-s3-access",
  aws_kinesis_firehose_delivery_stream:
    "arn:aws:firehose:ap-northeast-2:123456789012:deliverystream/cali-firehose-to-opensearch",
  aws_kinesis_stream: "cali-logs-stream",
  aws_opensearch_domain: "cali-logs",
  aws_s3_bucket_versioning: "cali-logs-123456789012",
};

describe("the live state", () => {
  const { adopted, staying } = partition(readStateFile(STATE));

  it("is adopted wholly, by the stacks", () => {
    const groups = Map.groupBy(adopted, ({ stack }) => stack);
    expect(Object.fromEntries([...groups].map(([stack, own]) => [stack, own.length]))).toEqual({
      "01-kinesis": 3,
      "02-s3": 5,
      "03-opensearch": 1,
      "05-eks": 8,
      "06-iam": 27,
      "07-ecr": 4,
    });
    expect(staying).toEqual([]);
  });

  it.each(Object.entries(SEEN))("an %s is imported by %s", (type, id) => {
    expect(adopted.filter((one) => one.type === type).map((one) => importId(one))).toContain(id);
  });
});

/** The live state as somebody else would have it: other names, region, account and members. */
function renamed(): StateFile {
  const text = readFileSync(STATE, "utf8")
    .replaceAll("cali-", "acme-logs-")
    .replaceAll("cali/", "acme-logs/")
    .replaceAll("ap-northeast-2", "eu-central-1")
    .replaceAll("123456789012", "210987654321")
    .replaceAll("user/mina", "role/ops/@on.call=1")
    .replaceAll("user/jun", () => 'user/\\"x${y}');
  return JSON.parse(text);
}

describe("the state of another project", () => {
  const { adopted, staying } = partition(renamed());
  const ids = new Map(adopted.map((one) => [one.address, importId(one)]));

  it("is adopted wholly, by ids of its own", () => {
    expect(adopted).toHaveLength(48);
    expect(staying).toEqual([]);
    expect([...ids.values()].join("\n")).not.toMatch(/cali[-/]|ap-northeast-2|123456789012/);
    expect(ids.get("aws_kinesis_firehose_delivery_stream.to_s3")).toBe(
      "arn:aws:firehose:eu-central-1:210987654321:deliverystream/acme-logs-firehose-to-s3",
    );
    expect(ids.get("aws_s3_bucket.logs")).toBe("acme-logs-logs-210987654321");
    expect(ids.get("aws_ecr_repository.log_generator")).toBe("acme-logs/log-generator");
  });

  it("has keys as HCL writes them", () => {
    expect(
      ids.get('aws_eks_access_entry.team_members["arn:aws:iam::210987654321:role/ops/@on.call=1"]'),
    ).toBe("acme-logs-cluster:arn:aws:iam::210987654321:role/ops/@on.call=1");
    expect(ids.get('aws_eks_access_entry.team_members["arn:aws:iam::210987654321:user/\\"x$${y}"]')).toBe(
      'acme-logs-cluster:arn:aws:iam::210987654321:user/"x${y}',
    );
  });
});

describe("what this code doesn't know", () => {
  const managed = { mode: "managed", provider: "p" } as const;
  const at = (attributes: Record<string, string>, more: object = {}) => ({
    schema_version: 0,
    sensitive_attributes: [],
    attributes,
    ...more,
  });

  it.each([
    ["a type", { ...managed, type: "aws_sqs_queue", name: "x", instances: [at({})] }, "aws_sqs_queue.x"],
    ["a name", { ...managed, type: "aws_s3_bucket", name: "x", instances: [at({})] }, "aws_s3_bucket.x"],
    [
      "a module",
      { ...managed, module: 'module.m["a"]', type: "aws_s3_bucket", name: "logs", instances: [at({})] },
      'module.m["a"].aws_s3_bucket.logs',
    ],
    [
      "a count",
      { ...managed, type: "aws_s3_bucket", name: "logs", instances: [at({}, { index_key: 0 })] },
      "aws_s3_bucket.logs[0]",
    ],
    [
      "a repository of another name",
      { ...managed, type: "aws_ecr_repository", name: "tool", instances: [at({ name: "tools/t" })] },
      "aws_ecr_repository.tool",
    ],
    [
      "what a replacement has left",
      { ...managed, type: "aws_s3_bucket", name: "logs", instances: [at({}, { deposed: "0a1b2c3d" })] },
      "aws_s3_bucket.logs (deposed 0a1b2c3d)",
    ],
  ])("%s stays where it is", (_, resource, address) => {
    const { adopted, staying } = partition({ ...readStateFile(STATE), resources: [resource] });
    expect({ adopted, staying }).toEqual({ adopted: [], staying: [address] });
  });
});

describe("any state", () => {
  const known = readStateFile(STATE).resources.filter(({ mode }) => mode === "managed");
  const resource: fc.Arbitrary<StateResource> = fc.oneof(
    fc.constantFrom(...known),
    fc.record({
      mode: fc.constant("managed" as const),
      type: fc.constantFrom("aws_sns_topic", "aws_s3_bucket", "helm_release", "aws_iam_role"),
      name: fc.constantFrom("mine", "other"),
      provider: fc.constant("p"),
      module: fc.option(fc.constant("module.mine"), { nil: undefined }),
      instances: fc.constant<StateResource["instances"]>([
        { schema_version: 0, attributes: { id: "x" }, sensitive_attributes: [] },
      ]),
    }),
  );

  it("is divided wholly, and nothing goes to two places", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(resource, { selector: ({ module, type, name }) => `${module}.${type}.${name}` }),
        (resources) => {
          const state: StateFile = { ...readStateFile(STATE), resources };
          const { adopted, staying } = partition(state);
          const all = [...adopted.map(({ address }) => address), ...staying];
          expect(all).toHaveLength(resources.flatMap(({ instances }) => instances).length);
          expect(new Set(all).size).toBe(all.length);
          expect(adopted.every(({ stack }) => SHARED_PARTS.includes(stack))).toBe(true);
        },
      ),
    );
  });
});

describe("cali adopt --print", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cali-adopt-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("sums up in its last line, and leaves what is the user's own where it is", async () => {
    const state = JSON.parse(readFileSync(STATE, "utf8"));
    state.resources.push({
      mode: "managed",
      type: "aws_sns_topic",
      name: "alerts",
      provider: 'provider["registry.terraform.io/hashicorp/aws"]',
      instances: [{ index_key: 0, schema_version: 0, attributes: { id: "x" } }],
    });
    const path = join(folder, "own.tfstate");
    writeFileSync(path, JSON.stringify(state));
    const { code, stdout, stderr } = await runCali(["adopt", "--state", path, "--print"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("48 imports, 48 forgets, 0 created, 0 destroyed");
    expect(stdout).toContain("# stays in the old root: aws_sns_topic.alerts[0]");
    expect(stdout.match(/^import \{/gm)).toHaveLength(48);
    expect(stdout.match(/^removed \{/gm)).toHaveLength(46);
    expect(stdout.match(/^# forgets aws_/gm)).toHaveLength(48);
    expect(stdout).toContain(
      'to = aws_eks_access_entry.team_members["arn:aws:iam::123456789012:user/jun"]\n  id = "cali-cluster:arn:aws:iam::123456789012:user/jun"',
    );
  });

  it.each([
    ["{}", "given no Terraform state"],
    [
      '{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"x","outputs":{},"resources":[]}',
      "given a state without a resource of 01-07",
    ],
  ])("refuses %s in one line", async (text, message) => {
    const path = join(folder, "wrong.tfstate");
    writeFileSync(path, text);
    const { code, stdout, stderr } = await runCali(["adopt", "--state", path, "--print"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(message);
  });
});
