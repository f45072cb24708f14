import { describe, expect, it } from "vitest";
import { podFootprint } from "../../constructs/footprint.ts";
import type { Manifest } from "../support/manifests.ts";
import { synthesizeEnvironment } from "../support/synth.ts";
import { releasesOf } from "./rendered.ts";
import { releaseProblems } from "./rules.ts";

/** What `npm run test:charts` looks for is found; the charts themselves are not part of the checkout. */

type Spec = Record<string, unknown>;

const RESOURCES = {
  requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "64Mi" },
  limits: { memory: "128Mi", "ephemeral-storage": "1Gi" },
};
const FOOTPRINT = podFootprint({ name: "airflow/app", replicas: 1, containers: [RESOURCES] });

function deployment(change: (container: Spec, manifest: Spec) => void = () => undefined): Manifest {
  const container: Spec = {
    name: "app",
    image: "registry.k8s.io/app:v1",
    resources: RESOURCES,
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const manifest = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "app", namespace: "airflow" },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "app" } },
      template: {
        metadata: { labels: { app: "app" } },
        spec: {
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [container],
        },
      },
    },
  };
  change(container, manifest);
  return manifest;
}

describe("a rendered chart", () => {
  it("is fine when there is nothing wrong with it", async () => {
    expect(await releaseProblems([deployment()], [FOOTPRINT])).toEqual([]);
  });

  it.each<[string, (container: Spec, manifest: Spec) => void, string]>([
    ["a mistyped field", (c) => Object.assign(c, { imagePullPolice: "x" }), "imagePullPolice: unknown field"],
    ["the latest image", (c) => Object.assign(c, { image: "registry.k8s.io/app:latest" }), "pushed last"],
    [
      "another registry",
      (c) => Object.assign(c, { image: "example.com/app:v1" }),
      "no registry that is known",
    ],
    ["bitnami's images", (c) => Object.assign(c, { image: "docker.io/bitnami/app:1" }), "is not allowed"],
    [
      "a Pulsar",
      (_, m) => Object.assign(m, { metadata: { name: "milvus-pulsarv3-broker", namespace: "airflow" } }),
      "is not allowed",
    ],
    [
      "a Kafka",
      (c) => Object.assign(c, { image: "registry.k8s.io/kafka:3" }),
      "registry.k8s.io/kafka:3 is not allowed",
    ],
    [
      "a privileged container",
      (c) => Object.assign(c, { securityContext: { privileged: true } }),
      "app: privileged",
    ],
    ["root", (c) => Object.assign(c, { securityContext: { runAsUser: 0 } }), "app: runAsUser 0"],
    ["no requests", (c) => Object.assign(c, { resources: {} }), "app: no requests.cpu"],
    [
      "other requests than the stack says",
      (c) =>
        Object.assign(c, { resources: { ...RESOURCES, requests: { ...RESOURCES.requests, cpu: "60m" } } }),
      "airflow/app: the stack says",
    ],
    [
      "a pod that the stack doesn't count",
      (_, m) => Object.assign(m, { metadata: { name: "other", namespace: "airflow" } }),
      "airflow/other: a pod that the stack's footprints don't have",
    ],
  ])("is not with %s", async (_, change, problem) => {
    expect((await releaseProblems([deployment(change)], [FOOTPRINT])).join("\n")).toContain(problem);
  });
});

describe("the releases of a stack", () => {
  const releases = releasesOf(synthesizeEnvironment("dev").stacks);

  it("are all of them, with values that Helm can read", () => {
    expect(releases.map(({ chart }) => chart).sort()).toEqual([
      "airflow",
      "cluster-autoscaler",
      "fluent-bit",
      "grafana",
      "metrics-server",
      "milvus",
    ]);
    for (const { values } of releases) expect(JSON.parse(values)).toBeTypeOf("object");
  });

  it("have Pulsar, Kafka and the bundled databases switched off", () => {
    const valuesOf = (chart: string) =>
      JSON.parse(releases.find((release) => release.chart === chart)?.values ?? "");
    for (const part of ["pulsar", "pulsarv3", "kafka", "etcd", "minio", "woodpecker"]) {
      expect(valuesOf("milvus")[part].enabled, part).toBe(false);
    }
    for (const part of ["postgresql", "redis", "statsd", "triggerer"]) {
      expect(valuesOf("airflow")[part].enabled, part).toBe(false);
    }
  });
});
