import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1/index.js";
import { Construct } from "constructs";
import { type Names, PLAIN_SERVICE_ACCOUNTS } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { Chart } from "../constructs/chart.ts";
import { chartFootprints } from "../constructs/chart-footprint.ts";
import { ClusterLogin } from "../constructs/cluster-login.ts";
import type { PodFootprint } from "../constructs/footprint.ts";
import type { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { MilvusBackup } from "../constructs/milvus-backup.ts";
import { MILVUS_ROOT_PASSWORD } from "../constructs/milvus-login.ts";
import { roleAnnotation } from "../constructs/role-annotation.ts";
import { ServiceSecret } from "../constructs/service-secret.ts";

export interface MilvusProps {
  readonly config: Config;
  readonly names: Names;
  readonly clusterName: Handle;
  /** The namespace `milvus`. */
  readonly namespace: Handle;
  readonly bucketName: Handle;
}

/** 10: Milvus, the knowledge base's vectors, and their backup. */
export class Milvus extends Construct {
  readonly footprints: readonly PodFootprint[];

  constructor(scope: Construct, id: string, props: MilvusProps) {
    super(scope, id);
    const { config, names } = props;
    new ClusterLogin(this, "ClusterLogin", {
      clusterName: props.clusterName.valueFor(this, names),
      region: config.region,
      helm: true,
    });
    const namespace = props.namespace.valueFor(this, names);
    const secret = new ServiceSecret(this, "Secret", {
      hclName: "milvus_root",
      name: "milvus-root",
      namespace,
      labels: { "app.kubernetes.io/name": "milvus", "app.kubernetes.io/part-of": "cali" },
      entries: { password: MILVUS_ROOT_PASSWORD },
    });
    const labels = { "app.kubernetes.io/name": "milvus", "app.kubernetes.io/part-of": "cali" };
    const account = withLogicalId(
      new ServiceAccountV1(this, "ServiceAccount", {
        metadata: { name: PLAIN_SERVICE_ACCOUNTS.milvus.name, namespace, labels },
        automountServiceAccountToken: false,
      }),
      "milvus",
    );
    const chart = new Chart(this, "Chart", {
      chart: "milvus",
      version: "5.0.19",
      repository: "https://zilliztech.github.io/milvus-helm",
      namespace,
      valuesFile: "helm-values/milvus-values.yaml",
      // A pod reads the Secret when it starts.
      inject: { annotations: { "cali/rotation": secret.revision } },
      timeoutMinutes: 15,
      dependsOn: [secret.resource, account],
    });
    const backup = new MilvusBackup(this, "Backup", {
      namespace,
      region: config.region,
      annotations: roleAnnotation(config, names, "milvusBackup"),
      bucket: props.bucketName.valueFor(this, names),
      rootSecret: secret.name,
      dependsOn: [chart.release],
    });
    this.footprints = [
      ...chartFootprints(chart.values, [
        { name: "milvus/milvus-standalone", replicas: 1, containers: ["standalone.resources"] },
      ]),
      backup.footprint,
    ];
  }
}
