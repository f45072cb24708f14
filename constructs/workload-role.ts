import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { ServiceAccount } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";
import { policyDocument, type Statement } from "./policy-document.ts";

/** The cluster's OIDC provider, for IAM roles for service accounts (IRSA). */
export interface OidcProvider {
  readonly arn: string;
  /** With or without `https://`. */
  readonly url: string;
}

/** How pods get a role: an association that EKS keeps, or a trust in the cluster's OIDC provider. */
export type WorkloadIdentity =
  | { readonly kind: "pod-identity"; readonly clusterArn: string }
  | { readonly kind: "irsa"; readonly provider: OidcProvider };

/** What a trust in the OIDC provider asks of the token besides its subject. */
const AUDIENCE = "sts.amazonaws.com";

/** The trust policy of a role that exactly one service account may use. */
export function workloadTrust(identity: WorkloadIdentity, { namespace, name }: ServiceAccount): string {
  if (identity.kind === "irsa") {
    return oidcTrust(identity.provider, "StringEquals", {
      sub: `system:serviceaccount:${namespace}:${name}`,
      aud: AUDIENCE,
    });
  }
  return policyDocument([
    {
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      // The session tags that EKS sends: only this cluster may hand the role out, only to this service account.
      // https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
      Condition: {
        StringEquals: {
          "aws:RequestTag/eks-cluster-arn": identity.clusterArn,
          "aws:RequestTag/kubernetes-namespace": namespace,
          "aws:RequestTag/kubernetes-service-account": name,
        },
      },
    },
  ]);
}

/** Lets tokens of the OIDC provider with these claims use a role. */
export function oidcTrust(
  provider: OidcProvider,
  operator: "StringEquals" | "StringLike",
  claims: Readonly<Record<string, string | readonly string[]>>,
): string {
  const issuer = Fn.replace(provider.url, "https://", "");
  return policyDocument([
    {
      Effect: "Allow",
      Principal: { Federated: provider.arn },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: {
        [operator]: Object.fromEntries(
          Object.entries(claims).map(([claim, value]) => [`${issuer}:${claim}`, value]),
        ),
      },
    },
  ]);
}

export interface WorkloadRoleProps {
  /** HCL name of the role, such as `consumer`. */
  readonly hclName: string;
  /** Physical name. */
  readonly roleName: string;
  /** Who may use it, as JSON: `workloadTrust`, `serviceTrust`. */
  readonly trust: string;
  /** What it may do. Default: nothing but the managed policies. */
  readonly statements?: readonly Statement[];
  /** AWS managed policies by name, such as `service-role/AmazonEBSCSIDriverPolicy`. Default: none. */
  readonly managedPolicies?: readonly string[];
}

/** A role for one workload, with its permissions inline: they live and go with it. */
export class WorkloadRole extends Construct {
  readonly role: IamRole;

  constructor(scope: Construct, id: string, props: WorkloadRoleProps) {
    super(scope, id);
    this.role = withLogicalId(
      new IamRole(this, "Default", { name: props.roleName, assumeRolePolicy: props.trust }),
      props.hclName,
    );
    if (props.statements) {
      withLogicalId(
        new IamRolePolicy(this, "Policy", {
          name: "permissions",
          role: this.role.name,
          policy: policyDocument(props.statements),
        }),
        props.hclName,
      );
    }
    for (const policy of props.managedPolicies ?? []) {
      const word = policy.split("/").at(-1) ?? policy;
      withLogicalId(
        new IamRolePolicyAttachment(this, word, {
          role: this.role.name,
          policyArn: `arn:aws:iam::aws:policy/${policy}`,
        }),
        `${props.hclName}_${word}`,
      );
    }
  }
}
