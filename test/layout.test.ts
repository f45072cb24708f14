import { ConfigError } from "@cali/settings";
import { describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { referencesIn } from "../delivery/core/parity/expression.ts";
import { SHARED_STACK, STACKS, type StackEntry, stackNames, tierOf } from "../stacks/registry.ts";
import { resourcesOf, type StackJson, synthesize } from "./support/synth.ts";

const dev = loadConfig({ env: "dev" });
const inStacks = synthesize(dev);
/** The same environment in one state, with the arguments that only that layout has. */
const inShared = synthesize(
  parseConfig(
    {
      ...dev,
      stateLayout: "shared",
      state: { key: "infra/terraform.tfstate" },
      // What the other layout has by itself.
      domain: { ...dev.domain, logs: { types: ["errors", "audit"] } },
    },
    "dev in shared",
  ),
);

describe("layout stacks", () => {
  it("gives each stack a state of its own, in one bucket with one lock", () => {
    expect(stackNames()).toEqual(Object.keys(inStacks.stacks).sort());
    for (const [name, { terraform }] of Object.entries(inStacks.stacks)) {
      expect(terraform.backend.s3).toEqual({
        bucket: "cali-dev-terraform-state",
        key: `stacks/${name}/terraform.tfstate`,
        region: "ap-northeast-2",
        encrypt: true,
        dynamodb_table: "cali-dev-terraform-lock",
        use_lockfile: true,
      });
    }
  });

  it("addresses buckets by path where the configuration says so, the states' too", () => {
    const provider = { ...dev.provider, s3PathStyle: true };
    const { stacks } = synthesize(parseConfig({ ...dev, provider }, "dev by path"));
    for (const [name, { terraform, provider }] of Object.entries(stacks)) {
      expect(terraform.backend.s3, name).toMatchObject({ use_path_style: true });
      for (const aws of provider?.aws ?? []) expect(aws, name).toMatchObject({ s3_use_path_style: true });
    }
  });

  it("orders the stacks by what they pass each other", () => {
    for (const { id, needs } of STACKS as readonly StackEntry[]) {
      // Nothing of 04 is made where Grafana is not managed.
      const expected = id === "04-grafana" ? [] : [...needs];
      expect([...(inStacks.manifest.stacks[id]?.dependencies ?? [])].sort(), id).toEqual(expected);
    }
  });

  it("makes 04-grafana wait for its role when the workspace is managed", () => {
    const grafana = {
      mode: "managed",
      login: { kind: "identity-center" },
    };
    const { manifest } = synthesize(parseConfig({ ...dev, grafana }, "dev with Grafana"));
    expect(manifest.stacks["04-grafana"]?.dependencies).toEqual(["06-iam"]);
    expect(manifest.stacks["03-opensearch"]?.dependencies).toEqual(["06-iam"]);
  });

  it("reads no other stack's state, and refers to nothing outside its own", () => {
    for (const [name, stack] of Object.entries(inStacks.stacks)) {
      expect(Object.keys(stack.data ?? {}), name).not.toContain("terraform_remote_state");
      expect(undeclaredReferences(stack), name).toEqual([]);
    }
  });

  it("refuses irsa, and says why", () => {
    try {
      parseConfig({ ...dev, workloadIdentity: "irsa" }, "config/dev.yaml");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toMatch(
        /workloadIdentity: given "irsa"; allowed: pod-identity .* a cycle across states/,
      );
    }
  });
});

describe("layout shared", () => {
  it("puts 01 to 07 into one state, which waits for nothing", () => {
    const own = stackNames(({ sharedState }) => !sharedState);
    expect(Object.keys(inShared.stacks).sort()).toEqual([...own, SHARED_STACK].sort());
    expect(inShared.manifest.stacks.infra?.dependencies).toEqual([]);
    expect(inShared.stacks.infra?.terraform.backend.s3.key).toBe("infra/terraform.tfstate");
  });

  it("gives what runs in the cluster states of its own, after the shared one", () => {
    for (const [name, { terraform }] of Object.entries(inShared.stacks)) {
      if (tierOf(name) === "cluster")
        expect(terraform.backend.s3.key).toBe(`stacks/${name}/terraform.tfstate`);
    }
    const cluster = inShared.stacks["08-cluster"];
    expect(cluster?.terraform.backend.s3.key).toBe("stacks/08-cluster/terraform.tfstate");
    expect(cluster?.terraform.required_providers.aws?.version).toBe("6.25.0");
    expect(Object.keys(cluster?.variable ?? {})).not.toContain("project_name");
    expect(cluster?.data?.aws_eks_cluster?.main?.name).toBe("cali-cluster");
    expect(inShared.manifest.stacks["08-cluster"]?.dependencies).toEqual(["infra"]);
  });

  it("has the same resources as the stacks together, but for what makes policies exclusive", () => {
    const addresses = (synthesized: typeof inShared) =>
      resourcesOf(synthesized)
        .map(({ address }) => address)
        .sort();
    expect(addresses(inShared)).toEqual(addresses(inStacks).filter((one) => !/_exclusive\./.test(one)));
  });

  it("refers where stacks of their own would use well-known names", () => {
    const firehose = (config: typeof inShared) =>
      resourcesOf(config).find(({ address }) => address.endsWith("delivery_stream.to_s3"))?.body
        .kinesis_source_configuration;
    expect(firehose(inShared)).toMatchObject({ role_arn: "${aws_iam_role.firehose.arn}" });
    expect(firehose(inStacks)).toMatchObject({
      role_arn: "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/cali-dev-firehose-role",
    });
  });

  it("refers to nothing that it doesn't declare", () => {
    expect(undeclaredReferences(inShared.stacks.infra as StackJson)).toEqual([]);
  });
});

describe.each<[string, Partial<Record<keyof Config, unknown>>]>([
  [
    "managed Grafana by SAML",
    {
      grafana: {
        mode: "managed",
        login: {
          kind: "saml",
          metadataUrl: "https://example.com/metadata",
          adminRoles: ["admin"],
          editorRoles: ["dev"],
        },
      },
    },
  ],
  [
    "given subnets",
    { network: { kind: "subnets", subnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"] } },
  ],
  ["an on-demand stream", { stream: { mode: "on-demand", shards: null } }],
  ["a team", { team: ["arn:aws:iam::123456789012:user/kim"] }],
  [
    "three OpenSearch nodes and a password",
    { domain: { instanceCount: 3, masterUser: { kind: "internal", name: "admin" } } },
  ],
  [
    "a state key of its own",
    {
      state: {
        kmsKeyArn: "arn:aws:kms:ap-northeast-2:123456789012:key/0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f",
      },
    },
  ],
])("an environment with %s", (_, change) => {
  it("synthesizes in both layouts, with all references declared", () => {
    for (const layout of ["stacks", "shared"]) {
      const state = { ...((change.state as object) ?? {}), ...(layout === "shared" && { key: "x.tfstate" }) };
      const { stacks } = synthesize(parseConfig({ ...dev, ...change, stateLayout: layout, state }, layout));
      for (const [name, stack] of Object.entries(stacks))
        expect(undeclaredReferences(stack), name).toEqual([]);
    }
  });
});

/** References to resources, data sources and variables that a stack doesn't have. */
function undeclaredReferences(stack: StackJson): string[] {
  const { resource = {}, data = {}, variable = {}, output = {}, provider = {} } = stack;
  const declared = (reference: string) => {
    const [first = "", second = "", third = ""] = reference.split(".");
    if (first === "var") return second in variable;
    if (first === "each") return true;
    return first === "data" ? third in (data[second] ?? {}) : second in (resource[first] ?? {});
  };
  const dependencies = Object.values(resource)
    .flatMap((byName) => Object.values(byName))
    .flatMap((body) => (body.depends_on ?? []) as string[]);
  return [...referencesIn({ resource, data, output, provider, variable } as never), ...dependencies].filter(
    (reference) => !declared(reference),
  );
}
