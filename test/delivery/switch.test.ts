import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONFIG_FOLDER, parseConfig, parseConfigText } from "../../config/load.ts";
import { type Json, overridden } from "../../config/overrides.ts";
import { writeConfig } from "../../delivery/commands/switch/config-file.ts";
import { derive } from "../../delivery/commands/switch/derive.ts";
import { forgotten } from "../../delivery/commands/switch/foreign.ts";
import { joined, parityOf, patchFor, patchWithout } from "../../delivery/commands/switch/parity.ts";
import defaults from "../../delivery/commands/switch/unset-defaults.json" with { type: "json" };
import { attributesOf, instances, lookupIn, managed, unset } from "../../delivery/core/parity/compare.ts";
import { stateSchema } from "../../delivery/core/parity/provider-schema.ts";
import type { JsonObject } from "../../delivery/core/parity/stack-json.ts";
import { readStateFile, type StateFile } from "../../delivery/core/terraform/state-file.ts";
import { ROOT } from "../support/run.ts";
import { type StackJson, synthesize } from "../support/synth.ts";

const STATE = join(ROOT, "test/fixtures/legacy/terraform.tfstate");
const TEMPLATE = readFileSync(join(CONFIG_FOLDER, "terraform-users.yaml"), "utf8");
const VARIABLES = {
  project_name: "cali",
  environment: "dev",
  aws_region: "ap-northeast-2",
  team_members_arns: ["arn:aws:iam::123456789012:user/mina", "arn:aws:iam::123456789012:user/jun"],
};

/** The live state after somebody changed it. */
function stateWith(
  change: (attributes: (address: string) => JsonObject, state: StateFile) => void,
): StateFile {
  const state = structuredClone(readStateFile(STATE));
  const attributes = (address: string) => {
    const found = attributesOf(state as never, address);
    if (!found) throw new Error(`the fixture has no ${address}`);
    return found;
  };
  change(attributes, state);
  return state;
}

const block = (attributes: JsonObject, name: string) => (attributes[name] as JsonObject[])[0] as JsonObject;

/** What `cali switch` writes for a state, and how its synth then stands to it. */
function switched(state: StateFile, variables: typeof VARIABLES = VARIABLES) {
  const { text, notAllowed } = writeConfig(TEMPLATE, derive(state, variables, {}), "config/x.yaml");
  const config = parseConfigText(text, "config/x.yaml");
  const root = synthesize(config).stacks.infra as StackJson;
  const found = parityOf(root, state as never, variables);
  const { patch: said, left } = patchFor(root, found.differences, state as never);
  const equal = overridden(root as unknown as Json, said) as unknown as StackJson;
  const patch = joined(said, patchWithout(equal, parityOf(equal, state as never, variables).created));
  const foreign = state.resources.filter(
    ({ mode, module, type, name }) => mode === "managed" && (module || !root.resource?.[type]?.[name]),
  );
  const infra = joined(patch, forgotten(foreign, root).patch);
  const whole = synthesize(config, { infra }).stacks.infra as StackJson;
  return {
    text,
    config,
    notAllowed,
    found,
    left,
    infra,
    whole,
    after: parityOf(whole, state as never, variables),
  };
}

