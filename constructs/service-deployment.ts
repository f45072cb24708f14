import { createHash } from "node:crypto";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1/index.js";
import {
  DeploymentV1,
  type DeploymentV1SpecTemplateSpecContainer,
} from "@cdktf/provider-kubernetes/lib/deployment-v1/index.js";
import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1/index.js";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1/index.js";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1/index.js";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { hclName } from "../config/names.ts";
import { type PodFootprint, podFootprint, type Resources } from "./footprint.ts";
import { withLogicalId } from "./logical-id.ts";
import { PodAutoscaling } from "./pod-autoscaling.ts";
import { memoryMiB } from "./quantity.ts";
import { StateVolume } from "./state-volume.ts";

export interface ServiceDeploymentProps {
  /** Name of the Deployment and of all that belongs to it, such as `log-generator`. */
  readonly name: string;
  readonly namespace: string;
  /** By digest. */
  readonly image: string;
  readonly serviceAccount: string;
  /** With IRSA: the role that the service account stands for. With Pod Identity 05-eks binds it. */
  readonly roleArn?: string;
  /** Arguments of the image's program. Default: the image's own. */
  readonly args?: readonly string[];
  /** Its environment, kept in a ConfigMap; a change of it starts the pods anew. Default: none, and no ConfigMap. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The Secret whose keys become environment variables, and what changes with its values. */
  readonly secret?: { readonly name: string; readonly revision: string };
  readonly resources: { readonly cpu: string; readonly memory: string; readonly memoryLimit: string };
  readonly replicas: { readonly min: number; readonly max: number };
  /** Mean use of the requested CPU in percent that adds a pod. Needed where replicas.max is more than replicas.min. */
  readonly cpuPercent?: number;
  /** Port of `/healthz`, `/readyz` and `/metrics`. Without it there are no probes and no Service. */
  readonly port?: number;
  /** Seconds between SIGTERM and SIGKILL: more than the program needs to stop. */
  readonly graceSeconds: number;
  /** A folder that outlives the pod. There can be one pod only then. */
  readonly stateFolder?: string;
  /** Whether a new pod starts before an old one ends (it needs the room), or after. */
  readonly rollout: "new-first" | "old-first";
  /** More labels and annotations of the pods. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Share of a pod's memory that Node's heap may take; the rest is for buffers, code and libraries. */
const HEAP_SHARE = 0.75;
/** Without it, Node would collect garbage by the node's memory rather than by the pod's limit, and be ended by the kernel. */
const heapMiB = ({ limits }: Resources) => Math.floor(memoryMiB(limits?.memory ?? "0") * HEAP_SHARE);

/** The user of the services' images (their Dockerfiles say the same number). */
const USER = "10001";
const SCRATCH = "/tmp";

/** A service of CALI in the cluster: restricted, spread over nodes, with probes, and waited for until it runs. */
export class ServiceDeployment extends Construct {
  readonly footprints: readonly PodFootprint[];
  private readonly props: ServiceDeploymentProps;
  private readonly selector: Record<string, string>;

  constructor(scope: Construct, id: string, props: ServiceDeploymentProps) {
    super(scope, id);
    this.props = props;
    const { name, replicas } = props;
    this.selector = { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "cali" };
    const resources: Resources = {
      requests: { cpu: props.resources.cpu, memory: props.resources.memory },
      limits: { memory: props.resources.memoryLimit },
    };
    const account = withLogicalId(
      new ServiceAccountV1(this, "ServiceAccount", {
        metadata: this.metadata(props.serviceAccount, {
          ...(props.roleArn && { "eks.amazonaws.com/role-arn": props.roleArn }),
        }),
        automountServiceAccountToken: false,
      }),
      hclName(name),
    );
    const settings =
      props.settings &&
      withLogicalId(
        new ConfigMapV1(this, "Settings", { metadata: this.metadata(name), data: { ...props.settings } }),
        hclName(name),
      );
    const deployment = this.deployment(resources, account, settings);
    withLogicalId(
      new PodDisruptionBudgetV1(this, "DisruptionBudget", {
        metadata: this.metadata(name),
        // One at a time, and never none: a budget that a single pod could not meet would block every drain.
        spec: { maxUnavailable: "1", selector: { matchLabels: this.selector } },
      }),
      hclName(name),
    );
    if (props.port !== undefined) this.service(props.port);
    if (replicas.max > replicas.min) {
      new PodAutoscaling(this, "Autoscaling", {
        hclName: hclName(name),
        metadata: this.metadata(name),
        deployment: deployment.metadata.name,
        replicas,
        cpuPercent: props.cpuPercent,
      });
    }
    const title = `${props.namespace}/${name}`;
    this.footprints = [
      podFootprint({ name: title, replicas, containers: [resources] }),
      ...(props.rollout === "new-first"
        ? [podFootprint({ name: `${title} (while it is rolled out)`, replicas: 1, containers: [resources] })]
        : []),
    ];
  }

