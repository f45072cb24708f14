import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DATA_SOURCE_UIDS } from "../config/grafana-data-sources.ts";
import { loadConfig, parseConfig } from "../config/load.ts";
import { NAMESPACES } from "../config/names.ts";
import type { Resources } from "../constructs/footprint.ts";
import { memoryMiB } from "../constructs/quantity.ts";
import { releasesOf } from "./charts/rendered.ts";
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

  /** Whether a pod of a namespace may open connections to addresses outside the cluster. */
  const reachesOutside = (namespace: string, labels: Record<string, string>) =>
    ofKind("NetworkPolicy")
      .filter(
        ({ metadata, spec }) => metadata.namespace === namespace && selects(at(spec, "podSelector"), labels),
      )
      .some(({ spec }) => JSON.stringify(at(spec, "egress") ?? []).includes("ipBlock"));
  const selects = (selector: unknown, labels: Record<string, string>) => {
    const expressions = (at(selector, "matchExpressions") ?? []) as { key: string; values: string[] }[];
    return (
      Object.entries((at(selector, "matchLabels") ?? {}) as object).every(
        ([key, value]) => labels[key] === value,
      ) && expressions.every(({ key, values }) => values.includes(labels[key] ?? ""))
    );
  };

  it.each([
    ["airflow", { tier: "airflow", component: "scheduler" }, true],
    ["airflow", { "app.kubernetes.io/name": "airflow-postgres" }, false],
    ["cali", { "app.kubernetes.io/name": "consumer" }, true],
    ["cali", { "app.kubernetes.io/name": "consumer-task" }, true],
    ["cali", { "app.kubernetes.io/name": "log-generator" }, false],
    ["cali", { "app.kubernetes.io/name": "anything" }, false],
    ["logging", { "app.kubernetes.io/name": "fluent-bit" }, true],
    ["milvus", { "app.kubernetes.io/name": "milvus", component: "standalone" }, false],
    ["milvus", { "app.kubernetes.io/name": "milvus-backup" }, true],
    ["monitoring", { "app.kubernetes.io/name": "grafana" }, true],
  ])("in %s lets pods with %j reach the internet and AWS' credentials: %s", (namespace, labels, expected) => {
    expect(reachesOutside(namespace, labels)).toBe(expected);
  });

  it("knows the pods of its own that it names, by the labels that they have", () => {
    const labels = manifests.flatMap((manifest) => {
      const template = manifest.kind === "CronJob" ? at(manifest.spec, "jobTemplate", "spec") : manifest.spec;
      return podSpecOf(manifest)
        ? [at(template, "template", "metadata", "labels") as Record<string, string>]
        : [];
    });
    const own = labels.map((one) => one["app.kubernetes.io/name"]).sort();
    expect(own).toEqual(["airflow-postgres", "consumer", "log-generator", "milvus-backup"]);
  });

  it("lets nobody but Airflow's pods reach its database", () => {
    const into = ofKind("NetworkPolicy").filter(
      ({ metadata, spec }) =>
        metadata.namespace === "airflow" &&
        selects(at(spec, "podSelector"), { "app.kubernetes.io/name": "airflow-postgres" }) &&
        at(spec, "ingress") !== undefined,
    );
    expect(into.flatMap(({ spec }) => at(spec, "ingress") as JsonObject[])).toEqual([
      {
        from: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "airflow" } },
            podSelector: { matchLabels: { tier: "airflow" } },
          },
        ],
        ports: [{ protocol: "TCP", port: 5432 }],
      },
    ]);
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

  it("gives Grafana the rules for the platform, none of which its chart or Grafana would expand", () => {
    const values = dev.stacks["08-cluster"]?.resource?.helm_release?.grafana?.values as string[] | undefined;
    const { alerting } = JSON.parse(values?.[0] ?? "");
    const [group] = alerting["rules.yaml"].groups;
    expect(group).toMatchObject({ orgId: 1, folder: "CALI", interval: "1m" });
    expect(group.rules.length).toBeGreaterThanOrEqual(10);
    const own = JSON.stringify(alerting).replaceAll(/\$\{data\.aws_caller_identity\.\w+\.account_id\}/g, "");
    expect(own).not.toMatch(/\$|\{\{/);
  });

  it("makes one default storage class, encrypted, in the zone of its first pod", () => {
    expect(ofKind("StorageClass")).toEqual([
      expect.objectContaining({
        provisioner: "ebs.csi.aws.com",
        parameters: { type: "gp3", encrypted: "true" },
        volumeBindingMode: "WaitForFirstConsumer",
        // What a namespace's end takes along is its claims, not what is on their volumes.
        reclaimPolicy: "Retain",
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

describe("the node's disk", () => {
  const resourcesIn = (value: unknown, key = ""): Resources[] => {
    if (typeof value !== "object" || value === null) return [];
    const found = key === "resources" && "requests" in value ? [value as Resources] : [];
    return [...found, ...Object.entries(value).flatMap(([name, child]) => resourcesIn(child, name))];
  };
  const releases = releasesOf(dev.stacks);
  const disk = "ephemeral-storage";

  it.each(releases)("is asked for, up to a limit, by every container of the chart $chart", ({ values }) => {
    const found = resourcesIn(JSON.parse(values));
    expect(found.length).toBeGreaterThan(0);
    for (const { requests, limits } of found) {
      const [request, limit] = [memoryMiB(requests?.[disk] ?? 0), memoryMiB(limits?.[disk] ?? 0)];
      expect(request).toBeGreaterThan(0);
      expect(limit).toBeGreaterThan(request);
    }
  });

  it("of a single node has room for what all pods ask for", () => {
    const own = manifests.flatMap((manifest) => podSpecOf(manifest)?.containers ?? []);
    const asked = [
      ...own.map((one) => at(one, "resources", "requests", disk)),
      ...releases.flatMap(({ values }) =>
        resourcesIn(JSON.parse(values)).map(({ requests }) => requests?.[disk]),
      ),
    ].reduce<number>((sum, one) => sum + memoryMiB(one as string), 0);
    const { diskGiB } = loadConfig({ env: "dev" }).cluster.nodeGroup;
    // The rest is for the system and for images.
    expect(asked).toBeLessThan((diskGiB ?? 0) * 1024 * 0.2);
  });
});

describe("10-milvus", () => {
  const values = String(dev.stacks["10-milvus"]?.resource?.helm_release?.milvus?.values);

  it("gives Milvus an account without a token of the API server, and not the chart's", () => {
    expect(values).toMatch(/"create": false,\s+"name": "milvus-server"/);
    const [account] = ofKind("ServiceAccount").filter(({ metadata }) => metadata.name === "milvus-server");
    expect(account).toMatchObject({ metadata: { namespace: "milvus" }, automountServiceAccountToken: false });
  });

  it("starts Milvus anew when its Secret was written anew", () => {
    expect(values).toContain('"cali/rotation": "${tostring(var.rotation)}"');
  });

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
  it("has Jobs that are gone when they have finished: a Job that is there can't be upgraded", () => {
    const values = String(dev.stacks["11-airflow"]?.resource?.helm_release?.airflow?.values);
    for (const job of ["migrateDatabaseJob", "createUserJob"]) {
      const [, block = ""] = new RegExp(`\n  "${job}": \\{(.*?)\n  \\}`, "s").exec(values) ?? [];
      expect(block, job).toContain('"useHelmHooks": false');
      expect(block, job).toContain('"ttlSecondsAfterFinished": 0');
    }
  });

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

  it("ends its database for a server that is gone, not for one that replays its log or is being made", () => {
    const [container] = podOf("StatefulSet", "airflow-postgres").containers;
    expect(at(container, "livenessProbe", "tcpSocket")).toEqual({ port: "postgres" });
    for (const probe of ["readinessProbe", "startupProbe"]) {
      const command = at(container, probe, "exec", "command") as string[];
      // At the socket the server answers that the image starts for itself alone, to make the database.
      expect(command.slice(0, 3), probe).toEqual(["pg_isready", "--host", "127.0.0.1"]);
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
