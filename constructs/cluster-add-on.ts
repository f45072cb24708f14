import { EksAddon } from "@cdktf/provider-aws/lib/eks-addon/index.js";
import type { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

export interface AddOnProps {
  readonly cluster: EksCluster;
  /** EKS's name, such as `vpc-cni`. */
  readonly name: string;
  /** Exact version; null takes AWS's default for the cluster's Kubernetes version. */
  readonly version: string | null;
  readonly hclName: string;
  /** Role of the add-on's service account, with IRSA. Default: none. */
  readonly roleArn?: string;
  /** The add-on's own settings. Default: its defaults. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly dependsOn?: ITerraformDependable[];
  /** Whether EKS may have installed a self-managed copy, which then gives way. */
  readonly preinstalled: boolean;
}

/** An add-on that EKS installs and keeps. */
export class AddOn extends Construct {
  readonly addOn: EksAddon;

  constructor(scope: Construct, id: string, props: AddOnProps) {
    super(scope, id);
    this.addOn = withLogicalId(
      new EksAddon(this, "Default", {
        clusterName: props.cluster.name,
        addonName: props.name,
        ...(props.version !== null && { addonVersion: props.version }),
        ...(props.roleArn && { serviceAccountRoleArn: props.roleArn }),
        ...(props.settings && { configurationValues: JSON.stringify(props.settings) }),
        ...(props.preinstalled && {
          resolveConflictsOnCreate: "OVERWRITE",
          resolveConflictsOnUpdate: "OVERWRITE",
        }),
        ...(props.dependsOn && { dependsOn: props.dependsOn }),
      }),
      props.hclName,
    );
  }
}
