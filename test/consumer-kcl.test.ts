import { describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../config/load.ts";
import { memoryMiB } from "../constructs/quantity.ts";
import { workerSize } from "../constructs/worker-size.ts";
import { buildApp } from "../main.ts";
import { loadConfig as loadConsumerConfig } from "../services/consumer/src/config/load.ts";
import { propertiesOf } from "../services/consumer/src/read/kcl/daemon.ts";
import { checkFit, fitTables, footprintsOf } from "../stacks/fit-table.ts";
import {
  allContainers,
  at,
  type Manifest,
  manifestProblems,
  type PodSpec,
  podSpecOf,
} from "./support/manifests.ts";
import { restrictedProblems } from "./support/pod-security.ts";
import { POLICIES } from "./support/policies.ts";
import { type JsonObject, resourcesOf, synthesize } from "./support/synth.ts";
import { manifestsOf } from "./support/terraform-manifest.ts";

const dev = loadConfig({ env: "dev" });
const configOf = (consumer: object = {}, changes: object = {}) =>
  parseConfig(
    { ...dev, ...changes, services: { consumer: { engine: "kcl", ...consumer } } },
    "dev, with kcl",
  );
const shards = (count: number) => ({ stream: { mode: "provisioned", shards: count } });

const nine = synthesize(configOf({}, shards(9)));
const stack = nine.stacks["13-consumer"];
const own = manifestsOf(nine).filter(({ stack }) => stack === "13-consumer");
const manifests = own.map(({ manifest }) => manifest);

function one(kind: string, name: string, of: readonly Manifest[] = manifests): Manifest {
  const found = of.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found;
}
const workers = one("Deployment", "consumer-workers");
const notifier = one("StatefulSet", "consumer-notifier");
const podOf = (manifest: Manifest) => podSpecOf(manifest) as PodSpec;
const containerOf = (manifest: Manifest) => podOf(manifest).containers[0] as unknown as JsonObject;
const settings = one("ConfigMap", "consumer").data as Record<string, string>;

describe("engine kcl", () => {
  it("is workers, and one notifier that Kubernetes never starts twice", () => {
    expect(containerOf(workers).args).toEqual(["workers"]);
    expect(containerOf(notifier).args).toEqual(["notifier"]);
    expect(notifier.spec).toMatchObject({ replicas: 1, serviceName: "consumer-notifier" });
    expect(one("Service", "consumer-notifier")).toBeDefined();
    for (const manifest of [workers, notifier]) {
      expect(podOf(manifest).terminationGracePeriodSeconds).toBe(30);
      expect(containerOf(manifest).image).toContain("${var.kcl_image}");
    }
  });

  it("shares the service account, the settings and the secrets of one consumer", () => {
    const kinds = ["ServiceAccount", "ConfigMap", "Secret"];
    const shared = manifests.filter(({ kind }) => kinds.includes(kind));
    expect(shared.map(({ kind, metadata }) => [kind, metadata.name]).sort()).toEqual(
      kinds.map((kind) => [kind, "consumer"]).sort(),
    );
    for (const manifest of [workers, notifier]) {
      expect(podOf(manifest).serviceAccountName).toBe("consumer");
      expect(containerOf(manifest).envFrom).toEqual([
        { configMapRef: { name: "consumer" } },
        { secretRef: { name: "consumer" } },
      ]);
    }
  });

  it("tells its pods apart in whatever selects them, and is the consumer to the namespace's policies", () => {
    const selectors = [workers, notifier].map(({ spec }) => at(spec, "selector", "matchLabels"));
    expect(selectors).toEqual(
      ["workers", "notifier"].map((component) => ({
        "app.kubernetes.io/name": "consumer",
        "app.kubernetes.io/part-of": "cali",
        "app.kubernetes.io/component": component,
      })),
    );
    for (const [i, name] of ["consumer-workers", "consumer-notifier"].entries()) {
      expect(at(one("PodDisruptionBudget", name).spec, "selector", "matchLabels")).toEqual(selectors[i]);
      expect(at(one("Service", name).spec, "selector")).toEqual(selectors[i]);
    }
    const policies = (engine: object) =>
      synthesize(parseConfig({ ...dev, ...engine }, "dev")).stacks["08-cluster"]?.resource
        ?.kubernetes_network_policy_v1;
    expect(policies({})).toBeDefined();
    expect(policies({ services: { consumer: { engine: "kcl" } } })).toEqual(policies({}));
  });

  it("places its pods when none of engine single, or of a version of before, is left", () => {
    for (const manifest of [workers, notifier]) {
      expect(at(podOf(manifest), "affinity", "podAntiAffinity")).toEqual({
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: "topology.kubernetes.io/region",
            labelSelector: {
              matchLabels: { "app.kubernetes.io/name": "consumer" },
              matchExpressions: [{ key: "app.kubernetes.io/component", operator: "DoesNotExist" }],
            },
          },
        ],
      });
    }
  });

  it("asks both for their health, and lets nobody write to their root", () => {
    for (const manifest of [workers, notifier]) {
      const [container] = allContainers(podOf(manifest));
      expect(restrictedProblems(podOf(manifest))).toEqual([]);
      expect(at(container, "securityContext", "readOnlyRootFilesystem")).toBe(true);
      // Java, and whoever starts it, write to /tmp alone.
      expect(at(container, "volumeMounts")).toEqual([{ name: "scratch", mountPath: "/tmp" }]);
      expect(at(container, "readinessProbe", "httpGet")).toEqual({ path: "/readyz", port: "http" });
      expect(at(manifest.spec, "template", "metadata", "annotations", "prometheus.io/port")).toBe("8080");
    }
  });

  it.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    "%s is what Kubernetes knows",
    async (_, manifest) => expect(await manifestProblems(manifest)).toEqual([]),
  );

  it("keeps every policy of the project", () => {
    const broken = POLICIES.filter(({ violations }) => violations(nine).length > 0);
    expect(broken.map(({ name }) => name)).toEqual([]);
  });

  it("has no workload of the other engine, and the notifier after the workers", () => {
    const single = synthesize(dev).stacks["13-consumer"]?.resource;
    expect(Object.keys(single ?? {})).not.toContain("kubernetes_deployment_v1");
    expect(Object.keys(single?.kubernetes_stateful_set_v1 ?? {})).toEqual(["consumer"]);
    expect(Object.keys(stack?.resource?.kubernetes_deployment_v1 ?? {})).toEqual(["consumer"]);
    expect(Object.keys(stack?.resource?.kubernetes_stateful_set_v1 ?? {})).toEqual(["consumer_notifier"]);
    const nameOf = (body: JsonObject | undefined) => at(body, "metadata", "name");
    expect(nameOf(stack?.resource?.kubernetes_deployment_v1?.consumer)).toBe("consumer-workers");
    expect(stack?.resource?.kubernetes_stateful_set_v1?.consumer_notifier?.depends_on).toEqual([
      "kubernetes_deployment_v1.consumer",
    ]);
  });

  it("waits for an image of its own, rather than run the other engine's", () => {
    const images = (config: typeof dev) =>
      Object.keys(synthesize(config).stacks["13-consumer"]?.variable ?? {}).filter((name) =>
        /image$/.test(name),
      );
    expect(images(dev)).toEqual(["image"]);
    expect(images(configOf())).toEqual(["kcl_image"]);
  });
});

