import type { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { EksNodeGroup } from "@cdktf/provider-aws/lib/eks-node-group/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { withLogicalId } from "./logical-id.ts";

export interface NodeGroupProps {
  readonly config: Config;
  readonly names: Names;
  readonly cluster: EksCluster;
  readonly subnetIds: string[];
  readonly roleArn: string;
  readonly dependsOn: ITerraformDependable[];
}

/** AWS's own default for a managed node group's volume, in GiB. */
const DEFAULT_DISK_GIB = 20;

/** The cluster's managed node group. */
export class NodeGroup extends Construct {
  readonly group: EksNodeGroup;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    const { config, names, cluster } = props;
    const group = config.cluster.nodeGroup;
    const template = group.hardened ? this.launchTemplate(config, names) : undefined;
    this.group = withLogicalId(
      new EksNodeGroup(this, "Default", {
        clusterName: cluster.name,
        nodeGroupName: names.nodeGroup,
        nodeRoleArn: props.roleArn,
        subnetIds: props.subnetIds,
        instanceTypes: group.instanceTypes,
        capacityType: group.capacity,
        ...(group.amiType !== null && { amiType: group.amiType }),
        ...(template
          ? { launchTemplate: { id: template.id, version: Fn.tostring(template.latestVersion) } }
          : group.diskGiB !== null && { diskSize: group.diskGiB }),
        scalingConfig: { minSize: group.minSize, desiredSize: group.desiredSize, maxSize: group.maxSize },
        updateConfig: { maxUnavailable: group.maxUnavailable },
        tags: { Name: names.nodeGroup },
        dependsOn: props.dependsOn,
        ...(group.autoscaled && { lifecycle: { ignoreChanges: ["scaling_config[0].desired_size"] } }),
      }),
      "main",
    );
  }

  private launchTemplate(config: Config, names: Names): LaunchTemplate {
    const tags = { ...config.tags, Environment: names.environment, Name: names.nodeGroup };
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
              volumeSize: config.cluster.nodeGroup.diskGiB ?? DEFAULT_DISK_GIB,
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