describe("a state as the hand-written project makes it", () => {
  it("is run by the program that has written it", () => {
    const written = (state: StateFile) =>
      writeConfig(TEMPLATE, derive(state, VARIABLES, {}), "config/x.yaml").text;
    expect(written(readStateFile(STATE))).not.toContain("\nterraform:");
    const state = stateWith((_, { resources }) => {
      for (const one of resources) one.provider = one.provider.replace("terraform.io", "opentofu.org");
    });
    expect(parseConfigText(written(state), "config/x.yaml").terraform).toEqual({ program: "tofu" });
  });

  it("needs no override, and keeps the comments of what is unsafe", () => {
    const { text, found, infra, after } = switched(readStateFile(STATE));
    expect(found).toMatchObject({ differences: [], foreign: [], created: [], compared: 48 });
    expect(infra).toEqual({});
    expect(after.differences).toEqual([]);
    expect(text).toContain("encryption: none # UNSAFE: records rest unencrypted in the stream");
    expect(text).toContain(
      "team:\n  - arn:aws:iam::123456789012:user/mina\n  - arn:aws:iam::123456789012:user/jun",
    );
  });

  it("of another project, region and team is named by the variables", () => {
    const text = readFileSync(STATE, "utf8")
      .replaceAll("ap-northeast-2", "eu-west-1")
      .replaceAll("user/mina", "user/kim")
      .replaceAll(/(?<![\w])cali(?=[-/])/g, "logs")
      .replaceAll('"index_name": "logs-logs"', '"index_name": "cali-logs"')
      .replaceAll(/"Environment": ?"dev"/g, '"Environment":"staging"');
    const variables = {
      project_name: "logs",
      environment: "staging",
      aws_region: "eu-west-1",
      team_members_arns: ["arn:aws:iam::123456789012:user/kim", "arn:aws:iam::123456789012:user/jun"],
    };
    const { config, after } = switched(JSON.parse(text), variables);
    expect(after.differences).toEqual([]);
    expect(config).toMatchObject({
      project: "logs",
      environment: "staging",
      region: "eu-west-1",
      state: { bucket: "logs-terraform-state", region: "eu-west-1", lockTable: "logs-terraform-lock" },
    });
  });

  it("has an environment in any words, and a state anywhere", () => {
    const environment = "Production.EU_1";
    const text = readFileSync(STATE, "utf8").replaceAll(
      /"Environment": ?"dev"/g,
      `"Environment":"${environment}"`,
    );
    const backend = {
      bucket: "acme.states",
      key: "env:/prod/infra",
      region: "us-east-1",
      lockTable: "Locks",
    };
    const settings = derive(JSON.parse(text), { ...VARIABLES, environment }, backend);
    const written = writeConfig(TEMPLATE, settings, "config/x.yaml").text;
    const config = parseConfigText(written, "config/x.yaml");
    expect(config).toMatchObject({ environment, state: backend });
    const root = synthesize(config).stacks.infra as StackJson;
    expect(parityOf(root, JSON.parse(text), { ...VARIABLES, environment }).differences).toEqual([]);
    expect(() => parseConfig({ ...config, state: { ...backend, bucket: null } }, "x")).toThrow(/lower-case/);
  });

  it("of a cluster that is called otherwise is named by its stream", () => {
    const state = stateWith((of) => Object.assign(of("aws_eks_cluster.main"), { name: "shared" }));
    expect(derive(state, {}, {})).toContainEqual([["project"], "cali"]);
  });

  it("without a variable takes the name from the state", () => {
    const { config } = switched(readStateFile(STATE), {} as never);
    expect(config).toMatchObject({ project: "cali", environment: "dev", region: "ap-northeast-2" });
    expect(config.team).toHaveLength(2);
  });
});

/** One change each: what it is, how the state then looks, and the override, if a key can't say it. */
const CHANGES: [string, (attributes: (address: string) => JsonObject) => void, JsonObject?][] = [
  [
    "shards and retention",
    (of) => Object.assign(of("aws_kinesis_stream.logs"), { shard_count: 4, retention_period: 72 }),
  ],
  [
    "an encrypted stream",
    (of) =>
      Object.assign(of("aws_kinesis_stream.logs"), {
        encryption_type: "KMS",
        kms_key_id: "alias/aws/kinesis",
      }),
  ],
  [
    "dedicated masters",
    (of) =>
      Object.assign(block(of("aws_opensearch_domain.logs"), "cluster_config"), {
        dedicated_master_enabled: true,
        dedicated_master_count: 3,
        dedicated_master_type: "m6g.large.search",
      }),
    {
      aws_opensearch_domain: {
        logs: {
          cluster_config: {
            dedicated_master_enabled: true,
            dedicated_master_count: 3,
            dedicated_master_type: "m6g.large.search",
          },
        },
      },
    },
  ],
  [
    "another index rotation",
    (of) =>
      Object.assign(
        block(of("aws_kinesis_firehose_delivery_stream.to_opensearch"), "opensearch_configuration"),
        {
          index_rotation_period: "OneWeek",
        },
      ),
    {
      aws_kinesis_firehose_delivery_stream: {
        to_opensearch: { opensearch_configuration: { index_rotation_period: "OneWeek" } },
      },
    },
  ],
  [
    "labels of nodes and a share of them that may be away",
    (of) => {
      const nodes = of("aws_eks_node_group.main");
      nodes.labels = { team: "data" };
      Object.assign(block(nodes, "update_config"), { max_unavailable: 0, max_unavailable_percentage: 33 });
    },
    {
      aws_eks_node_group: {
        main: {
          labels: { team: "data" },
          update_config: { max_unavailable: null, max_unavailable_percentage: 33 },
        },
      },
    },
  ],
  [
    "a bucket that keeps no versions",
    (of) =>
      Object.assign(block(of("aws_s3_bucket_versioning.logs"), "versioning_configuration"), {
        status: "Suspended",
      }),
    { aws_s3_bucket_versioning: { logs: { versioning_configuration: { status: "Suspended" } } } },
  ],
  [
    "a permissions boundary",
    (of) =>
      Object.assign(of("aws_iam_role.eks_node"), {
        permissions_boundary: "arn:aws:iam::123456789012:policy/b",
      }),
    { aws_iam_role: { eks_node: { permissions_boundary: "arn:aws:iam::123456789012:policy/b" } } },
  ],
  [
    "scanning off in one repository",
    (of) =>
      Object.assign(block(of("aws_ecr_repository.consumer"), "image_scanning_configuration"), {
        scan_on_push: false,
      }),
    { aws_ecr_repository: { consumer: { image_scanning_configuration: { scan_on_push: false } } } },
  ],
  [
    "a bucket key",
    (of) =>
      Object.assign(block(of("aws_s3_bucket_server_side_encryption_configuration.logs"), "rule"), {
        bucket_key_enabled: true,
      }),
    {
      aws_s3_bucket_server_side_encryption_configuration: {
        logs: { rule: [{ bucket_key_enabled: true }] },
      },
    },
  ],
  [
    "no add-ons of EKS's own",
    (of) => Object.assign(of("aws_eks_cluster.main"), { bootstrap_self_managed_addons: false }),
    { aws_eks_cluster: { main: { bootstrap_self_managed_addons: false } } },
  ],
  [
    "rules for large objects, and for the whole bucket",
    (of) => {
      const [first, second] = of("aws_s3_bucket_lifecycle_configuration.logs").rule as JsonObject[];
      Object.assign(block(first as JsonObject, "filter"), { prefix: "", object_size_greater_than: 500 });
      Object.assign(block(second as JsonObject, "filter"), { prefix: "" });
    },
    {
      aws_s3_bucket_lifecycle_configuration: {
        logs: {
          rule: [{ filter: [{ object_size_greater_than: 500 }] }, { filter: [{ prefix: "" }] }],
        },
      },
    },
  ],
  [
    "a tag of one resource",
    (of) => {
      const domain = of("aws_opensearch_domain.logs");
      domain.tags = { ...(domain.tags as JsonObject), Owner: "search" };
      domain.tags_all = { ...(domain.tags_all as JsonObject), Owner: "search" };
    },
    { aws_opensearch_domain: { logs: { tags: { Name: "cali-logs", Owner: "search" } } } },
  ],
];

