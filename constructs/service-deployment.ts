import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1/index.js";
import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1/index.js";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1/index.js";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1/index.js";
import { Construct } from "constructs";
import { hclName } from "../config/names.ts";
import { type PodFootprint, podFootprint, type Resources } from "./footprint.ts";
import { withLogicalId } from "./logical-id.ts";
import { PodAutoscaling } from "./pod-autoscaling.ts";
import { type ServicePodProps, servicePod } from "./service-pod.ts";
import { StateVolume } from "./state-volume.ts";
import { DeploymentV1, StatefulSetV1 } from "./workloads.ts";

export interface ServiceDeploymentProps extends ServicePodProps {
  /**
   * Of a service that is several workloads, which one: `workers` of `consumer` is named `consumer-workers`. The first has the
   * service's Terraform addresses all the same: what had them before is deleted before it is made. Default: the service is one.
   */
  readonly component?: string;
  /** The first workload of the service, whose service account and ConfigMap it shares; it is made afterwards. Default: it is the first. */
  readonly of?: ServiceDeployment;
  /**
   * `StatefulSet`: Kubernetes never has two pods at once, also while a node doesn't answer; there is no autoscaling. Default: `Deployment`.
   */
  readonly kind?: "Deployment" | "StatefulSet";
  /**
   * Name of the ConfigMap of its settings. One of another name is made anew, so Terraform deletes every workload that used the one before
   * and then makes those that use this one. Default: the service's.
   */
  readonly settingsName?: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** With IRSA: the role that the service account stands for. With Pod Identity 05-eks binds it. */
  readonly roleArn?: string;
  readonly resources: { readonly cpu: string; readonly memory: string; readonly memoryLimit: string };
  readonly replicas: { readonly min: number; readonly max: number };
  /** Mean use of the requested CPU in percent that adds a pod. Needed where replicas.max is more than replicas.min. */
  readonly cpuPercent?: number;
  /** Whether a new pod starts before an old one ends (it needs the room), or after. */
  readonly rollout: "new-first" | "old-first";
}

/**
 * The scratch volume, and the kubelet's five log files: of 10 MiB, but looked at every ten seconds only, so that a flood makes one larger.
 */
const NODE_DISK: Resources = {
  requests: { "ephemeral-storage": "64Mi" },
  limits: { "ephemeral-storage": "1Gi" },
};

/** A service of CALI in the cluster: restricted, spread over nodes, with probes, and waited for until it runs. */
export class ServiceDeployment extends Construct {
  readonly footprints: readonly PodFootprint[];
  private readonly props: ServiceDeploymentProps;
  /** Name of the workload. */
  private readonly name: string;
  private readonly hclName: string;
  private readonly selector: Record<string, string>;
  private readonly account: ServiceAccountV1;
  private readonly settings: ConfigMapV1 | undefined;
  private readonly workload: DeploymentV1 | StatefulSetV1;

  constructor(scope: Construct, id: string, props: ServiceDeploymentProps) {
    super(scope, id);
    this.props = props;
    const { component, replicas } = props;
    this.name = component === undefined ? props.name : `${props.name}-${component}`;
    this.hclName = hclName(props.of ? this.name : props.name);
    this.selector = {
      ...this.serviceLabels(),
      ...(component !== undefined && { "app.kubernetes.io/component": component }),
    };
    const resources: Resources = {
      requests: { cpu: props.resources.cpu, memory: props.resources.memory, ...NODE_DISK.requests },
      limits: { memory: props.resources.memoryLimit, ...NODE_DISK.limits },
    };
    this.account = props.of?.account ?? this.makeAccount();
    this.settings = props.of ? props.of.settings : this.makeSettings();
    this.workload = this.makeWorkload(resources);
    withLogicalId(
      new PodDisruptionBudgetV1(this, "DisruptionBudget", {
        metadata: this.metadata(),
        // One at a time, and never none: a budget that a single pod could not meet would block every drain.
        spec: { maxUnavailable: "1", selector: { matchLabels: this.selector } },
      }),
      this.hclName,
    );
    if (props.port !== undefined) this.service(props.port);
    if (replicas.max > replicas.min) {
      new PodAutoscaling(this, "Autoscaling", {
        hclName: this.hclName,
        metadata: this.metadata(),
        deployment: this.workload.name,
        replicas,
        cpuPercent: props.cpuPercent,
      });
    }
    const title = `${props.namespace}/${this.name}`;
    this.footprints = [
      podFootprint({ name: title, replicas, containers: [resources] }),
      ...(props.rollout === "new-first"
        ? [podFootprint({ name: `${title} (while it is rolled out)`, replicas: 1, containers: [resources] })]
        : []),
    ];
  }

