import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1/index.js";
import { StorageClassV1 } from "@cdktf/provider-kubernetes/lib/storage-class-v1/index.js";
import { Construct } from "constructs";
import { grafanaAlertRules } from "../config/grafana-alert-rules.ts";
import { NAMESPACES, type Names, type Namespace, SERVICE_ACCOUNTS } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { Chart } from "../constructs/chart.ts";
import { chartFootprints } from "../constructs/chart-footprint.ts";
import { ClusterLogin } from "../constructs/cluster-login.ts";
import type { PodFootprint } from "../constructs/footprint.ts";
import { GrafanaChart } from "../constructs/grafana-chart.ts";
import { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { NetworkPolicies, type NetworkPoliciesProps } from "../constructs/network-policies.ts";
import { protectedLifecycle } from "../constructs/protection.ts";
import { roleAnnotation } from "../constructs/role-annotation.ts";

export interface ClusterProps {
  readonly config: Config;
  readonly names: Names;
  readonly clusterName: Handle;
  /** For Grafana, where it runs in the cluster. */
  readonly domainName: Handle;
}

/**
 * The Pod Security Standard of each namespace. `privileged` is for Fluent Bit alone: it reads the nodes' log files
 * (hostPath) as root, and no level below has that.
 */
const POD_SECURITY: Readonly<Record<Namespace, "restricted" | "privileged">> = {
  airflow: "restricted",
  cali: "restricted",
  logging: "privileged",
  milvus: "restricted",
  monitoring: "restricted",
};

const NAME = "app.kubernetes.io/name";
const CONSUMER = { [NAME]: "consumer" };
const MILVUS = { [NAME]: "milvus" };
/** Labels of the chart's pods; Postgres, which is not the chart's, has none of it. */
const AIRFLOW_PODS = { label: "tier", values: ["airflow"] };
const POSTGRES_PODS = { label: NAME, values: ["airflow-postgres"] };

/**
 * What the flow needs in each namespace. `outside` has the pods that talk to AWS, Slack, a language model or the API server; whoever
 * is not there (Postgres, Milvus, the log generator) reaches DNS and its openings alone. Metrics are scraped from `monitoring`.
 */
const OPENINGS: Readonly<Record<Namespace, Pick<NetworkPoliciesProps, "outside" | "from" | "to">>> = {
  airflow: {
    outside: AIRFLOW_PODS,
    from: [
      { name: "from-airflow", namespace: "airflow", ports: [8080, 8793], own: AIRFLOW_PODS },
      {
        name: "from-airflow-to-database",
        namespace: "airflow",
        pods: { tier: "airflow" },
        ports: [5432],
        own: POSTGRES_PODS,
      },
    ],
    // Database, API server, the scheduler's logs.
    to: [{ name: "to-airflow", namespace: "airflow", ports: [5432, 8080, 8793], own: AIRFLOW_PODS }],
  },
  cali: {
    // Those that Airflow starts for a day's work, too. The log generator writes to its standard output.
    outside: { label: NAME, values: ["consumer", "consumer-task"] },
    from: [{ name: "from-monitoring", namespace: "monitoring", ports: [8080] }],
    to: [
      {
        name: "to-milvus",
        namespace: "milvus",
        pods: MILVUS,
        ports: [19530],
        own: { label: NAME, values: ["consumer"] },
      },
    ],
  },
  logging: {
    outside: { label: NAME, values: ["fluent-bit"] },
    from: [{ name: "from-monitoring", namespace: "monitoring", ports: [2020] }],
  },
  milvus: {
    outside: { label: NAME, values: ["milvus-backup"] },
    from: [
      // Not the DAGs' pods: what they need of the knowledge base is in the bucket.
      { name: "from-consumer", namespace: "cali", pods: CONSUMER, ports: [19530] },
      // The backup, which pauses the collection of garbage through the second port.
      { name: "from-backup", namespace: "milvus", ports: [19530, 9091] },
      { name: "from-monitoring", namespace: "monitoring", ports: [9091] },
    ],
    to: [{ name: "to-milvus", namespace: "milvus", ports: [19530, 9091] }],
  },
  monitoring: {
    outside: { label: NAME, values: ["grafana"] },
    to: [
      { name: "to-services", namespace: "cali", ports: [8080] },
      { name: "to-fluent-bit", namespace: "logging", ports: [2020] },
      { name: "to-milvus", namespace: "milvus", ports: [9091] },
    ],
  },
};

/** 08: what the cluster needs before CALI runs in it: namespaces, storage, nodes as needed, metrics, and Grafana. */
export class Cluster extends Construct {
  readonly footprints: readonly PodFootprint[];
  private readonly namespaces: ReadonlyMap<Namespace, Handle>;

  constructor(scope: Construct, id: string, props: ClusterProps) {
    super(scope, id);
    const { config, names } = props;
    const clusterName = props.clusterName.valueFor(this, names);
    new ClusterLogin(this, "ClusterLogin", { clusterName, region: config.region, helm: true });
    this.namespaces = new Map(NAMESPACES.map((name) => [name, this.makeNamespace(name, config)]));
    this.storageClass();
    this.footprints = [
      ...this.metricsServer(),
      ...(config.cluster.nodeGroup.autoscaled ? this.autoscaler(clusterName, props) : []),
      ...(config.grafana.mode === "chart" ? this.grafana(props) : []),
    ];
  }

  /** A namespace, for stacks that put something into it. */
  namespace(name: Namespace): Handle {
    const handle = this.namespaces.get(name);
    if (!handle)
      throw new RangeError(`no namespace ${name}; there are ${[...this.namespaces.keys()].join(", ")}`);
    return handle;
  }

  private makeNamespace(name: Namespace, config: Config): Handle {
    const standard = POD_SECURITY[name];
    const namespace = withLogicalId(
      new NamespaceV1(this, `${name}-namespace`, {
        metadata: {
          name,
          labels: {
            "pod-security.kubernetes.io/enforce": standard,
            "pod-security.kubernetes.io/warn": standard,
          },
        },
        // Its end is the end of every claim in it.
        lifecycle: protectedLifecycle(config.protection.preventDestroy),
      }),
      name,
    );
    if (config.cluster.networkPolicies) {
      new NetworkPolicies(this, name, { namespace: namespace.metadata.name, ...OPENINGS[name] });
    }
    return new Handle(this, namespace.metadata.name, () => name);
  }

  private storageClass(): void {
    withLogicalId(
      new StorageClassV1(this, "StorageClass", {
        metadata: {
          name: "gp3",
          annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        },
        storageProvisioner: "ebs.csi.aws.com",
        parameters: { type: "gp3", encrypted: "true" },
        // A volume is made where its pod is put: EBS volumes don't leave their zone.
        volumeBindingMode: "WaitForFirstConsumer",
        allowVolumeExpansion: true,
        // A volume outlives its claim, as when a namespace goes: what was in it can be attached again, or deleted by hand.
        reclaimPolicy: "Retain",
      }),
      "gp3",
    );
  }

  private metricsServer(): PodFootprint[] {
    const chart = new Chart(this, "MetricsServer", {
      chart: "metrics-server",
      version: "3.13.1",
      repository: "https://kubernetes-sigs.github.io/metrics-server",
      namespace: "kube-system",
      valuesFile: "helm-values/metrics-server-values.yaml",
    });
    return chartFootprints(chart.values, [
      { name: "kube-system/metrics-server", replicas: 1, containers: ["resources"] },
    ]);
  }

  private autoscaler(clusterName: string, { config, names }: ClusterProps): PodFootprint[] {
    const chart = new Chart(this, "Autoscaler", {
      chart: "cluster-autoscaler",
      version: "9.59.0",
      repository: "https://kubernetes.github.io/autoscaler",
      namespace: SERVICE_ACCOUNTS.clusterAutoscaler.namespace,
      valuesFile: "helm-values/cluster-autoscaler-values.yaml",
      inject: {
        // EKS tags the groups of its node groups with both tags that the chart looks for.
        autoDiscovery: { clusterName },
        awsRegion: config.region,
        rbac: {
          serviceAccount: { annotations: roleAnnotation(config, names, "clusterAutoscaler") },
        },
      },
    });
    return chartFootprints(chart.values, [
      { name: "kube-system/cluster-autoscaler", replicas: 1, containers: ["resources"] },
    ]);
  }

  private grafana({ config, names, domainName }: ClusterProps): readonly PodFootprint[] {
    return new GrafanaChart(this, "Grafana", {
      namespace: this.namespace("monitoring").valueFor(this, names),
      region: config.region,
      openSearchVersion: config.domain.version.replace(/^OpenSearch_/, ""),
      annotations: roleAnnotation(config, names, "grafana"),
      domainName: domainName.valueFor(this, names),
      alertRules: grafanaAlertRules(names.actual, config),
    }).footprints;
  }
}
