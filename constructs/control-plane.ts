import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";
import { protectedLifecycle } from "./protection.ts";

export interface ControlPlaneProps {
  readonly names: Names;
  readonly subnetIds: string[];
  readonly roleArn: string;
  /** The role's policies: without them EKS cannot clean up after itself. */
  readonly dependsOn: ITerraformDependable[];
  /** Kubernetes version, such as `1.35`. */
  readonly version: string;
  /** Who may reach the API server from the internet. Default: nobody, only the VPC. */
  readonly publicEndpointCidrs?: string[];
  readonly authenticationMode: "API" | "API_AND_CONFIG_MAP";
  /** Whether the identity that creates the cluster becomes its administrator. Default: true. */
  readonly creatorIsAdmin?: boolean;
  /** Whether Kubernetes secrets are encrypted with a KMS key of their own. Default: true. */
  readonly encryptSecrets?: boolean;
  /** Control-plane logs that go to CloudWatch. */
  readonly logTypes: string[];
  /** Days that they are kept; null: EKS makes the log group itself and keeps it for ever. */
  readonly logRetentionDays: number | null;
  /** ARN of the key that encrypts them. Default: CloudWatch's own. */
  readonly logKmsKeyArn?: string | null;
  /** Without EKS's own copies of the network add-ons, where others take their place. Default: false. */
  readonly startsBare?: boolean;
  /** Arguments that a plan leaves as they are, such as `bootstrap_self_managed_addons`. Default: none. */
  readonly ignoreChanges?: readonly string[];
  /** Whether a plan that destroys the cluster or its key fails. Default: false. */
  readonly preventDestroy?: boolean;
}

/** An EKS control plane, with its log group and the key of its secrets. */
export class ControlPlane extends Construct {
  readonly cluster: EksCluster;

  constructor(scope: Construct, id: string, props: ControlPlaneProps) {
    super(scope, id);
    const { names, subnetIds, dependsOn, publicEndpointCidrs = [], logRetentionDays } = props;
    const {
      creatorIsAdmin = true,
      encryptSecrets = true,
      startsBare = false,
      ignoreChanges = [],
      preventDestroy = false,
    } = props;

    const logGroup =
      logRetentionDays === null
        ? []
        : [
            withLogicalId(
              new CloudwatchLogGroup(this, "Logs", {
                name: names.clusterLogGroup,
                retentionInDays: logRetentionDays,
                ...(props.logKmsKeyArn && { kmsKeyId: props.logKmsKeyArn }),
              }),
              "eks",
            ),
          ];
    this.cluster = withLogicalId(
      new EksCluster(this, "Default", {
        name: names.cluster,
        roleArn: props.roleArn,
        version: props.version,
        ...(startsBare && { bootstrapSelfManagedAddons: false }),
        vpcConfig: {
          subnetIds,
          endpointPrivateAccess: true,
          endpointPublicAccess: publicEndpointCidrs.length > 0,
          ...(publicEndpointCidrs.length > 0 && { publicAccessCidrs: publicEndpointCidrs }),
        },
        accessConfig: {
          authenticationMode: props.authenticationMode,
          bootstrapClusterCreatorAdminPermissions: creatorIsAdmin,
        },
        enabledClusterLogTypes: props.logTypes,
        ...(encryptSecrets && {
          encryptionConfig: {
            provider: { keyArn: this.secretsKey(names, preventDestroy).arn },
            resources: ["secrets"],
          },
        }),
        tags: { Name: names.cluster },
        // EKS makes the log group itself, without retention, if it isn't there.
        dependsOn: [...dependsOn, ...logGroup],
        lifecycle:
          ignoreChanges.length > 0
            ? { ...protectedLifecycle(preventDestroy), ignoreChanges: [...ignoreChanges] }
            : protectedLifecycle(preventDestroy),
      }),
      "main",
    );
  }

  private secretsKey(names: Names, preventDestroy: boolean): KmsKey {
    const key = withLogicalId(
      new KmsKey(this, "SecretsKey", {
        description: `Kubernetes secrets of ${names.cluster}`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        tags: { Name: names.named("eks-secrets") },
        lifecycle: protectedLifecycle(preventDestroy),
      }),
      "eks_secrets",
    );
    withLogicalId(
      new KmsAlias(this, "SecretsKeyAlias", { name: names.clusterKeyAlias, targetKeyId: key.keyId }),
      "eks_secrets",
    );
    return key;
  }
}
