import { describe, expect, it } from "vitest";
import {
  imageProblems,
  type Manifest,
  manifestProblems,
  podSpecOf,
  resourceProblems,
} from "./support/manifests.ts";
import { restrictedProblems } from "./support/pod-security.ts";

/** The checks that charts and Deployments go through: each finds what it is for. */

const DIGEST = `sha256:${"0a".repeat(32)}`;

type Spec = Record<string, unknown>;

function deployment(change: (spec: Spec, container: Spec) => void = () => undefined): Manifest {
  const container: Spec = {
    name: "app",
    image: `example.com/app@${DIGEST}`,
    ports: [{ name: "http", containerPort: 8080 }],
    env: [{ name: "A", value: "b" }],
    resources: {
      requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "64Mi" },
      limits: { memory: "128Mi", "ephemeral-storage": "1Gi" },
    },
    livenessProbe: { httpGet: { path: "/healthz", port: "http" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const spec: Spec = {
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
  change(spec, container);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "app", namespace: "cali", labels: { any: "thing" } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "app" } },
      template: { metadata: { labels: { app: "app" } }, spec },
    },
  };
}

const podOf = (manifest: Manifest) => {
  const pod = podSpecOf(manifest);
  if (!pod) throw new Error("no pod");
  return pod;
};

describe("manifestProblems", () => {
  it("finds nothing in a good manifest", async () => {
    expect(await manifestProblems(deployment())).toEqual([]);
  });

  it.each<[string, (spec: Spec, container: Spec) => void, string]>([
    [
      "an unknown field",
      (spec) => Object.assign(spec, { tolerationz: [] }),
      "/spec/template/spec/tolerationz",
    ],
    [
      "an unknown field of a list's entry",
      (_, container) => Object.assign(container, { imagePullPolice: "Always" }),
      "/spec/template/spec/containers/0/imagePullPolice: unknown",
    ],
    [
      "an unknown field deep inside",
      (_, container) => Object.assign(container, { livenessProbe: { httpGet: { route: "/", port: 80 } } }),
      "/livenessProbe/httpGet/route: unknown",
    ],
    [
      "a text for a number",
      (spec) => Object.assign(spec, { terminationGracePeriodSeconds: "30" }),
      "integer",
    ],
    ["a missing field", (_, container) => delete container.name, "name"],
    [
      "a word that is not allowed",
      (_, c) => Object.assign(c, { imagePullPolicy: "Often" }),
      "imagePullPolicy",
    ],
  ])("finds %s", async (_, change, said) => {
    expect((await manifestProblems(deployment(change))).join("\n")).toContain(said);
  });

  it("finds a kind that there is not, and lets custom ones through by name only", async () => {
    const monitor = {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { name: "a" },
    };
    expect(await manifestProblems(monitor)).toEqual([
      "monitoring.coreos.com/v1 ServiceMonitor a: no kind that Kubernetes has",
    ]);
    const customKinds = ["monitoring.coreos.com/v1 ServiceMonitor"];
    expect(await manifestProblems(monitor, { customKinds })).toEqual([]);
    expect(await manifestProblems({ ...monitor, apiVersion: "../v1" })).toHaveLength(1);
  });

  it.each<Manifest>([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { any: "text", "other.yaml": "b: c" },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a" },
      spec: { selector: { a: "b" }, ports: [{ port: 80 }] },
    },
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "a" },
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" }, maxReplicas: 2 },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "a" },
      spec: { maxUnavailable: "50%" },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "a" },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress"],
        egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }],
      },
    },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "a" },
      provisioner: "ebs.csi.aws.com",
    },
  ])("knows $kind", async (manifest) => {
    expect(await manifestProblems(manifest)).toEqual([]);
    expect(await manifestProblems({ ...manifest, spek: {} })).toEqual([
      expect.stringContaining("/spek: unknown field"),
    ]);
  });
});