it("gives the consumer a configuration that it takes, and the daemon its bound", () => {
  const resolved = Object.fromEntries(
    Object.entries(settings).map(([key, text]) => [
      key,
      text.replaceAll("${data.aws_opensearch_domain.logs.endpoint}", "search-cali.es.amazonaws.com"),
    ]),
  );
  const config = loadConsumerConfig(undefined, { ...resolved, CALI_OBJECTS_BUCKET: "bucket" });
  expect(config.kcl).toEqual({
    applicationName: "cali-dev-consumer-kcl",
    jarsFolder: "/app/kcl",
    javaOptions: ["-Xmx256m"],
    maxShards: 4,
  });
  expect(propertiesOf({ config, command: ["node"], workerId: "me" })).toContain("maxLeasesForWorker = 4\n");
});

describe("workers", () => {
  it("are as few as read every shard, and as many as there are shards", () => {
    const autoscaling = one("HorizontalPodAutoscaler", "consumer-workers");
    expect(autoscaling.spec).toMatchObject({
      minReplicas: 3,
      maxReplicas: 9,
      scaleTargetRef: { kind: "Deployment", name: "consumer-workers" },
    });
    expect(workers.spec).toMatchObject({ replicas: 3 });
    expect(settings).toMatchObject({
      CALI_KCL_MAX_SHARDS: "4",
      CALI_KCL_JAVA_OPTIONS: '["-Xmx256m"]',
    });
  });

  it.each([
    ["what is configured", { shardsPerPod: 3, minReplicas: 4, maxReplicas: 5 }, shards(9), [4, 5, "3"]],
    ["as many as shards where a pod takes one", { shardsPerPod: 1 }, shards(3), [3, 3, "1"]],
    [
      "one and up to 4 of an on-demand stream, which take every shard",
      {},
      { stream: { mode: "on-demand", shards: null } },
      [1, 4, undefined],
    ],
  ])("are %s", (_, given, changes, [min, max, most]) => {
    const synthesized = synthesize(configOf({ workers: given }, changes));
    const found = manifestsOf(synthesized)
      .filter((m) => m.stack === "13-consumer")
      .map(({ manifest }) => manifest);
    expect(one("Deployment", "consumer-workers", found).spec).toMatchObject({ replicas: min });
    const autoscalers = found.filter(({ kind }) => kind === "HorizontalPodAutoscaler");
    expect(autoscalers.map(({ spec }) => at(spec, "maxReplicas"))).toEqual(min === max ? [] : [max]);
    expect((one("ConfigMap", "consumer", found).data as Record<string, string>).CALI_KCL_MAX_SHARDS).toBe(
      most,
    );
  });

  it.each([1, 4, 16, 64])(
    "have room for the JVM and %i shards' processes in what ends the pod",
    (shardsPerPod) => {
      const { javaHeapMiB, nodeMemoryMiB, resources } = workerSize({
        cpu: "1",
        shardsPerPod,
        processMemory: "192Mi",
      });
      const limit = memoryMiB(resources.memoryLimit);
      expect(limit - javaHeapMiB - nodeMemoryMiB * (shardsPerPod + 1)).toBe(128);
      expect(memoryMiB(resources.memory)).toBeLessThan(limit);
      // Records that are read ahead, 8 MiB a shard, as bytes and as the JSON of their base64.
      expect(javaHeapMiB).toBeGreaterThan(8 * 3 * shardsPerPod);
    },
  );

  it("bound each Node process by its own share of the pod's memory", () => {
    expect(at(containerOf(workers), "env")).toEqual([
      { name: "NODE_OPTIONS", value: "--max-old-space-size=144" },
    ]);
    expect(at(containerOf(workers), "resources", "limits")).toMatchObject({ memory: "1344Mi" });
    expect(at(containerOf(notifier), "env")).toEqual([
      { name: "NODE_OPTIONS", value: "--max-old-space-size=768" },
    ]);
  });

  it("and the notifier are in what the nodes have to hold", () => {
    const nodeGroup = { ...dev.cluster.nodeGroup, minSize: 4, desiredSize: 4, maxSize: 8 };
    const config = configOf({}, { ...shards(9), cluster: { ...dev.cluster, nodeGroup } });
    const app = buildApp(config);
    const named = footprintsOf(app).filter(({ name }) => name.startsWith("cali/consumer-"));
    expect(named.map(({ name, replicas }) => [name, replicas])).toEqual([
      ["cali/consumer-task", { min: 0, max: 3 }],
      ["cali/consumer-workers", { min: 3, max: 9 }],
      ["cali/consumer-workers (while it is rolled out)", { min: 1, max: 1 }],
      ["cali/consumer-notifier", { min: 1, max: 1 }],
    ]);
    const fit = checkFit(config, footprintsOf(app), "config/dev.yaml");
    expect(fitTables(fit, config)).toContain("cali/consumer-workers");
    // Where they are too small it is said before anything is deployed.
    const small = configOf({}, shards(9));
    expect(() => checkFit(small, footprintsOf(buildApp(small)), "config/dev.yaml")).toThrow(
      "no room for cali/consumer-notifier",
    );
  });
});