describe("a state that its users changed", () => {
  it("equals it with overrides for what no key says, and with keys for the rest", () => {
    const { left, infra, after } = switched(
      stateWith((of) => {
        for (const [, change] of CHANGES) change(of);
      }),
    );
    expect(left).toEqual([]);
    expect(after.differences).toEqual([]);
    for (const [what, , one] of CHANGES) expect(infra.resource, what).toMatchObject(one ?? {});
  });
});

describe("a state that no key and no plain value can say", () => {
  const USERS = VARIABLES.team_members_arns;

  it("has a value for each member, and the configuration's for members to come", () => {
    const { left, infra, after } = switched(
      stateWith((of) => {
        const [first, second] = USERS.map((arn) =>
          of(`aws_eks_access_policy_association.team_members_admin["${arn}"]`),
        );
        for (const one of [first, second]) {
          Object.assign(block(one as JsonObject, "access_scope"), { type: "namespace", namespaces: ["a"] });
        }
        Object.assign(second as JsonObject, { policy_arn: "arn:aws:eks::aws:x" });
      }),
    );
    expect(left).toEqual([]);
    expect(after.differences).toEqual([]);
    const { team_members_admin: said } = (infra.resource as Record<string, Record<string, JsonObject>>)
      .aws_eks_access_policy_association as Record<string, JsonObject>;
    expect(said).toEqual({
      policy_arn: expect.stringMatching(/^\$\{lookup\(\{.*\}, each\.key, ".*"\)\}$/),
      access_scope: { type: "namespace", namespaces: ["a"] },
    });
  });

  it("keeps `${…}` and `%{…}` of a policy as text", () => {
    const policy = JSON.stringify({ Statement: [{ Resource: "x/${aws:username}/%{y}" }] });
    const { infra, after } = switched(
      stateWith((of) => Object.assign(of("aws_iam_policy.kinesis_access"), { policy })),
    );
    expect(after.differences).toEqual([]);
    expect(JSON.stringify(infra)).toContain("x/$${aws:username}/%%{y}");
  });

  it("leaves out what somebody removed, and what waits for it goes on without", () => {
    const { after, infra, whole } = switched(
      stateWith((_, state) => {
        const gone = new Set(["app_s3_read", "eks_ebs_csi_driver_policy", "log_generator"]);
        state.resources = state.resources.filter(({ name }) => !gone.has(name));
        delete state.outputs.ecr_log_generator_url;
      }),
    );
    expect(after).toMatchObject({ differences: [], created: [], foreign: [] });
    expect(JSON.stringify(whole)).not.toMatch(/eks_ebs_csi_driver_policy|app_s3_read/);
    expect(infra.output).toEqual({ ecr_log_generator_url: null });
  });

  it("says no secret, and leaves what only a secret could settle", () => {
    const { left, infra } = switched(
      stateWith((_, state) => {
        state.outputs.token = { value: "hunter2", sensitive: true };
      }),
    );
    expect(JSON.stringify(infra)).not.toContain("hunter2");
    expect(left.map(({ address }) => address)).toEqual(["output.token"]);
  });
});

