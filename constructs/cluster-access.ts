import { EksAccessEntry } from "@cdktf/provider-aws/lib/eks-access-entry/index.js";
import { EksAccessPolicyAssociation } from "@cdktf/provider-aws/lib/eks-access-policy-association/index.js";
import type { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { TerraformIterator } from "cdktf";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

export interface ClusterAccessProps {
  readonly cluster: EksCluster;
  /** ARNs of IAM users and roles, plain or one reference to a list. */
  readonly team: string[];
  /** An EKS access policy, such as `AmazonEKSViewPolicy`; it holds for the whole cluster. */
  readonly policy: string;
}

/** Lets the team into the cluster: one access entry and one policy a member, keyed by the member's ARN. */
export class ClusterAccess extends Construct {
  constructor(scope: Construct, id: string, { cluster, team, policy }: ClusterAccessProps) {
    super(scope, id);
    const member = TerraformIterator.fromList(team);
    const entry = withLogicalId(
      new EksAccessEntry(this, "Default", {
        forEach: member,
        clusterName: cluster.name,
        principalArn: member.value,
        type: "STANDARD",
      }),
      "team_members",
    );
    withLogicalId(
      new EksAccessPolicyAssociation(this, "Policy", {
        forEach: member,
        clusterName: cluster.name,
        principalArn: member.value,
        policyArn: `arn:aws:eks::aws:cluster-access-policy/${policy}`,
        accessScope: { type: "cluster" },
        dependsOn: [entry],
      }),
      "team_members_admin",
    );
  }
}