describe("the consumer's role", () => {
  const policyOf = (config: typeof dev) => {
    const role = resourcesOf(synthesize(config)).find(
      ({ address }) => address === "aws_iam_role_policy.consumer",
    );
    return (JSON.parse(String(role?.body.policy)) as { Statement: JsonObject[] }).Statement;
  };
  const before = policyOf(dev);

  it("may what the library does to its own tables and its own metrics, and what it might before", () => {
    const all = policyOf(configOf());
    const more = all.filter(
      (statement) => !before.some((one) => JSON.stringify(one) === JSON.stringify(statement)),
    );
    expect(all).toHaveLength(before.length + more.length);
    const table = (suffix: string) =>
      expect.stringMatching(
        new RegExp(`^arn:aws:dynamodb:ap-northeast-2:.+:table/cali-dev-consumer-kcl${suffix}$`),
      );
    expect(more).toEqual([
      expect.objectContaining({
        Action: expect.arrayContaining(["dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:Scan"]),
        Resource: [table(""), table("-WorkerMetricStats"), table("-CoordinatorState")],
      }),
      expect.objectContaining({ Action: ["dynamodb:Query"], Resource: table("/index/\\*") }),
      expect.objectContaining({
        Action: ["cloudwatch:PutMetricData"],
        Condition: { StringEquals: { "cloudwatch:namespace": "cali-dev-consumer-kcl" } },
      }),
    ]);
    expect(JSON.stringify(all)).not.toMatch(
      /SubscribeToShard|RegisterStreamConsumer|DeleteTable|TagResource/,
    );
    expect(settings.CALI_KCL_APPLICATION_NAME).toBe("cali-dev-consumer-kcl");
  });
});
