import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1/index.js";
import { StorageClassV1 } from "@cdktf/provider-kubernetes/lib/storage-class-v1/index.js";
import { Construct } from "constructs";
import { NAMESPACES, type Names, type Namespace } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { ClusterLogin } from "../constructs/cluster-login.ts";
import type { PodFootprint } from "../constructs/footprint.ts";
import { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";

export interface ClusterProps {
  readonly config: Config;
  readonly names: Names;
  readonly clusterName: Handle;
}

/**
 * The Pod Security Standard of each namespace. `privileged` is for Fluent Bit alone: it reads the nodes' log files
 * (hostPath), and nothing below that level may.
 */
const POD_SECURITY: Readonly<Record<Namespace, "restricted" | "baseline" | "privileged">> = {
  airflow: "restricted",
  cali: "restricted",
  logging: "privileged",
  milvus: "restricted",
  monitoring: "restricted",
};

/** 08: what the cluster needs before anything runs in it: namespaces, storage. */
export class Cluster extends Construct {
  readonly footprints: readonly PodFootprint[] = [];
  private readonly namespaces: ReadonlyMap<Namespace, Handle>;

  constructor(scope: Construct, id: string, { config, names, clusterName }: ClusterProps) {
    super(scope, id);
    new ClusterLogin(this, "ClusterLogin", {
      clusterName: clusterName.valueFor(this, names),
      region: config.region,
    });
    this.namespaces = new Map(NAMESPACES.map((name) => [name, this.makeNamespace(name)]));
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
        reclaimPolicy: "Delete",
      }),
      "gp3",
    );
  }

  /** A namespace, for stacks that put something into it. */
  namespace(name: Namespace): Handle {
    const handle = this.namespaces.get(name);
    if (!handle)
      throw new RangeError(`no namespace ${name}; there are ${[...this.namespaces.keys()].join(", ")}`);
    return handle;
  }

  private makeNamespace(name: Namespace): Handle {
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
      }),
      name,
    );
    return new Handle(this, namespace.metadata.name, () => name);
  }
}
