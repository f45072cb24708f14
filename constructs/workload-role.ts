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

/** How pods get a role: by a trust in the cluster's OIDC provider (IRSA), an association that EKS keeps (Pod Identity), or either. */
export interface WorkloadIdentity {
  /** Default: no IRSA. */
  readonly provider?: OidcProvider;
  /** Of the cluster whose associations count. Default: no Pod Identity. */
  readonly clusterArn?: string;
}

/** What a trust in the OIDC provider asks of the token besides its subject. */
const AUDIENCE = "sts.amazonaws.com";

/** The trust policy of a role that exactly one service account may use. */
export function workloadTrust(
  { provider, clusterArn }: WorkloadIdentity,
  { namespace, name }: ServiceAccount,
): string {
  const claims = { sub: `system:serviceaccount:${namespace}:${name}`, aud: AUDIENCE };
  return policyDocument([
    ...(provider ? [oidcStatement(provider, "StringEquals", claims)] : []),
    ...(clusterArn === undefined ? [] : [podIdentityStatement(clusterArn, { namespace, name })]),
  ]);
}

/**
 * Only this cluster may hand the role out, only to this service account: the session tags that EKS sends.
 * https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
 */
const podIdentityStatement = (clusterArn: string, { namespace, name }: ServiceAccount): Statement => ({
  Effect: "Allow",
  Principal: { Service: "pods.eks.amazonaws.com" },
  Action: ["sts:AssumeRole", "sts:TagSession"],
  Condition: {
    StringEquals: {
      "aws:RequestTag/eks-cluster-arn": clusterArn,
      "aws:RequestTag/kubernetes-namespace": namespace,
      "aws:RequestTag/kubernetes-service-account": name,
    },
  },
});

type Claims = Readonly<Record<string, string | readonly string[]>>;
type Operator = "StringEquals" | "StringLike";

/** Lets tokens of the OIDC provider with these claims use a role. */
export const oidcTrust = (provider: OidcProvider, operator: Operator, claims: Claims): string =>
  policyDocument([oidcStatement(provider, operator, claims)]);

function oidcStatement(provider: OidcProvider, operator: Operator, claims: Claims): Statement {
  const issuer = Fn.replace(provider.url, "https://", "");
  return {
    Effect: "Allow",
    Principal: { Federated: provider.arn },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      [operator]: Object.fromEntries(
        Object.entries(claims).map(([claim, value]) => [`${issuer}:${claim}`, value]),
      ),
    },
  };
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
