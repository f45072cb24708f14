import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DATA_SOURCE_UIDS } from "../config/grafana-data-sources.ts";
import { loadConfig, parseConfig } from "../config/load.ts";
import { NAMESPACES } from "../config/names.ts";
import {
  at,
  imageProblems,
  type Manifest,
  type PodSpec,
  podSpecOf,
  resourceProblems,
} from "./support/manifests.ts";
import { restrictedProblems } from "./support/pod-security.ts";
import { ROOT } from "./support/run.ts";
import { type JsonObject, synthesize, synthesizeEnvironment } from "./support/synth.ts";
import { manifestsOf } from "./support/terraform-manifest.ts";

const dev = synthesizeEnvironment("dev");
const manifests = manifestsOf(dev).map(({ manifest }) => manifest);
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const podOf = (kind: string, name: string): PodSpec =>
  podSpecOf(ofKind(kind).find(({ metadata }) => metadata.name === name) as Manifest) as PodSpec;
const changed = (changes: object) =>
  synthesize(parseConfig({ ...loadConfig({ env: "dev" }), ...changes }, "dev"));

describe("08-cluster", () => {
  it("labels every namespace with a Pod Security Standard; only Fluent Bit's is privileged", () => {
    const levels = Object.fromEntries(
      ofKind("Namespace").map(({ metadata }) => [
        metadata.name,
        at(metadata.labels, "pod-security.kubernetes.io/enforce"),
      ]),
    );
    expect(Object.keys(levels).sort()).toEqual([...NAMESPACES]);
    expect(Object.keys(levels).filter((name) => levels[name] !== "restricted")).toEqual(["logging"]);
  });

  it("denies every namespace what is not opened, and opens no port to all", () => {
    const policies = ofKind("NetworkPolicy");
    for (const namespace of NAMESPACES) {
      const deny = policies.find(
        (p) => p.metadata.namespace === namespace && p.metadata.name === "default-deny",
      );
      expect(deny?.spec, namespace).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    }
    for (const { metadata, spec } of policies) {
      for (const rule of (at(spec, "ingress") ?? []) as JsonObject[]) {
        expect(rule.from, String(metadata.name)).toEqual([
          expect.objectContaining({ namespaceSelector: expect.anything() }),
        ]);
        expect(rule.ports).not.toEqual([]);
      }
    }
  });

  it("lets the consumer reach Milvus, from both sides, and nobody else in another namespace", () => {
    const rules = (namespace: string, direction: "ingress" | "egress", port: number) =>
      ofKind("NetworkPolicy")
        .filter(({ metadata }) => metadata.namespace === namespace)
        .flatMap(
          ({ spec }) => (at(spec, direction) ?? []) as { from?: unknown; to?: unknown; ports: unknown }[],
        )
        .filter(({ ports }) => JSON.stringify(ports).includes(`"port":${port}`));
    expect(JSON.stringify(rules("cali", "egress", 19530))).toContain('"milvus"');
    const into = rules("milvus", "ingress", 19530).map((rule) => JSON.stringify(rule.from));
    expect(into.filter((from) => !from.includes('"kubernetes.io/metadata.name":"milvus"'))).toEqual([
      expect.stringMatching(/"cali".*"consumer"/),
    ]);
  });

  it("keeps pods from their node's credentials", () => {
    const outside = ofKind("NetworkPolicy").filter(({ metadata }) => metadata.name === "to-outside");
    expect(outside).toHaveLength(NAMESPACES.length);
    for (const { spec } of outside) expect(JSON.stringify(spec)).toContain('"except":["169.254.169.254/32"]');
  });

  it("goes with an add-on that enforces the policies, and makes none without", () => {
    const settings = (synthesized: typeof dev) =>
      synthesized.stacks["05-eks"]?.resource?.aws_eks_addon?.vpc_cni?.configuration_values;
    expect(JSON.parse(String(settings(dev)))).toEqual({ enableNetworkPolicy: "true" });
    const without = changed({ cluster: { networkPolicies: false } });
    expect(settings(without)).toBeUndefined();
    expect(without.stacks["08-cluster"]?.resource?.kubernetes_network_policy_v1).toBeUndefined();
    expect(() => changed({ cluster: { addOns: { vpcCni: null } } })).toThrow(
      /cluster\.networkPolicies: given/,
    );
  });

  it("installs Grafana and the autoscaler where the configuration asks for them", () => {
    const charts = (synthesized: typeof dev) =>
      Object.keys(synthesized.stacks["08-cluster"]?.resource?.helm_release ?? {}).sort();
    expect(charts(dev)).toEqual(["cluster_autoscaler", "grafana", "metrics_server"]);
    expect(
      charts(changed({ grafana: { mode: "off" }, cluster: { nodeGroup: { autoscaled: false } } })),
    ).toEqual(["metrics_server"]);
  });

  it("gives Grafana the dashboards as they are, on the data sources that it gives it", () => {
    const [map] = ofKind("ConfigMap").filter(({ metadata }) => metadata.name === "grafana-dashboards");
    const texts = Object.values(map?.data as Record<string, string>).map((text) =>
      text.replaceAll("$${", "${"),
    );
    const files = readdirSync(join(ROOT, "dashboards")).sort();
    expect(texts).toEqual(files.map((file) => readFileSync(join(ROOT, "dashboards", file), "utf8")));
    const uids = [...texts.join("").matchAll(/"datasource": \{[^}]*"uid": "([^"]+)"/g)].map(([, uid]) => uid);
    expect(uids.length).toBeGreaterThan(0);
    expect(Object.values(DATA_SOURCE_UIDS)).toEqual(expect.arrayContaining([...new Set(uids)]));
  });

  it("makes one default storage class, encrypted, in the zone of its first pod", () => {
    expect(ofKind("StorageClass")).toEqual([
      expect.objectContaining({
        provisioner: "ebs.csi.aws.com",
        parameters: { type: "gp3", encrypted: "true" },
        volumeBindingMode: "WaitForFirstConsumer",
      }),
    ]);
  });
});

