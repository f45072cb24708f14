import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { Construct } from "constructs";
import { kebabCase, type Names, type RoleName, SERVICE_ACCOUNTS, type Workload } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { ApplicationRoles } from "../constructs/application-roles.ts";
import { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import type { ClusterOidcProvider } from "../constructs/oidc-provider.ts";
import {
  firehoseInVpcStatements,
  firehoseToOpenSearchStatements,
  firehoseToS3Statements,
  grafanaStatements,
  keyStatements,
  openSearchAdminStatements,
  wildcardStreamStatements,
} from "../constructs/permissions.ts";
import { policyDocument, type Statement, serviceTrust } from "../constructs/policy-document.ts";
import {
  type OidcProvider,
  type WorkloadIdentity,
  WorkloadRole,
  workloadTrust,
} from "../constructs/workload-role.ts";
import { WorkloadRoles } from "../constructs/workload-roles.ts";

export interface IamProps {
  readonly config: Config;
  readonly names: Names;
  readonly bucketArn: Handle;
}

/** 06: every role and policy. */
export class Iam extends Construct {
  readonly firehoseRoleArn: Handle;
  readonly eksClusterRoleArn: Handle;
  readonly eksNodeRoleArn: Handle;
  /** Role that administers the OpenSearch domain, unless a user with a password does. */
  readonly openSearchAdminRoleArn: Handle | undefined;
  /** Role of the managed Grafana workspace, where there is one. */
  readonly grafanaWorkspaceRoleArn: Handle | undefined;
  /** Permission of the nodes to manage volumes; undefined where the EBS CSI driver has a role of its own. */
  readonly nodeVolumes: Handle | undefined;
  /** Roles whose ARNs are outputs, by the workload's name. */
  outputRoles: ReadonlyMap<string, IamRole> = new Map();
  private readonly props: IamProps;
  private readonly bucketArn: string;
  private readonly openSearchPolicy: IamPolicy;
  private sharedStreamPolicy: IamPolicy | undefined;

  constructor(scope: Construct, id: string, props: IamProps) {
    super(scope, id);
    this.props = props;
    const { config, names } = props;
    this.bucketArn = props.bucketArn.valueFor(this, names);

    const cluster = this.serviceRole("eksCluster", "eks_cluster", serviceTrust("eks.amazonaws.com"));
    this.eksClusterRoleArn = this.roleHandle("eksCluster", cluster, [
      this.attachManaged(cluster, "eks_cluster_policy", "AmazonEKSClusterPolicy"),
    ]);

    const node = this.serviceRole("eksNode", "eks_node", serviceTrust("ec2.amazonaws.com"));
    this.eksNodeRoleArn = this.roleHandle("eksNode", node, [
      this.attachManaged(node, "eks_worker_node_policy", "AmazonEKSWorkerNodePolicy"),
      this.attachManaged(node, "eks_cni_policy", "AmazonEKS_CNI_Policy"),
      this.attachManaged(node, "eks_container_registry", "AmazonEC2ContainerRegistryReadOnly"),
    ]);
    if (config.cluster.ebsCsiRole === "node" && config.cluster.addOns.ebsCsi !== null) {
      this.nodeVolumes = this.roleHandle("eksNode", node, [
        this.attachManaged(node, "eks_ebs_csi_driver_policy", "service-role/AmazonEBSCSIDriverPolicy"),
      ]);
    }

    const exact = config.firehose.rolePolicies === "exact";
    const firehose = this.serviceRole(
      "firehose",
      "firehose",
      serviceTrust(
        "firehose.amazonaws.com",
        // Firehose sends the account it works for: nobody else's delivery stream can use the role.
        exact ? { StringEquals: { "sts:ExternalId": names.account } } : undefined,
      ),
    );
    // A description cannot be changed without replacing the policy, so these are the live ones.
    const s3Policy = this.policy("firehose-s3", "Firehose S3 쓰기 권한", [
      ...firehoseToS3Statements(config.firehose.rolePolicies, names, this.bucketArn),
      ...keyStatements(names, config.kmsKeys.bucket, "s3"),
    ]);
    this.openSearchPolicy = this.policy("firehose-opensearch", "Firehose OpenSearch 쓰기 권한", [
      ...firehoseToOpenSearchStatements(config.firehose.rolePolicies, names),
      ...(config.domain.vpc ? firehoseInVpcStatements(names, config.domain.vpc) : []),
    ]);
    this.attach(firehose, "firehose_s3", s3Policy.arn);
    this.attach(firehose, "firehose_opensearch", this.openSearchPolicy.arn);
    this.firehoseRoleArn = this.roleHandle("firehose", firehose);

    if (config.iam.nodesMayUseStream) this.attach(node, "eks_node_kinesis", this.streamPolicy().arn);

    if (config.domain.masterUser.kind === "iam") {
      const { role } = new WorkloadRole(this, "OpenSearchAdmin", {
        hclName: "opensearch_admin",
        roleName: names.role("openSearchAdmin"),
        // Whom the account lets assume it: the pipeline, and the team in an emergency.
        trust: policyDocument([
          {
            Effect: "Allow",
            Principal: { AWS: `arn:aws:iam::${names.account}:root` },
            Action: "sts:AssumeRole",
          },
        ]),
        statements: openSearchAdminStatements(names),
      });
      this.openSearchAdminRoleArn = this.roleHandle("openSearchAdmin", role);
    }

    if (config.grafana.mode === "managed") {
      const { role } = new WorkloadRole(this, "GrafanaWorkspace", {
        hclName: "grafana_workspace",
        roleName: names.role("grafanaWorkspace"),
        trust: serviceTrust("grafana.amazonaws.com", {
          StringEquals: { "aws:SourceAccount": names.account },
        }),
        statements: grafanaStatements(names),
      });
      this.grafanaWorkspaceRoleArn = this.roleHandle("grafanaWorkspace", role);
    }
  }

  /**
   * Makes the roles that pods use. Called once, when it is known how the cluster's pods are recognized: with IRSA by
   * the OIDC provider of 05-eks, which needs roles of this stack before.
   *
   * @param oidc the cluster's OIDC provider; undefined with EKS Pod Identity.
   * @returns the role of each workload that has one.
   */
  addWorkloadRoles(oidc: ClusterOidcProvider | undefined): ReadonlyMap<Workload, Handle> {
    const { config, names } = this.props;
    const provider = oidc?.valueFor(this, names);
    const identity: WorkloadIdentity = {
      ...(provider && { provider }),
      ...(config.workloadIdentity !== "irsa" && { clusterArn: names.actual.clusterArn }),
    };
    const roles = new Map<Workload, IamRole>([
      ...(config.iam.workloadRoles === "application" && provider
        ? this.applicationRoles(provider)
        : this.workloadRoles(identity)),
      ...this.ebsCsiRole(identity),
    ]);
    return new Map([...roles].map(([workload, role]) => [workload, this.roleHandle(workload, role)]));
  }

  private workloadRoles(identity: WorkloadIdentity): ReadonlyMap<Workload, IamRole> {
    const { config, names } = this.props;
    const { roles } = new WorkloadRoles(this, "Workloads", {
      names: names.actual,
      identity,
      bucketArn: this.bucketArn,
      bucketKeyArn: config.kmsKeys.bucket,
      tableKeyArn: config.kmsKeys.table,
      autoscalerScope: config.iam.autoscalerScope,
      kcl: config.services.consumer.engine === "kcl",
      grafana: config.grafana.mode === "chart",
    });
    this.outputRoles = new Map([...roles].map(([workload, role]) => [kebabCase(workload), role]));
    return roles;
  }

  private applicationRoles(provider: OidcProvider): ReadonlyMap<Workload, IamRole> {
    const { config, names } = this.props;
    const { application, clusterAutoscaler, grafana } = new ApplicationRoles(this, "Applications", {
      names,
      provider,
      bucketArn: this.bucketArn,
      bucketKeyArn: config.kmsKeys.bucket,
      streamPolicy: this.streamPolicy(),
      openSearchPolicy: this.openSearchPolicy,
      ...config.iam.applicationRole,
      autoscalerScope: config.iam.autoscalerScope,
      grafanaAccess: config.iam.grafanaAccess,
    });
    this.outputRoles = new Map([
      ["app", application],
      ["cluster-autoscaler", clusterAutoscaler],
    ]);
    return new Map([
      ["clusterAutoscaler", clusterAutoscaler],
      ["grafana", grafana],
    ]);
  }

  private ebsCsiRole(identity: WorkloadIdentity): [Workload, IamRole][] {
    const { config, names } = this.props;
    if (config.cluster.ebsCsiRole === "node" || config.cluster.addOns.ebsCsi === null) return [];
    const { role } = new WorkloadRole(this, "EbsCsi", {
      hclName: "ebs_csi",
      roleName: names.role("ebsCsi"),
      trust: workloadTrust(identity, SERVICE_ACCOUNTS.ebsCsi),
      managedPolicies: ["service-role/AmazonEBSCSIDriverPolicy"],
    });
    return [["ebsCsi", role]];
  }

  /** The hand-written project's policy for the stream, which nodes and applications share; made when first asked for. */
  private streamPolicy(): IamPolicy {
    this.sharedStreamPolicy ??= this.policy(
      "kinesis-access",
      "Kinesis Stream 읽기/쓰기 권한",
      wildcardStreamStatements(this.props.names),
    );
    return this.sharedStreamPolicy;
  }

  private serviceRole(role: RoleName, hclName: string, trust: string): IamRole {
    return withLogicalId(
      new IamRole(this, `${role}Role`, { name: this.props.names.role(role), assumeRolePolicy: trust }),
      hclName,
    );
  }

  private policy(suffix: string, description: string, statements: readonly Statement[]): IamPolicy {
    return withLogicalId(
      new IamPolicy(this, `${suffix}-policy`, {
        name: this.props.names.named(suffix),
        description,
        policy: policyDocument(statements),
      }),
      suffix.replaceAll("-", "_"),
    );
  }

  private attachManaged(role: IamRole, hclName: string, policy: string): IamRolePolicyAttachment {
    return this.attach(role, hclName, `arn:aws:iam::aws:policy/${policy}`);
  }

  private attach(role: IamRole, hclName: string, policyArn: string): IamRolePolicyAttachment {
    return withLogicalId(
      new IamRolePolicyAttachment(this, `${hclName}-attachment`, { role: role.name, policyArn }),
      hclName,
    );
  }

  private roleHandle(role: RoleName, { arn }: IamRole, readyWhen: IamRolePolicyAttachment[] = []): Handle {
    return new Handle(this, arn, (own) => own.roleArn(role), readyWhen);
  }
}
