import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import { type Names, SERVICE_ACCOUNTS } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";
import {
  type AutoscalerScope,
  autoscalerStatements,
  grafanaStatements,
  keyStatements,
  wholeBucketStatements,
} from "./permissions.ts";
import { policyDocument } from "./policy-document.ts";
import { type OidcProvider, oidcTrust, WorkloadRole } from "./workload-role.ts";

export interface ApplicationRolesProps {
  readonly names: Names;
  readonly provider: OidcProvider;
  readonly bucketArn: string;
  /** ARN of the key of the bucket's objects. Default: S3's own. */
  readonly bucketKeyArn?: string | null;
  /** The hand-written project's policies that 06-iam makes for others too. */
  readonly streamPolicy: IamPolicy;
  readonly openSearchPolicy: IamPolicy;
  /** Who may use the application role, as `namespace:name`; `*` matches anything. Default: nobody. */
  readonly serviceAccounts?: readonly string[];
  /** Policies of AWS that are attached to it. Default: none. */
  readonly managedPolicies?: readonly (keyof typeof MANAGED_POLICY_NAMES)[];
  /** Which Auto Scaling groups the cluster autoscaler may change. Default: the cluster's own. */
  readonly autoscalerScope?: AutoscalerScope;
  /** What Grafana's role may do in OpenSearch; `write` is Firehose's policy. Default: `read`. */
  readonly grafanaAccess?: "read" | "write";
}

/**
 * The roles of the hand-written project: one that all applications share, and those of Airflow, the cluster
 * autoscaler and Grafana. `per-workload` roles take their place.
 */
export class ApplicationRoles extends Construct {
  readonly application: IamRole;
  readonly clusterAutoscaler: IamRole;
  readonly grafana: IamRole;

  constructor(scope: Construct, id: string, props: ApplicationRolesProps) {
    super(scope, id);
    const { names, provider, serviceAccounts = [], managedPolicies = [] } = props;
    const { autoscalerScope = "cluster", grafanaAccess = "read" } = props;
    const bucketPolicy = withLogicalId(
      new IamPolicy(this, "BucketPolicy", {
        name: names.named("workload-s3-access"),
        description: "S3 Bucket Read/Write and List Permissions for Workloads",
        policy: policyDocument([
          ...wholeBucketStatements(props.bucketArn),
          ...keyStatements(names, props.bucketKeyArn ?? null, "s3"),
        ]),
      }),
      "workload_s3_access",
    );
    const autoscalerPolicy = withLogicalId(
      new IamPolicy(this, "AutoscalerPolicy", {
        name: names.named("cluster-autoscaler-policy"),
        description: "Cluster Autoscaler 권한",
        policy: policyDocument(autoscalerStatements(autoscalerScope, names)),
      }),
      "cluster_autoscaler",
    );

    const subjects = serviceAccounts.map((name) => `system:serviceaccount:${name}`);
    this.application = new WorkloadRole(this, "Application", {
      hclName: "app_role",
      roleName: names.role("application"),
      trust: oidcTrust(
        provider,
        subjects.some((subject) => subject.includes("*")) ? "StringLike" : "StringEquals",
        {
          sub: subjects.length === 1 ? (subjects[0] ?? "") : subjects,
        },
      ),
    }).role;
    this.attach(this.application, "app_kinesis", props.streamPolicy.arn);
    this.attach(this.application, "app_s3_access", bucketPolicy.arn);
    for (const policy of managedPolicies) {
      this.attach(this.application, MANAGED_POLICY_NAMES[policy], `arn:aws:iam::aws:policy/${policy}`);
    }

    this.attach(this.role("airflow", "airflow_role", props), "airflow_s3_access", bucketPolicy.arn);
    this.clusterAutoscaler = this.role("clusterAutoscaler", "cluster_autoscaler", props);
    this.attach(this.clusterAutoscaler, "cluster_autoscaler", autoscalerPolicy.arn);

    const readsOnly = grafanaAccess === "read";
    this.grafana = this.role("grafana", "grafana", props, readsOnly ? grafanaStatements(names) : undefined);
    if (!readsOnly) this.attach(this.grafana, "grafana_opensearch", props.openSearchPolicy.arn);
  }

  private role(
    workload: "airflow" | "clusterAutoscaler" | "grafana",
    hclName: string,
    { names, provider }: ApplicationRolesProps,
    statements?: Parameters<typeof policyDocument>[0],
  ): IamRole {
    const { namespace, name } = SERVICE_ACCOUNTS[workload];
    return new WorkloadRole(this, workload, {
      hclName,
      roleName: names.role(workload),
      // Without the audience that `workloadTrust` asks for: that is how these roles live.
      trust: oidcTrust(provider, "StringEquals", { sub: `system:serviceaccount:${namespace}:${name}` }),
      statements,
    }).role;
  }

  private attach(role: IamRole, hclName: string, policyArn: string): void {
    withLogicalId(
      new IamRolePolicyAttachment(this, `${hclName}-attachment`, { role: role.name, policyArn }),
      hclName,
    );
  }
}

/** HCL names of the attachments of AWS managed policies. */
const MANAGED_POLICY_NAMES = {
  CloudWatchAgentServerPolicy: "app_cloudwatch",
  AmazonS3ReadOnlyAccess: "app_s3_read",
} as const;