describe("resources that this code never made", () => {
  const FOREIGN = [
    "aws_sns_topic",
    "helm_release",
    "kubernetes_namespace_v1",
    "opensearch_index_template",
    "null_resource",
  ];

  it("are forgotten, never destroyed, counted ones as one", () => {
    const state = stateWith((_, { resources }) => {
      for (const type of FOREIGN) {
        resources.push({
          mode: "managed",
          type,
          name: "mine",
          provider: 'provider["registry.terraform.io/x/y"]',
          instances: [
            { schema_version: 0, attributes: { id: "1" }, sensitive_attributes: [], index_key: 0 },
            { schema_version: 0, attributes: { id: "2" }, sensitive_attributes: [], index_key: 1 },
          ],
        });
      }
    });
    const { found, infra, after } = switched(state);
    expect(found.foreign).toHaveLength(2 * FOREIGN.length);
    expect(infra.removed).toEqual(
      FOREIGN.map((type) => ({ from: `${type}.mine`, lifecycle: { destroy: false } })),
    );
    // Terraform asks for the provider of what it forgets.
    expect(infra.terraform).toEqual({
      required_providers: { y: { source: "registry.terraform.io/x/y" } },
    });
    expect(after.differences).toEqual([]);
  });

  it("in a module are forgotten with it; with an alias they bring it along", () => {
    const foreign = (over: object) => ({
      mode: "managed" as const,
      type: "aws_sqs_queue",
      name: "mine",
      provider: 'provider["registry.terraform.io/hashicorp/aws"]',
      instances: [
        {
          schema_version: 0,
          attributes: { arn: "arn:aws:sqs:us-east-1:123456789012:x" },
          sensitive_attributes: [],
        },
      ],
      ...over,
    });
    const own = 'module.b.provider["registry.terraform.io/hashicorp/aws"]';
    const state = stateWith((_, { resources }) =>
      resources.push(
        foreign({ module: 'module.a["x"].module.c' }),
        foreign({ module: "module.a" }),
        foreign({ name: "far", provider: 'provider["registry.terraform.io/hashicorp/aws"].virginia' }),
        foreign({ module: "module.b", provider: own }),
      ),
    );
    const root = switched(readStateFile(STATE)).whole;
    const { patch, left } = forgotten(
      state.resources.filter(({ type }) => type === "aws_sqs_queue"),
      root,
    );
    expect(patch).toEqual({
      removed: ["module.a", "aws_sqs_queue.far"].map((from) => ({ from, lifecycle: { destroy: false } })),
      provider: { aws: [{ alias: "virginia", region: "us-east-1" }] },
    });
    expect(left).toEqual(["module.b: its provider is configured in module.b; --hcl <folder> takes it along"]);
    const { provider } = overridden(root as unknown as Json, patch) as unknown as StackJson;
    expect(provider?.aws).toEqual([root.provider?.aws?.[0], { alias: "virginia", region: "us-east-1" }]);
  });
});

describe("what the provider fills in for silence", () => {
  it("is what the live state of the hand-written project shows", () => {
    const state = readStateFile(STATE) as never;
    const { text } = switched(readStateFile(STATE));
    const root = synthesize(parseConfigText(text, "config/x.yaml")).stacks.infra as StackJson;
    const lookup = lookupIn(state, VARIABLES);
    const found: Record<string, Record<string, unknown>> = {};
    for (const { address, type, body } of managed(root)) {
      for (const instance of instances(address, body, lookup)) {
        const [attributes, schema] = [attributesOf(state, instance.address), stateSchema(type)];
        if (!attributes || !schema || /^aws_(s3_bucket|eks_cluster)$/.test(type)) continue;
        for (const { attribute, expected } of unset(instance.address, body, attributes, schema)) {
          found[type] = { ...found[type], [attribute]: expected };
        }
      }
    }
    expect(defaults).toEqual(found);
  });
});
