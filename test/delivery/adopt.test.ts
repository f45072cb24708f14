import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { divided, nextStep } from "../../delivery/commands/adopt/move.ts";
import { brokenReferences, partition } from "../../delivery/commands/adopt/partition.ts";
import { render } from "../../delivery/commands/adopt/render.ts";
import { SHARED_PARTS } from "../../delivery/core/shared-state/own.ts";
import { importId } from "../../delivery/core/terraform/import-id.ts";
import {
  parseStateFile,
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
      "a key where this code has none",
      { ...managed, type: "aws_s3_bucket", name: "logs", instances: [at({}, { index_key: "a" })] },
      'aws_s3_bucket.logs["a"]',
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

describe("a state's odd objects", () => {
  const live = () => JSON.parse(readFileSync(STATE, "utf8")) as StateFile;
  const bucket = (resource: StateResource) => resource.type === "aws_s3_bucket" && resource.name === "logs";
  /** The live state with the bucket changed. */
  const withBucket = (change: (bucket: StateResource) => readonly StateResource[]): StateFile => {
    const state = live();
    return { ...state, resources: state.resources.flatMap((one) => (bucket(one) ? change(one) : [one])) };
  };
  const withInstance = (more: object) =>
    withBucket((one) => [{ ...one, instances: one.instances.map((instance) => ({ ...instance, ...more })) }]);

  it.each<[string, StateFile, string]>([
    ["a tainted object", withInstance({ status: "tainted" }), "aws_s3_bucket.logs is tainted"],
    [
      "what a replacement has left",
      withBucket((one) => [
        { ...one, instances: one.instances.flatMap((i) => [i, { ...i, deposed: "0a1b2c3d" }]) },
      ]),
      "aws_s3_bucket.logs has left a deposed object",
    ],
    [
      "a provider of another name",
      withBucket((one) => [{ ...one, provider: `${one.provider}.ireland` }]),
      "aws_s3_bucket.logs has the provider ireland",
    ],
    [
      "an object that stands twice",
      withBucket((one) => [one, one]),
      "aws_s3_bucket.logs is in the state more than once",
    ],
    [
      "an object that somebody has under another address, too",
      withBucket((one) => [one, { ...one, name: "mine" }]),
      "aws_s3_bucket.logs and aws_s3_bucket.mine are one object, cali-logs-123456789012",
    ],
    [
      "an object of which no id is known",
      withInstance({ attributes: {} }),
      "aws_s3_bucket.logs has no id to import it by",
    ],
  ])("are refused: %s", (_, state, said) => {
    expect(() => divided(state)).toThrow(said);
    expect(() => nextStep("stacks", { one: state, parts: new Map() }, undefined)).toThrow(said);
  });

  it("go to the address without an index, of which the old one is forgotten", () => {
    const state = withInstance({ index_key: 0 });
    const { adoption } = nextStep("stacks", { one: state, parts: new Map() }, undefined);
    expect(adoption?.objects).toContainEqual({
      ...{ stack: "02-s3", address: "aws_s3_bucket.logs", id: "cali-logs-123456789012" },
      from: "aws_s3_bucket.logs[0]",
    });
    expect(adoption?.objects).toHaveLength(48);
    const printed = render(divided(state).objects, [], []);
    expect(printed).toContain("  to = aws_s3_bucket.logs\n");
    expect(printed).toContain("# forgets aws_s3_bucket.logs[0]\nremoved {\n  from = aws_s3_bucket.logs\n");
  });

  it("have the members' keys where they had indexes", () => {
    const state = live();
    for (const one of state.resources.filter(({ type }) => type.startsWith("aws_eks_access_"))) {
      one.instances = one.instances.map((instance, index_key) => ({ ...instance, index_key }));
    }
    expect(divided(state).objects.map(({ address }) => address)).toContain(
      'aws_eks_access_entry.team_members["arn:aws:iam::123456789012:user/jun"]',
    );
    expect(() => nextStep("stacks", { one: state, parts: new Map() }, undefined)).toThrow(
      'aws_eks_access_entry.team_members[0] has an index where this code has a key; allowed: aws_eks_access_entry.team_members["',
    );
  });

  it("make no difference: create_before_destroy, data sources, check results, secret outputs", () => {
    const state = withInstance({ create_before_destroy: true });
    const text = JSON.stringify({
      ...state,
      check_results: [
        { object_kind: "resource", config_addr: "aws_s3_bucket.logs", status: "pass", objects: null },
      ],
      outputs: { secret: { value: "s", type: "string", sensitive: true } },
    });
    expect(divided(parseStateFile(text, "x"))).toEqual(divided(live()));
  });

  it("that refer to what goes elsewhere are told", () => {
    const state = live();
    const queue = {
      ...{ mode: "managed" as const, type: "aws_sqs_queue", name: "mine", provider: "p" },
      instances: [
        {
          ...{ schema_version: 0, sensitive_attributes: [], attributes: { id: "q" } },
          dependencies: ["aws_kinesis_stream.logs", "data.aws_region.here", "aws_sns_topic.mine"],
        },
      ],
    };
    const stream = state.resources.find(({ type }) => type === "aws_kinesis_stream");
    for (const instance of stream?.instances ?? []) instance.dependencies = ["aws_kms_key.mine"];
    expect(brokenReferences({ ...state, resources: [...state.resources, queue] })).toEqual([
      "aws_kinesis_stream.logs refers to aws_kms_key.mine, which stays",
      "aws_sqs_queue.mine refers to aws_kinesis_stream.logs, which moves",
    ]);
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
