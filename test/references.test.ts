import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Adoption } from "../config/adoption.ts";
import { loadConfig, parseConfig } from "../config/load.ts";
import type { Json, Overrides } from "../config/overrides.ts";
import { referencesIn, withValues } from "../config/references.ts";
import { type BothLayouts, nextStep } from "../delivery/commands/adopt/move.ts";
import { movedReferences } from "../delivery/commands/adopt/references.ts";
import { readStateFile } from "../delivery/core/terraform/state-file.ts";
import { ROOT } from "./support/run.ts";
import { type StackJson, synthesize } from "./support/synth.ts";

describe("references in overrides", () => {
  it.each<[Json, string[]]>([
    ["aws_s3_bucket.logs.arn", []],
    ["${aws_s3_bucket.logs.arn}", ["aws_s3_bucket.logs.arn"]],
    ["$${aws_s3_bucket.logs.arn}", []],
    ['${"aws_s3_bucket.logs.arn ${var.x}"}-${data.aws_vpc.default.id}', ["var.x", "data.aws_vpc.default.id"]],
    ["${{ for k, v in local.all : k => v }}", ["local.all"]],
    [
      '${lower(aws_eks_access_entry.team_members["arn:x/a b"].user_name)}/${aws_x.y.subnet_ids[0]}',
      ['aws_eks_access_entry.team_members["arn:x/a b"].user_name', "aws_x.y.subnet_ids[0]"],
    ],
    [{ "${aws_x.y.name}": [{ a: "%{ if aws_x.z.on }b%{ endif }" }] }, ["aws_x.y.name", "aws_x.z.on"]],
  ])("%j", (value, texts) => {
    expect(referencesIn(value).map(({ text }) => text)).toEqual(texts);
  });

  it.each<[Json, Json, Json]>([
    ["${aws_x.y.a}", "name", "name"],
    ["${aws_x.y.a}", ["a", 1], ["a", 1]],
    ["${aws_x.y.a}", "${x}", "$${x}"],
    ["${aws_x.y.a}-logs", "name", '${"name"}-logs'],
    ["${lower(aws_x.y.a)}", 'a"b%{', '${lower("a\\"b%%{")}'],
    ["${[for one in aws_x.y.a : one]}", ["a"], '${[for one in ["a"] : one]}'],
    ["${aws_x.z.a}", "name", "${aws_x.z.a}"],
  ])("%j with %j becomes %j", (text, value, result) => {
    expect(withValues(text, ({ name }) => (name === "y" ? value : undefined))).toEqual(result);
  });
});

/** The live environment, whose users have things of their own in the same root. */
const LIVE = readStateFile(join(ROOT, "test/fixtures/legacy/terraform.tfstate"));
const team = ["mina", "jun"].map((name) => `arn:aws:iam::123456789012:user/${name}`);
const shared = { ...loadConfig({ env: "terraform-users" }), team };
const separate = parseConfig(
  { ...shared, stateLayout: "stacks", prefix: "cali", imported: true },
  "separate",
);
const KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1";
const OWN: Overrides[string] = {
  resource: {
    aws_cloudwatch_metric_alarm: {
      stream: {
        alarm_name: "${aws_kinesis_stream.logs.name}-age",
        dimensions: { StreamName: "${aws_kinesis_stream.logs.name}" },
        alarm_actions: ["${aws_sns_topic.alerts.arn}"],
        depends_on: ["aws_kinesis_stream.logs", "aws_sns_topic.alerts"],
      },
    },
    aws_sns_topic: { alerts: { name: "${var.project_name}-alerts", depends_on: ["aws_s3_bucket.logs"] } },
    aws_kms_key: { mine: {} },
    aws_eks_node_group: {
      batch: {
        cluster_name: "${aws_eks_cluster.main.name}",
        node_role_arn: "${aws_iam_role.eks_node.arn}",
        subnet_ids: "${data.aws_subnets.default.ids}",
      },
    },
    // What 01-07 make, said with what stands elsewhere.
    aws_s3_bucket_server_side_encryption_configuration: {
      logs: {
        rule: { apply_server_side_encryption_by_default: { kms_master_key_id: "${aws_kms_key.mine.arn}" } },
      },
    },
    aws_iam_role: {
      eks_node: { description: "nodes of ${var.project_name} in ${aws_eks_cluster.main.arn}" },
    },
  },
  data: { aws_region: { here: {} } },
  module: {
    notes: {
      source: "./notes",
      bucket: "${aws_s3_bucket.logs.bucket}",
      region: "${data.aws_region.here.name}",
    },
  },
  output: { nodes: { value: "${aws_eks_node_group.main.arn} ${aws_sns_topic.alerts.arn}" } },
  removed: [{ from: "aws_sqs_queue.gone", lifecycle: { destroy: false } }],
};
const mine = {
  ...{ mode: "managed" as const, type: "aws_kms_key", name: "mine" },
  provider: 'provider["registry.terraform.io/hashicorp/aws"]',
  instances: [{ schema_version: 0, sensitive_attributes: [], attributes: { arn: KEY } }],
};
const states: BothLayouts = {
  one: { ...LIVE, resources: [...LIVE.resources, mine] },
  parts: new Map(),
};
const begun = nextStep("stacks", states, undefined).adoption as Adoption;