describe("images and resources", () => {
  const withImage = (image: string) =>
    podOf(deployment((_, container) => Object.assign(container, { image })));

  it.each(["busybox", "busybox:latest", "localhost:5000/busybox", ""])("refuses the image %j", (image) => {
    expect(imageProblems(withImage(image))).toHaveLength(1);
  });

  it.each(["busybox:1.37.0", `busybox@${DIGEST}`, `localhost:5000/busybox:1.37@${DIGEST}`])(
    "takes %s",
    (image) => {
      expect(imageProblems(withImage(image))).toEqual([]);
    },
  );

  it("finds what has no requests, init containers too", () => {
    const pod = podOf(
      deployment((spec, container) => {
        Object.assign(container, { resources: { requests: { cpu: "1" }, limits: { memory: "1Gi" } } });
        Object.assign(spec, { initContainers: [{ name: "init", image: "busybox:1.37.0" }] });
      }),
    );
    expect(resourceProblems(pod)).toEqual([
      "init: no requests.cpu",
      "init: no requests.memory",
      "init: no requests.ephemeral-storage",
      "init: no limits.memory",
      "init: no limits.ephemeral-storage",
      "app: no requests.memory",
      "app: no requests.ephemeral-storage",
      "app: no limits.ephemeral-storage",
    ]);
  });

  it("finds the pods of every kind that has some", () => {
    const pod = podOf(deployment());
    const template = { spec: pod };
    const kind = (name: string, spec: Spec) => ({ apiVersion: "v1", kind: name, metadata: {}, spec });
    expect(podSpecOf(kind("Pod", pod as Spec))).toEqual(pod);
    expect(podSpecOf(kind("DaemonSet", { template }))).toEqual(pod);
    expect(podSpecOf(kind("CronJob", { jobTemplate: { spec: { template } } }))).toEqual(pod);
    expect(podSpecOf(kind("Service", { ports: [] }))).toBeUndefined();
  });
});

describe("restrictedProblems", () => {
  it("finds nothing in a restricted pod", () => {
    expect(restrictedProblems(podOf(deployment()))).toEqual([]);
  });

  const context = (values: Spec) => (_: Spec, container: Spec) =>
    Object.assign(container.securityContext as Spec, values);
  const pod = (values: Spec) => (spec: Spec) => Object.assign(spec, values);

  it.each<[string, (spec: Spec, container: Spec) => void]>([
    ["hostNetwork", pod({ hostNetwork: true })],
    ["hostPID", pod({ hostPID: true })],
    ["hostPath", pod({ volumes: [{ name: "logs", hostPath: { path: "/var/log" } }] })],
    [
      "sysctl kernel.msgmax",
      pod({
        securityContext: {
          runAsNonRoot: true,
          seccompProfile: { type: "RuntimeDefault" },
          sysctls: [{ name: "kernel.msgmax", value: "1" }],
        },
      }),
    ],
    ["runAsNonRoot is not true", pod({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } })],
    ["seccompProfile is not set", pod({ securityContext: { runAsNonRoot: true } })],
    ["seccompProfile Unconfined", context({ seccompProfile: { type: "Unconfined" } })],
    ["privileged", context({ privileged: true })],
    ["allowPrivilegeEscalation is not false", context({ allowPrivilegeEscalation: undefined })],
    ["runAsUser 0", context({ runAsUser: 0 })],
    ["ALL not dropped", context({ capabilities: { drop: ["NET_RAW"] } })],
    ["adds SYS_ADMIN", context({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } })],
    ["appArmorProfile Unconfined", context({ appArmorProfile: { type: "Unconfined" } })],
    ["seLinuxOptions.type", context({ seLinuxOptions: { type: "spc_t" } })],
    ["hostProcess", context({ windowsOptions: { hostProcess: true } })],
    [
      "hostPort 80",
      (_, container) => Object.assign(container, { ports: [{ containerPort: 80, hostPort: 80 }] }),
    ],
    [
      "probe of a host",
      (_, container) =>
        Object.assign(container, { readinessProbe: { tcpSocket: { host: "169.254.169.254", port: 80 } } }),
    ],
    ["init: capabilities: ALL not dropped", pod({ initContainers: [{ name: "init", image: "a:1" }] })],
  ])("finds %s", (said, change) => {
    expect(restrictedProblems(podOf(deployment(change))).join("\n")).toContain(said);
  });
});
