import { createHash } from "node:crypto";
import type {
  DeploymentV1SpecTemplate,
  DeploymentV1SpecTemplateSpecContainer,
} from "@cdktf/provider-kubernetes/lib/deployment-v1/index.js";
import { Token } from "cdktf";
import type { Resources } from "./footprint.ts";
import { memoryMiB } from "./quantity.ts";

interface PodsSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  /** Labels that they don't have. Default: whatever else they have. */
  readonly without?: readonly string[];
}

export interface ServicePodProps {
  /** Name of the service, and of the Deployment and all that belongs to it, such as `log-generator`. */
  readonly name: string;
  /** By digest. */
  readonly image: string;
  /** Arguments of the image's program. Default: the image's own. */
  readonly args?: readonly string[];
  /** Its environment, kept in a ConfigMap; a change of it starts the pods anew. With `of` the same. Default: none, and no ConfigMap. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The Secret whose keys become environment variables, and what changes with its values. */
  readonly secret?: { readonly name: string; readonly revision: string };
  /** Memory of each Node process of the pod, in MiB, where it runs several or something else. Default: the pod's limit. */
  readonly nodeMemoryMiB?: number;
  /** Port of `/healthz`, `/readyz` and `/metrics`. Without it there are no probes and no Service. */
  readonly port?: number;
  /** Seconds between SIGTERM and SIGKILL: more than the program needs to stop. */
  readonly graceSeconds: number;
  /** A folder that outlives the pod. There can be one pod only then. */
  readonly stateFolder?: string;
  /** Pods of the namespace that must have ended, on every node, before one of these is placed. Default: it waits for none. */
  readonly waitsFor?: PodsSelector;
  /** More labels and annotations of the pods. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a service's pods are made of besides its props. */
export interface ServicePodParts {
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: Resources;
  /** Names of the service account, of the ConfigMap of `settings` and of the claim of `stateFolder`. */
  readonly account: string;
  readonly settings?: string;
  readonly claim?: string;
}

/** Share of a Node process's memory that its heap may take; the rest is for buffers, code and libraries. */
const HEAP_SHARE = 0.75;
/** The heap of a Node process that may take so much memory, in MiB. */
const heapMiB = (memory: number) => Math.floor(memory * HEAP_SHARE);

/** The user of the services' images (their Dockerfiles say the same number). */
const USER = "10001";
const SCRATCH = "/tmp";

/** The pods of a service: restricted, spread over nodes, with probes. */
export function servicePod(props: ServicePodProps, parts: ServicePodParts): DeploymentV1SpecTemplate {
  return {
    metadata: {
      labels: { ...parts.labels, ...props.labels },
      annotations: {
        ...settingsRevision(props),
        ...(props.secret && { "cali.io/secrets": props.secret.revision }),
        ...(props.port !== undefined && {
          "prometheus.io/scrape": "true",
          "prometheus.io/port": String(props.port),
          "prometheus.io/path": "/metrics",
        }),
        ...props.annotations,
      },
    },
    spec: {
      serviceAccountName: parts.account,
      // The services never talk to the API server. (Pod Identity and IRSA bring a token of their own.)
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: props.graceSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(props.waitsFor && { affinity: apartFrom(props.waitsFor) }),
      topologySpreadConstraint: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map(
        (topologyKey) => ({
          maxSkew: 1,
          topologyKey,
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: [{ matchLabels: { ...parts.labels } }],
        }),
      ),
      container: [container(props, parts)],
      volume: [
        { name: "scratch", emptyDir: { sizeLimit: "64Mi" } },
        ...(parts.claim === undefined
          ? []
          : [{ name: "state", persistentVolumeClaim: { claimName: parts.claim } }]),
      ],
    },
  };
}

/**
 * All nodes have the label of one region, as EKS sets it, so the scheduler places a pod nowhere while one of the others is there. On a node
 * without it nothing waits, and the state's fence alone guards. A pod that is terminating counts until its kubelet says that it ended:
 * `filtering.go` of the plugin interpodaffinity leaves none out, other than that of topology spread.
 */
function apartFrom({ matchLabels, without = [] }: PodsSelector) {
  const matchExpressions = without.map((key) => ({ key, operator: "DoesNotExist" }));
  const labelSelector = [{ matchLabels, ...(matchExpressions.length > 0 && { matchExpressions }) }];
  const term = { topologyKey: "topology.kubernetes.io/region", labelSelector };
  return { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
}

/**
 * Annotations that change with the settings: a pod reads them when it starts. The digest is made here and not by Terraform of
 * the ConfigMap: what the provider makes of empty data (null, then a map) would differ from plan to plan. Values that only
 * Terraform knows stand beside it as they are.
 */
function settingsRevision({ settings }: ServicePodProps): Record<string, string> {
  if (!settings) return {};
  const references = Object.values(settings).filter((value) => Token.isUnresolved(value));
  const written = JSON.stringify(settings, (_, value) => (Token.isUnresolved(value) ? null : value));
  return {
    "cali.io/settings": createHash("sha256").update(written).digest("hex"),
    ...(references.length > 0 && { "cali.io/settings-references": references.join(" ") }),
  };
}

function container(
  { name, image, args, secret, port, stateFolder, nodeMemoryMiB }: ServicePodProps,
  { resources, settings }: ServicePodParts,
): DeploymentV1SpecTemplateSpecContainer {
  const environment = [
    ...(settings === undefined ? [] : [{ configMapRef: { name: settings } }]),
    ...(secret ? [{ secretRef: { name: secret.name } }] : []),
  ];
  // Without it, Node would collect garbage by the node's memory rather than by the pod's limit, and be ended by the kernel.
  const heap = heapMiB(nodeMemoryMiB ?? memoryMiB(resources.limits?.memory ?? "0"));
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    ...(args && { args: [...args] }),
    ...(environment.length > 0 && { envFrom: environment }),
    env: [{ name: "NODE_OPTIONS", value: `--max-old-space-size=${heap}` }],
    resources: { requests: { ...resources.requests } as never, limits: { ...resources.limits } as never },
    securityContext: {
      // Said again: the Kubernetes provider sends false for a container that leaves it out, over what its pod says.
      runAsNonRoot: true,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMount: [
      { name: "scratch", mountPath: SCRATCH },
      ...(stateFolder === undefined ? [] : [{ name: "state", mountPath: stateFolder }]),
    ],
    ...(port !== undefined && probes(port)),
  };
}

/** Liveness is patient: what only waits for AWS or Slack must not be started anew. */
function probes(port: number): Partial<DeploymentV1SpecTemplateSpecContainer> {
  const ask = (path: string) => ({ httpGet: { path, port: "http" }, timeoutSeconds: 3, periodSeconds: 10 });
  return {
    port: [{ name: "http", containerPort: port, protocol: "TCP" }],
    startupProbe: { ...ask("/healthz"), periodSeconds: 2, failureThreshold: 60 },
    livenessProbe: { ...ask("/healthz"), failureThreshold: 6 },
    readinessProbe: { ...ask("/readyz"), failureThreshold: 3 },
  };
}