describe.each([
  ["10-milvus", "CronJob", "milvus-backup"],
  ["11-airflow", "StatefulSet", "airflow-postgres"],
])("%s: the pods of %s %s", (_, kind, name) => {
  it("pass the restricted standard, say what they need, and have a pinned image", () => {
    const pod = podOf(kind, name);
    expect([...restrictedProblems(pod), ...resourceProblems(pod), ...imageProblems(pod)]).toEqual([]);
    expect(at(pod.containers[0], "securityContext", "readOnlyRootFilesystem")).toBe(true);
  });
});

describe("10-milvus", () => {
  it("runs the backup where the volume is, reads it only, and writes below the backup's prefix alone", () => {
    const pod = podOf("CronJob", "milvus-backup");
    expect(JSON.stringify(pod.affinity)).toContain('"component":"standalone"');
    expect(at(pod.containers[0], "volumeMounts", "0")).toMatchObject({
      name: "data",
      readOnly: true,
    });
    const policy = String(dev.stacks["06-iam"]?.resource?.aws_iam_role_policy?.milvus_backup?.policy);
    expect(policy).toContain("/backup/milvus/*");
    expect(policy).not.toMatch(/"s3:(Delete\w*|\*)"/);
  });
});

describe("11-airflow", () => {
  it("takes images by digest only", () => {
    const variables = dev.stacks["11-airflow"]?.variable ?? {};
    for (const name of ["airflow_image", "consumer_image"]) {
      expect(at(variables[name], "validation", "0", "condition")).toContain("@sha256:[0-9a-f]{64}$");
    }
  });

  it("makes up for missed days from the configured one on", () => {
    const values = (firstDay: unknown) => {
      const config = parseConfig({ ...loadConfig({ env: "dev" }), airflow: { firstDay } }, "dev, changed");
      return String(synthesize(config).stacks["11-airflow"]?.resource?.helm_release?.airflow?.values);
    };
    expect(values(null)).not.toContain("CALI_DAGS_FIRST_DAY");
    expect(values("2026-01-25")).toMatch(/"name": "CALI_DAGS_FIRST_DAY",\s+"value": "2026-01-25"/);
    for (const wrong of ["2026-02-30", "yesterday", 20260125, ""]) {
      expect(() => values(wrong)).toThrow(
        /airflow.firstDay: given .*allowed: a (date such as 2026-01-25|value of type string)/,
      );
    }
  });

  it("may start pods in the consumer's namespace, and do there what the DAGs need alone", () => {
    const [role] = ofKind("Role");
    expect(role?.metadata.namespace).toBe("cali");
    expect(role?.rules).toEqual([
      { apiGroups: [""], resources: ["pods"], verbs: ["create", "get", "list", "patch", "delete"] },
      { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
      { apiGroups: [""], resources: ["events"], verbs: ["list"] },
    ]);
    expect(ofKind("RoleBinding")[0]?.subjects).toEqual([
      { kind: "ServiceAccount", namespace: "airflow", name: "airflow-sa" },
    ]);
  });
});
