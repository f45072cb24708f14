import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { withLogicalId } from "./logical-id.ts";
import { protectedLifecycle } from "./protection.ts";
import { awsProviderMajor } from "./provider-version.ts";

export interface ControlPlaneProps {
  readonly config: Config;
  readonly names: Names;
  readonly subnetIds: string[];
  readonly roleArn: string;
  /** The role's policies: without them EKS cannot clean up after itself. */
  readonly dependsOn: ITerraformDependable[];
}

/** An EKS control plane, with its log group and the key of its secrets. */
export class ControlPlane extends Construct {
  readonly cluster: EksCluster;

  constructor(
    scope: Construct,
    id: string,
    { config, names, subnetIds, roleArn, dependsOn }: ControlPlaneProps,
  ) {
    super(scope, id);
    const { cluster } = config;
    const { vpcCni, kubeProxy, coreDns } = cluster.addOns;
    // Without EKS's own copies of the network add-ons, where ours take their place. The argument is younger than the
    // 5.x provider that shares its state with others.
    const startsBare =
      awsProviderMajor(config) >= 6 && [vpcCni, kubeProxy, coreDns].every((addOn) => addOn !== null);

    const logGroup =
      cluster.logRetentionDays === null
        ? []
        : [
            withLogicalId(
              new CloudwatchLogGroup(this, "Logs", {
                name: names.clusterLogGroup,
                retentionInDays: cluster.logRetentionDays,
              }),
              "eks",
            ),
          ];
    this.cluster = withLogicalId(
      new EksCluster(this, "Default", {
        name: names.cluster,
        roleArn,
        version: cluster.version,
        ...(startsBare && { bootstrapSelfManagedAddons: false }),
        vpcConfig: {
          subnetIds,
          endpointPrivateAccess: true,
          endpointPublicAccess: cluster.publicEndpointCidrs.length > 0,
          ...(cluster.publicEndpointCidrs.length > 0 && { publicAccessCidrs: cluster.publicEndpointCidrs }),
        },
        accessConfig: {
          authenticationMode: cluster.authenticationMode,
          bootstrapClusterCreatorAdminPermissions: cluster.creatorIsAdmin,
        },
        enabledClusterLogTypes: cluster.logTypes,
        ...(cluster.encryptSecrets && {
          encryptionConfig: {
            provider: { keyArn: this.secretsKey(config, names).arn },
            resources: ["secrets"],
          },
        }),
        tags: { Name: names.cluster },
        // EKS makes the log group itself, without retention, if it isn't there.
        dependsOn: [...dependsOn, ...logGroup],
        lifecycle: protectedLifecycle(config),
      }),
      "main",
    );
  }

  private secretsKey(config: Config, names: Names): KmsKey {
    const key = withLogicalId(
      new KmsKey(this, "SecretsKey", {
        description: `Kubernetes secrets of ${names.cluster}`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        tags: { Name: names.named("eks-secrets") },
        lifecycle: protectedLifecycle(config),
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
