import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "@cali/settings";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CONFIG_FOLDER, parseConfig } from "../config/load.ts";
import { compareWithState, type LegacyConfiguration, type State } from "./support/compare-with-state.ts";
import { ROOT } from "./support/run.ts";
import {
  type Json,
  type JsonObject,
  type StackJson,
  synthesize,
  synthesizeEnvironment,
} from "./support/synth.ts";

/** `config/terraform-users.yaml` is the live environment of the users of the hand-written project. */

const fixture = (name: string) => readFileSync(join(ROOT, "test/fixtures/legacy", name), "utf8");
const state: State = JSON.parse(fixture("terraform.tfstate"));
const legacy: LegacyConfiguration = JSON.parse(fixture("configuration.json"));
/** The recorded state's thumbprint was read from another place than the cluster's issuer. */
const RECORDED_CERTIFICATE = { url: "https://localhost:8443", verifyChain: false };
const users = (): JsonObject => {
  const config = parse(readFileSync(join(CONFIG_FOLDER, "terraform-users.yaml"), "utf8"));
  return { ...config, cluster: { ...config.cluster, oidcCertificate: { ...RECORDED_CERTIFICATE } } };
};

const root = (config: JsonObject): StackJson => {
  const { infra } = synthesize(parseConfig(config, "config/terraform-users.yaml")).stacks;
  if (!infra) throw new Error("the shared layout has no stack infra");
  return infra;
};

describe("terraform-users against the live state", () => {
  it("has the 48 resources, each argument, reference, tag and output, and nothing else", () => {
    const resources = state.resources
      .filter(({ mode }) => mode === "managed")
      .flatMap((one) => one.instances);
    expect(resources).toHaveLength(48);
    expect(compareWithState(root(users()), state, legacy)).toEqual([]);
  });

  it("has the 14 outputs", () => {
    expect(Object.keys(root(users()).output ?? {}).sort()).toEqual(Object.keys(state.outputs).sort());
    expect(Object.keys(state.outputs)).toHaveLength(14);
  });

  it("keeps the state's place, and locks it in both ways", () => {
    expect(root(users()).terraform.backend).toEqual({
      s3: {
        bucket: "cali-terraform-state",
        key: "infra/terraform.tfstate",
        region: "ap-northeast-2",
        encrypt: true,
        dynamodb_table: "cali-terraform-lock",
        use_lockfile: true,
        use_path_style: true,
      },
    });
  });

  it("fits another environment with other variables, without another synth", () => {
    const rename = (text: string) =>
      text
        .replaceAll("123456789012", "210987654321")
        .replaceAll("ap-northeast-2", "us-east-1")
        .replaceAll("user/mina", "user/kim")
        .replaceAll(/(?<![\w])cali(?=[-/])/g, "logs")
        .replaceAll(/"Environment": ?"dev"/g, '"Environment":"staging"');
    const other: State = JSON.parse(rename(JSON.stringify(state)));
    // What the hand-written project spells out, whatever the project's name.
    const delivery = other.resources.find(({ name }) => name === "to_opensearch")?.instances[0]?.attributes;
    const [openSearch] = (delivery?.opensearch_configuration ?? []) as JsonObject[];
    Object.assign(openSearch ?? {}, { index_name: "cali-logs" });
    const variables = {
      ...JSON.parse(rename(JSON.stringify(legacy.variables))),
      aws_region: "us-east-1",
      environment: "staging",
      project_name: "logs",
    };
    expect(other.outputs.eks_cluster_name?.value).toBe("logs-cluster");
    expect(compareWithState(root(users()), other, { ...legacy, variables })).toEqual([]);
    expect(compareWithState(root(users()), other, legacy)).not.toEqual([]);
  });
});

describe("variables", () => {
  const variables = root(users()).variable ?? {};

  it("discourages keys in a file, but takes them", () => {
    for (const name of ["aws_access_key", "aws_secret_key"]) {
      expect(variables[name]).toMatchObject({
        type: "string",
        sensitive: true,
        nullable: true,
        default: null,
      });
      expect(variables[name]?.description).toMatch(/^Discouraged/);
    }
  });

  it("has no default for the master password", () => {
    expect(variables.opensearch_master_password).toMatchObject({
      type: "string",
      sensitive: true,
      nullable: false,
    });
    expect(variables.opensearch_master_password).not.toHaveProperty("default");
  });
});

/** Keys that say something of this project, not of what is live. Each has its reason. */
const SILENT: Record<string, string> = {
  "budget.monthlyUsd": "nothing at AWS has it",
  "cluster.nodeGroup.autoscaled": "a lifecycle argument, which no state has",
  "grafana.mode": "the application roles have one for Grafana, wherever it runs",
  "repositories.encryption": "AES256 is what ECR chose, and the state says so",
};

describe("changing any one value", () => {
  const leaves = leavesOf(users());

  it("covers every leaf of the file", () => {
    expect(leaves.length).toBeGreaterThan(80);
    for (const key of Object.keys(SILENT)) expect(leaves.map(({ path }) => path.join("."))).toContain(key);
  });

  it.each(leaves.map(({ path, value }) => [path.join("."), path, value] as const))(
    "%s is refused, or named with address and attribute",
    (key, path, value) => {
      const config = users();
      setAt(config, path, another(key, value));
      let differences: ReturnType<typeof compareWithState>;
      try {
        differences = compareWithState(root(config), state, legacy);
      } catch (error) {
        // A root that is not in the state's layout any more, or a value that contradicts another.
        expect(error).toBeInstanceOf(ConfigError);
        return;
      }
      if (BACKEND_KEYS.has(key)) {
        expect(root(config).terraform.backend).not.toEqual(root(users()).terraform.backend);
      } else if (key in SILENT) {
        expect(differences).toEqual([]);
      } else {
        expect(differences).not.toEqual([]);
        for (const { address, attribute, expected } of differences) {
          expect(address).toMatch(/^(data\.)?[a-z_0-9]+\.[a-z_0-9]+/);
          expect(attribute !== "" || /resource$/.test(String(expected))).toBe(true);
        }
      }
    },
  );
});