/** References of a synthesized state to what is not in it. */
function dangling(stack: StackJson | undefined): string[] {
  const {
    "//": _,
    terraform: __,
    import: imports,
    removed,
    moved,
    ...rest
  } = (stack ?? {}) as unknown as Record<string, Json>;
  const block = (name: string) => (rest[name] ?? {}) as Record<string, Record<string, Json>>;
  const here = {
    resource: (type: string, name: string) => block("resource")[type]?.[name],
    data: (type: string, name: string) => block("data")[type]?.[name],
    var: (_: string, name: string) => block("variable")[name],
    local: (_: string, name: string) => block("locals")[name],
  };
  const needs = [...JSON.stringify(rest).matchAll(/"depends_on":\[([^\]]*)\]/g)].flatMap(([, list = ""]) =>
    list.split(",").map((one) => one.replaceAll('"', "")),
  );
  return [
    ...referencesIn(rest as Json)
      .filter(({ kind, type }) => kind !== "resource" || /^(aws|terraform)_/.test(type))
      .filter(({ kind, type, name }) => here[kind](type, name) === undefined)
      .map(({ text }) => text),
    ...needs.filter((address) => {
      const [type = "", name = ""] = address.replace(/^data\./, "").split(".");
      return here[address.startsWith("data.") ? "data" : "resource"](type, name) === undefined;
    }),
  ];
}

describe("what the user has in the old root", () => {
  const found = movedReferences({ infra: OWN }, separate, states, {});

  it("is told what stands in place of what moves", () => {
    expect(found.lines).toContain(
      'aws_cloudwatch_metric_alarm.stream has "cali-logs-stream" in place of aws_kinesis_stream.logs.name, which is in another state',
    );
    expect(found.values).toMatchObject({
      "aws_eks_cluster.main.name": "cali-cluster",
      "aws_iam_role.eks_node.arn": "arn:aws:iam::123456789012:role/cali-eks-node-role",
      "aws_kms_key.mine.arn": KEY,
      "var.project_name": "cali",
    });
    expect(found.values).not.toHaveProperty("aws_sns_topic.alerts.arn");
    expect(found.values).not.toHaveProperty(["data.aws_region.here.name"]);
  });

  it.each([
    ["imports", begun],
    ["forgets", { ...begun, step: "forget" as const }],
    ["is over", undefined],
  ])("refers to nothing that is gone, while a move %s", (_, adoption) => {
    const { stacks } = synthesize(separate, { infra: OWN }, adoption, found.values);
    expect(
      Object.entries(stacks).flatMap(([name, stack]) => dangling(stack).map((one) => `${name} ${one}`)),
    ).toEqual([]);
    expect(JSON.stringify(stacks.infra?.resource?.aws_sns_topic)).toContain("${var.project_name}-alerts");
    const removed = JSON.stringify((stacks.infra as { removed?: Json } | undefined)?.removed);
    expect(removed).toContain("aws_sqs_queue.gone");
    expect(removed.includes("aws_s3_bucket.logs")).toBe(adoption?.step === "forget");
  });

  it("would refer to what is gone without the values", () => {
    const { stacks } = synthesize(separate, { infra: OWN });
    expect(dangling(stacks.infra)).toContain("aws_kinesis_stream.logs.name");
    expect(dangling(stacks["06-iam"])).toContain("aws_eks_cluster.main.arn");
  });

  it("refers as before in the one state", () => {
    const { stacks } = synthesize(shared, { infra: OWN }, undefined, found.values);
    expect(dangling(stacks.infra)).toEqual([]);
    expect(JSON.stringify(stacks.infra)).toContain('"${aws_kinesis_stream.logs.name}-age"');
  });

  it("keeps a value that no state has any more", () => {
    const gone = { ...LIVE, resources: [...LIVE.resources, mine].filter(({ mode }) => mode === "managed") };
    const again = movedReferences({ infra: OWN }, separate, { ...states, one: gone }, found.values);
    expect(again.values).toEqual(found.values);
  });

  it.each<[string, string, string]>([
    [
      "a secret",
      "${aws_opensearch_domain.logs.advanced_security_options[0].master_user_options[0].master_user_password}",
      "which is a secret",
    ],
    ["a whole object", "${jsonencode(aws_s3_bucket.logs)}", "a whole object"],
    ["what is in no state", '${aws_eks_access_entry.team_members["nobody"].arn}', "which is in no state"],
    ["what the state has not", "${aws_s3_bucket.logs.nothing}", "which the state says nothing of"],
  ])("is refused %s", (_, value, said) => {
    const infra = { output: { mine: { value } } };
    expect(() => movedReferences({ infra }, separate, states, {})).toThrow(`output.mine refers to`);
    expect(() => movedReferences({ infra }, separate, states, {})).toThrow(said);
  });
});
