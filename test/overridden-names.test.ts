import { describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../config/load.ts";
import type { Overrides } from "../config/overrides.ts";
import type { Config } from "../config/schema.ts";
import { imageRepository } from "../delivery/commands/image/image.ts";
import { clusterOf } from "../delivery/core/cluster/kubectl.ts";
import { evaluate, type Lookup } from "../delivery/core/parity/expression.ts";
import { SHARED_PARTS } from "../delivery/core/shared-state/own.ts";
import { type JsonObject, resourcesOf, type Synthesized, synthesize } from "./support/synth.ts";

/** Names that overrides give reach whatever uses them: what is a reference in one state is the same text across states. */
const ACCOUNT = "123456789012";
const team = ["mina", "jun"].map((name) => `arn:aws:iam::${ACCOUNT}:user/${name}`);
const shared = { ...loadConfig({ env: "terraform-users" }), team };
const separated = (config: Config) =>
  parseConfig({ ...config, stateLayout: "stacks", prefix: config.project, imported: true }, "separated");
const ofWorkloads = parseConfig(
  {
    ...shared,
    iam: { ...shared.iam, workloadRoles: "per-workload", applicationRole: null, grafanaAccess: "read" },
    domain: { ...shared.domain, masterUser: { kind: "iam" } },
    grafana: { mode: "managed", login: { kind: "identity-center" } },
    cluster: { ...shared.cluster, ebsCsiRole: "own" },
    consumerTable: true,
  },
  "per workload",
);

/** Every name that has to be known in another state, as somebody else would have it. */
const RENAMED = {
  resource: {
    aws_kinesis_stream: { logs: { name: "events" } },
    aws_dynamodb_table: { consumer: { name: "leases-${var.environment}" } },
    aws_s3_bucket: { logs: { bucket: "raw-${data.aws_caller_identity.current.account_id}" } },
    aws_opensearch_domain: { logs: { domain_name: "search" } },
    aws_eks_cluster: { main: { name: "${var.project_name}-main" } },
    aws_ecr_repository: { consumer: { name: "images/consumer" }, log_generator: { name: "generator" } },
    aws_iam_role: Object.fromEntries(
      [
        "eks_cluster",
        "eks_node",
        "firehose",
        "app_role",
        "cluster_autoscaler",
        "grafana",
        "grafana_workspace",
      ]
        .concat(["opensearch_admin", "ebs_csi", "consumer", "airflow_role"])
        .map((name, nth) => [name, { name: `role-of-${name}`, ...(nth % 2 === 0 && { path: "/log/s/" }) }]),
    ),
  },
};

/** The part of the overrides that is of resources which a configuration has. */
function overridesFor(config: Config): Overrides {
  const known = new Set(resourcesOf(synthesize(config)).map(({ address }) => address));
  const resource = Object.entries(RENAMED.resource).map(([type, byName]) => [
    type,
    Object.fromEntries(Object.entries(byName).filter(([name]) => known.has(`${type}.${name}`))),
  ]);
  return { infra: { resource: Object.fromEntries(resource) } };
}

/** What AWS makes of a name. */
const ARNS: Record<string, (body: Record<string, unknown>) => string> = {
  aws_eks_cluster: ({ name }) => `arn:aws:eks:ap-northeast-2:${ACCOUNT}:cluster/${name}`,
  aws_iam_role: ({ name, path = "/" }) => `arn:aws:iam::${ACCOUNT}:role${path}${name}`,
  aws_iam_openid_connect_provider: ({ url }) => `arn:aws:iam::${ACCOUNT}:oidc-provider/${url}`,
  aws_kinesis_stream: ({ name }) => `arn:aws:kinesis:ap-northeast-2:${ACCOUNT}:stream/${name}`,
  aws_opensearch_domain: ({ domain_name }) => `arn:aws:es:ap-northeast-2:${ACCOUNT}:domain/${domain_name}`,
  aws_s3_bucket: ({ bucket }) => `arn:aws:s3:::${bucket}`,
};
const VALUES: Record<string, unknown> = {
  "var.project_name": "cali",
  "var.environment": "dev",
  "var.aws_region": "ap-northeast-2",
  "var.team_members_arns": team,
  "data.aws_caller_identity.current.account_id": ACCOUNT,
};
/** What only AWS knows, in the one state and in the data sources that look it up across states. */
const LOOKED_UP = /^data\.(aws_eks_cluster|aws_opensearch_domain)\./;

/** A document's text says the same however it is indented. */
const read = ([argument, value]: [string, unknown]) => {
  const isDocument = typeof value === "string" && value.startsWith("{");
  return [argument, isDocument ? JSON.parse(value) : value];
};

/** The arguments of 01-07's resources, by address, with all names in their place. */
function argumentsOf({ stacks }: Synthesized, states: readonly string[]): Record<string, unknown> {
  const known = Object.fromEntries(states.map((name) => [name, stacks[name]]));
  const resources = resourcesOf({ stacks: known as Synthesized["stacks"], manifest: { stacks: {} } });
  const bodies = new Map(resources.map(({ address, body }) => [address, body]));
  const lookup: Lookup = (path) => {
    const whole = path.join(".");
    if (whole in VALUES) return VALUES[whole];
    const isData = LOOKED_UP.test(whole);
    const [type = "", name = "", ...rest] = (isData ? path.slice(1) : path).map(String);
    const body = bodies.get(`${type}.${name}`);
    if (!body) return whole;
    const own = evaluate(body, lookup) as Record<string, unknown>;
    if (rest.length === 1 && rest[0] === "arn" && ARNS[type]) return ARNS[type](own);
    const [argument = ""] = rest[0] === "id" ? ["bucket"] : rest;
    return rest.length === 1 && argument in own ? own[argument] : [type, name, ...rest].join(".");
  };
  // The cluster that is looked up has to be this one.
  for (const name of states) {
    for (const [type, byName] of Object.entries(stacks[name]?.data ?? {})) {
      const found = { aws_eks_cluster: "name", aws_opensearch_domain: "domain_name" }[type];
      if (!found) continue;
      const [body] = Object.values(byName as Record<string, JsonObject>);
      const [its] = [...bodies].find(([address]) => address.startsWith(`${type}.`)) ?? [];
      expect(evaluate(body?.[found], lookup), `${name}: data.${type}`).toBe(
        evaluate(bodies.get(its ?? "")?.[found], lookup),
      );
    }
  }
  return Object.fromEntries(
    resources.map(({ address, body: { "//": _, lifecycle, depends_on, for_each, ...body } }) => {
      const each: Lookup = (path) => (path[0] === "each" ? path.join(".") : lookup(path));
      return [address, Object.fromEntries(Object.entries(evaluate(body, each) as object).map(read))];
    }),
  );
}

describe.each([
  ["the hand-written project's roles", shared],
  ["a role a workload", ofWorkloads],
])("names that overrides give, with %s", (_, config) => {
  const overrides = overridesFor(config);
  const one = synthesize(config, overrides);
  const many = synthesize(separated(config), overrides);

  it("are the same in a state for each stack as in one", () => {
    const [before, after] = [argumentsOf(one, ["infra"]), argumentsOf(many, SHARED_PARTS)];
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
    expect(after).toEqual(before);
    for (const name of ["events", "search", "role-of-firehose"])
      expect(JSON.stringify(after)).toContain(name);
  });

  it("are in the old root's outputs, and in what runs in the cluster", () => {
    const outputs = (state: string, { stacks }: Synthesized) => {
      const values = Object.entries(stacks[state]?.output ?? {}).map(([name, { value }]) => [name, value]);
      return JSON.stringify(Object.fromEntries(values));
    };
    const old = outputs("infra", many);
    for (const name of ["events", "raw-", "images/consumer", "/generator", "-main"])
      expect(old).toContain(name);
    for (const { stacks } of [one, many]) {
      expect(JSON.stringify(stacks["13-consumer"])).toContain('"events"');
      expect(JSON.stringify(stacks["13-consumer"])).toMatch(/"domain_name":"search"/);
      expect(JSON.stringify(stacks["09-fluent-bit"])).toContain('\\"events\\"');
      expect(JSON.stringify(stacks["08-cluster"]?.data)).toContain('"name":"cali-main"');
      expect(JSON.stringify(stacks["13-consumer"])).toContain("images/consumer@");
    }
  });

  it("are those by which commands find the objects", () => {
    expect(clusterOf(config, overrides).cluster).toBe("cali-main");
    expect(imageRepository(config, "consumer", ACCOUNT, overrides)).toBe(
      `${ACCOUNT}.dkr.ecr.ap-northeast-2.amazonaws.com/images/consumer`,
    );
  });
});

describe("a name that no other state can know", () => {
  it.each([
    ["of no text", null, "given null"],
    ["with a reference", "${aws_sqs_queue.mine.name}-logs", 'given "${aws_sqs_queue.mine.name}-logs"'],
  ])("is refused: %s", (_, name, said) => {
    const overrides = { infra: { resource: { aws_kinesis_stream: { logs: { name } } } } };
    expect(() => synthesize(separated(shared), overrides)).toThrow(
      `resource.aws_kinesis_stream.logs.name: ${said}; allowed: a text`,
    );
  });
});