const BACKEND_KEYS = new Set(["state.bucket", "state.region", "state.key", "state.lockTable"]);

function leavesOf(value: Json, path: (string | number)[] = []): { path: (string | number)[]; value: Json }[] {
  const entries = Array.isArray(value) ? [...value.entries()] : isObject(value) ? Object.entries(value) : [];
  const own = entries.length === 0 ? [{ path, value }] : [];
  return [...own, ...entries.flatMap(([key, child]) => leavesOf(child, [...path, key]))];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function setAt(target: JsonObject, path: readonly (string | number)[], value: Json): void {
  const parent = path.slice(0, -1).reduce<Json>((node, step) => (node as JsonObject)[step] ?? null, target);
  (parent as JsonObject)[path.at(-1) ?? ""] = value;
}

/** Values that the schema allows where a number, a boolean or a longer word would not do. */
const OTHERS: Record<string, Json> = {
  team: ["arn:aws:iam::123456789012:user/other"],
  environment: "prod",
  region: "us-east-1",
  stateLayout: "stacks",
  workloadIdentity: "pod-identity",
  "state.region": "us-east-1",
  "state.key": "other/terraform.tfstate",
  "provider.aws": "~> 6.0",
  "stream.mode": "on-demand",
  "stream.encryption": "kms",
  "firehose.logRetentionDays": 14,
  "firehose.rolePolicies": "exact",
  "bucket.lifecycle.0.transitions.0.storageClass": "ONEZONE_IA",
  "bucket.lifecycle.0.transitions.1.storageClass": "DEEP_ARCHIVE",
  "domain.version": "OpenSearch_2.13",
  "domain.instanceType": "m6g.large.search",
  "domain.instanceCount": 2,
  "domain.tlsPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
  "domain.masterUser.kind": "iam",
  "domain.access.actions.0": "es:ESHttpGet",
  "grafana.mode": "chart",
  "network.kind": "subnets",
  "cluster.version": "1.30",
  "cluster.publicEndpointCidrs.0": "203.0.113.0/24",
  "cluster.logTypes.0": "scheduler",
  "cluster.logTypes.1": "scheduler",
  "cluster.logTypes.2": "scheduler",
  "cluster.logRetentionDays": 30,
  "cluster.authenticationMode": "API",
  "cluster.teamAccess": "AmazonEKSViewPolicy",
  "cluster.addOns.ebsCsi.version": "v1.32.0-eksbuild.1",
  "cluster.addOns.vpcCni": {},
  "cluster.addOns.coreDns": {},
  "cluster.addOns.kubeProxy": {},
  "cluster.addOns.podIdentityAgent": {},
  "cluster.ebsCsiRole": "own",
  "cluster.nodeGroup.instanceTypes.0": "t3.large",
  "cluster.nodeGroup.capacity": "SPOT",
  "cluster.nodeGroup.amiType": "AL2023_x86_64_STANDARD",
  "cluster.nodeGroup.diskGiB": 30,
  "cluster.nodeGroup.minSize": 1,
  "cluster.oidcCertificate.url": "https://localhost:9443",
  "iam.workloadRoles": "per-workload",
  "iam.applicationRole.serviceAccounts.0": "cali:consumer",
  "iam.applicationRole.managedPolicies.0": "AmazonS3ReadOnlyAccess",
  "iam.applicationRole.managedPolicies.1": "CloudWatchAgentServerPolicy",
  "iam.autoscalerScope": "cluster",
  "iam.grafanaAccess": "read",
  "repositories.encryption": "AES256",
};

function another(key: string, value: Json): Json {
  const other = OTHERS[key];
  if (other !== undefined) return other;
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return value.endsWith("/") ? `${value}x/` : `${value}-x`;
  throw new Error(`${key}: no other value is known for ${JSON.stringify(value)}`);
}

describe("the comparison itself", () => {
  const whole = synthesizeEnvironment("terraform-users").stacks.infra as StackJson;

  it("notices whatever is changed in the synthesized JSON", () => {
    const { resource = {} } = whole;
    for (const [type, byName] of Object.entries(resource)) {
      for (const [name, body] of Object.entries(byName)) {
        for (const { path, value } of leavesOf(body)) {
          if (path[0] === "//") continue;
          const changed = structuredClone(whole);
          setAt(changed.resource?.[type]?.[name] as JsonObject, path, changedLeaf(value));
          expect(
            differencesOrError(changed).filter((address) => address.startsWith(`${type}.${name}`)),
            `${type}.${name} ${path.join(".")}`,
          ).not.toEqual([]);
        }
      }
    }
  });

  it("notices whatever is missing", () => {
    for (const [type, byName] of Object.entries(whole.resource ?? {})) {
      for (const name of Object.keys(byName)) {
        const changed = structuredClone(whole);
        delete changed.resource?.[type]?.[name];
        expect(differencesOrError(changed).join(), `${type}.${name}`).toContain(`${type}.${name}`);
      }
    }
  });

  function differencesOrError(changed: StackJson): string[] {
    return compareWithState(changed, state, legacy).map(({ address }) => address);
  }

  function changedLeaf(value: Json): Json {
    if (typeof value === "boolean") return !value;
    if (typeof value === "number") return value + 1;
    return `${String(value)}x`;
  }
});
