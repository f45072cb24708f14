import type { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { EksNodeGroup } from "@cdktf/provider-aws/lib/eks-node-group/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import { LaunchTemplate } from "./large-bindings.ts";
import { withLogicalId } from "./logical-id.ts";

export interface NodeGroupProps {
  readonly names: Names;
  readonly cluster: EksCluster;
  readonly subnetIds: string[];
  readonly roleArn: string;
  readonly dependsOn: ITerraformDependable[];
  /** Best first, such as `t3.medium`. */
  readonly instanceTypes: string[];
  /** How nodes are bought. Default: ON_DEMAND. */
  readonly capacity?: "ON_DEMAND" | "SPOT";
  /** Such as `AL2023_x86_64_STANDARD`; null leaves it to AWS. */
  readonly amiType: string | null;
  /** Root volume in GiB; null leaves it to AWS, which takes 20. */
  readonly diskGiB: number | null;
  /** Whether something else sets the number of nodes: then a plan leaves it alone. Default: false. */
  readonly autoscaled?: boolean;
  /** A launch template: encrypted gp3 volume, IMDSv2, and no way for a pod to its node's role. Default: true. */
  readonly hardened?: boolean;
  readonly minSize: number;
  /** With `autoscaled`, the nodes to begin with. */
  readonly desiredSize: number;
  readonly maxSize: number;
  /** Nodes that may be away at once during an update. Default: 1. */
  readonly maxUnavailable?: number;
  /** Tags of instances and volumes, besides Environment and Name. Default: none. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** AWS's own default for a managed node group's volume, in GiB. */
const DEFAULT_DISK_GIB = 20;

/** The cluster's managed node group. */
export class NodeGroup extends Construct {
  readonly group: EksNodeGroup;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    const { names, cluster, capacity = "ON_DEMAND", hardened = true, maxUnavailable = 1 } = props;
    const template = hardened ? this.launchTemplate(props) : undefined;
    this.group = withLogicalId(
      new EksNodeGroup(this, "Default", {
        clusterName: cluster.name,
        nodeGroupName: names.nodeGroup,
        nodeRoleArn: props.roleArn,
        subnetIds: props.subnetIds,
        instanceTypes: props.instanceTypes,
        capacityType: capacity,
        ...(props.amiType !== null && { amiType: props.amiType }),
        ...(template
          ? { launchTemplate: { id: template.id, version: Fn.tostring(template.latestVersion) } }
          : props.diskGiB !== null && { diskSize: props.diskGiB }),
        scalingConfig: { minSize: props.minSize, desiredSize: props.desiredSize, maxSize: props.maxSize },
        updateConfig: { maxUnavailable },
        tags: { Name: names.nodeGroup },
        dependsOn: props.dependsOn,
        ...(props.autoscaled && { lifecycle: { ignoreChanges: ["scaling_config[0].desired_size"] } }),
      }),
      "main",
    );
  }

  private launchTemplate({ names, diskGiB, tags: more }: NodeGroupProps): LaunchTemplate {
    const tags = { ...more, Environment: names.environment, Name: names.nodeGroup };
    return withLogicalId(
      new LaunchTemplate(this, "Template", {
        name: names.nodeGroup,
        updateDefaultVersion: true,
        blockDeviceMappings: [
          {
            deviceName: "/dev/xvda",
            ebs: {
              encrypted: "true",
              volumeType: "gp3",
              volumeSize: diskGiB ?? DEFAULT_DISK_GIB,
              deleteOnTermination: "true",
            },
          },
        ],
        // One hop ends at the node: a pod asking for the node's credentials gets no answer.
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        // Default tags of the provider don't reach what the Auto Scaling group starts.
        tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
        tags: { Name: names.nodeGroup },
      }),
      "nodes",
    );
  }
}