  private serviceLabels() {
    return { "app.kubernetes.io/name": this.props.name, "app.kubernetes.io/part-of": "cali" };
  }

  private metadata() {
    return { name: this.name, namespace: this.props.namespace, labels: this.selector };
  }

  private makeAccount(): ServiceAccountV1 {
    const { serviceAccount, namespace, roleArn } = this.props;
    return withLogicalId(
      new ServiceAccountV1(this, "ServiceAccount", {
        metadata: {
          name: serviceAccount,
          namespace,
          labels: this.serviceLabels(),
          ...(roleArn && { annotations: { "eks.amazonaws.com/role-arn": roleArn } }),
        },
        automountServiceAccountToken: false,
      }),
      this.hclName,
    );
  }

  private makeSettings(): ConfigMapV1 | undefined {
    const { name, settingsName = name, namespace, settings } = this.props;
    if (!settings) return undefined;
    return withLogicalId(
      new ConfigMapV1(this, "Settings", {
        metadata: { name: settingsName, namespace, labels: this.serviceLabels() },
        data: { ...settings },
      }),
      this.hclName,
    );
  }

  private makeWorkload(resources: Resources): DeploymentV1 | StatefulSetV1 {
    const { props } = this;
    const state =
      props.stateFolder === undefined
        ? undefined
        : new StateVolume(this, "State", { hclName: this.hclName, metadata: this.metadata() });
    const template = servicePod(props, {
      labels: this.selector,
      resources,
      account: this.account.metadata.name,
      settings: this.settings?.metadata.name,
      claim: state?.claimName,
    });
    const common = {
      metadata: this.metadata(),
      waitForRollout: true,
      timeouts: { create: "10m", update: "10m" },
      ...(props.of && { dependsOn: [props.of.workload] }),
    };
    const spec = {
      replicas: String(props.replicas.min),
      revisionHistoryLimit: 5,
      selector: { matchLabels: this.selector },
      template,
    };
    const workload =
      props.kind === "StatefulSet"
        ? new StatefulSetV1(this, "Default", { ...common, spec: { ...spec, serviceName: this.name } })
        : new DeploymentV1(this, "Default", {
            ...common,
            // Not of a StatefulSet: the Kubernetes provider 2.38 leaves it out where there are no claim templates, and plans it for ever.
            spec: { ...spec, minReadySeconds: 5, progressDeadlineSeconds: 300, strategy: strategy(props) },
            ...(props.replicas.max > props.replicas.min && {
              lifecycle: { ignoreChanges: ["spec[0].replicas"] },
            }),
          });
    return withLogicalId(workload, this.hclName);
  }

  private service(port: number): void {
    withLogicalId(
      new ServiceV1(this, "Service", {
        metadata: this.metadata(),
        spec: {
          type: "ClusterIP",
          selector: this.selector,
          port: [{ name: "http", port, targetPort: "http" }],
        },
      }),
      this.hclName,
    );
  }
}

function strategy({ rollout }: ServiceDeploymentProps) {
  const rollingUpdate =
    rollout === "new-first" ? { maxSurge: "1", maxUnavailable: "0" } : { maxSurge: "0", maxUnavailable: "1" };
  return { type: "RollingUpdate", rollingUpdate };
}
