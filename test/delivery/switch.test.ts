import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig, parseConfigText } from "../../config/load.ts";
import { type Json, overridden } from "../../config/overrides.ts";
import { writeConfig } from "../../delivery/commands/switch/config-file.ts";
import { derive } from "../../delivery/commands/switch/derive.ts";
import { forgotten } from "../../delivery/commands/switch/foreign.ts";
import { parityOf } from "../../delivery/commands/switch/parity.ts";
import { unfinished } from "../../delivery/commands/switch/unfinished.ts";
import defaults from "../../delivery/commands/switch/unset-defaults.json" with { type: "json" };
import { attributesOf, instances, lookupIn, managed, unset } from "../../delivery/core/parity/compare.ts";
import { stateSchema } from "../../delivery/core/parity/provider-schema.ts";
import type { JsonObject } from "../../delivery/core/parity/stack-json.ts";
import { readStateFile, type StateFile } from "../../delivery/core/terraform/state-file.ts";
import { block, STATE, stateWith, switched, TEMPLATE, VARIABLES } from "../support/switched.ts";
import { type StackJson, synthesize } from "../support/synth.ts";

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

  it("has the waiting of Terraform, and what AWS would fill in", () => {
    const options = { "rest.action.multi.allow_explicit_index": "true" };
    const waits = { create: "90m", delete: null, update: null };
    const state = stateWith((attributes) => {
      attributes("aws_opensearch_domain.logs").advanced_options = options;
      attributes("aws_eks_cluster.main").timeouts = waits;
      attributes("aws_s3_bucket_versioning.logs").expected_bucket_owner = "123456789012";
    });
    const { infra, left, after } = switched(state);
    expect(infra.resource).toEqual({
      aws_opensearch_domain: { logs: { advanced_options: options } },
      aws_eks_cluster: { main: { timeouts: [{ create: "90m" }] } },
      aws_s3_bucket_versioning: { logs: { expected_bucket_owner: "123456789012" } },
    });
    expect(left).toEqual([]);
    expect(after.differences).toEqual([]);
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

describe("what a failed apply left", () => {
  it("is said, and no value is taken from a deposed object", () => {
    const state = stateWith((_, { resources }) => {
      const instances = (name: string) => resources.find((one) => one.type === name)?.instances ?? [];
      const [stream] = instances("aws_kinesis_stream");
      if (stream) instances("aws_kinesis_stream").unshift({ ...stream, deposed: "0a1b2c3d", attributes: {} });
      Object.assign(instances("aws_opensearch_domain")[0] ?? {}, { status: "tainted" });
    });
    expect(derive(state, {}, {})).toEqual(derive(readStateFile(STATE), {}, {}));
    expect(unfinished(state.resources)).toEqual([
      "aws_kinesis_stream.logs: has a deposed object, which would be destroyed",
      "aws_opensearch_domain.logs: is tainted, and would be replaced",
    ]);
    expect(unfinished(readStateFile(STATE).resources)).toEqual([]);
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