  private metadata(name: string, annotations: Record<string, string> = {}) {
    const { namespace } = this.props;
    return {
      name,
      namespace,
      labels: this.selector,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    };
  }

  private deployment(resources: Resources, account: ServiceAccountV1, settings?: ConfigMapV1): DeploymentV1 {
    const { props } = this;
    const state =
      props.stateFolder === undefined
        ? undefined
        : new StateVolume(this, "State", {
            hclName: hclName(props.name),
            metadata: this.metadata(props.name),
          });
    const autoscaled = props.replicas.max > props.replicas.min;
    return withLogicalId(
      new DeploymentV1(this, "Default", {
        metadata: this.metadata(props.name),
        waitForRollout: true,
        timeouts: { create: "10m", update: "10m" },
        spec: {
          replicas: String(props.replicas.min),
          revisionHistoryLimit: 5,
          progressDeadlineSeconds: 300,
          minReadySeconds: 5,
          selector: { matchLabels: this.selector },
          strategy: strategy(props),
          template: {
            metadata: {
              labels: { ...this.selector, ...props.labels },
              annotations: {
                ...this.settingsRevision(),
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
              serviceAccountName: account.metadata.name,
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
              topologySpreadConstraint: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map(
                (topologyKey) => ({
                  maxSkew: 1,
                  topologyKey,
                  whenUnsatisfiable: "ScheduleAnyway",
                  labelSelector: [{ matchLabels: this.selector }],
                }),
              ),
              container: [this.container(resources, settings)],
              volume: [
                { name: "scratch", emptyDir: { sizeLimit: "64Mi" } },
                ...(state ? [{ name: "state", persistentVolumeClaim: { claimName: state.claimName } }] : []),
              ],
            },
          },
        },
        ...(autoscaled && { lifecycle: { ignoreChanges: ["spec[0].replicas"] } }),
      }),
      hclName(props.name),
    );
  }

  /**
   * Annotations that change with the settings: a pod reads them when it starts. The digest is made here and not by Terraform of
   * the ConfigMap: what the provider makes of empty data (null, then a map) would differ from plan to plan. Values that only
   * Terraform knows stand beside it as they are.
   */
  private settingsRevision(): Record<string, string> {
    const { settings } = this.props;
    if (!settings) return {};
    const references = Object.values(settings).filter((value) => Token.isUnresolved(value));
    const written = JSON.stringify(settings, (_, value) => (Token.isUnresolved(value) ? null : value));
    return {
      "cali.io/settings": createHash("sha256").update(written).digest("hex"),
      ...(references.length > 0 && { "cali.io/settings-references": references.join(" ") }),
    };
  }

  private container(resources: Resources, settings?: ConfigMapV1): DeploymentV1SpecTemplateSpecContainer {
    const { name, image, args, secret, port, stateFolder } = this.props;
    const environment = [
      ...(settings ? [{ configMapRef: { name: settings.metadata.name } }] : []),
      ...(secret ? [{ secretRef: { name: secret.name } }] : []),
    ];
    return {
      name,
      image,
      imagePullPolicy: "IfNotPresent",
      ...(args && { args: [...args] }),
      ...(environment.length > 0 && { envFrom: environment }),
      env: [{ name: "NODE_OPTIONS", value: `--max-old-space-size=${heapMiB(resources)}` }],
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

  private service(port: number): void {
    const { name } = this.props;
    withLogicalId(
      new ServiceV1(this, "Service", {
        metadata: this.metadata(name),
        spec: {
          type: "ClusterIP",
          selector: this.selector,
          port: [{ name: "http", port, targetPort: "http" }],
        },
      }),
      hclName(name),
    );
  }
}

function strategy({ stateFolder, rollout }: ServiceDeploymentProps) {
  // A volume is on one node, and its file belongs to one process.
  if (stateFolder !== undefined) return { type: "Recreate" };
  const rollingUpdate =
    rollout === "new-first" ? { maxSurge: "1", maxUnavailable: "0" } : { maxSurge: "0", maxUnavailable: "1" };
  return { type: "RollingUpdate", rollingUpdate };
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
