import { DataAwsSubnets } from "@cdktf/provider-aws/lib/data-aws-subnets/index.js";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc/index.js";
import { EksPodIdentityAssociation } from "@cdktf/provider-aws/lib/eks-pod-identity-association/index.js";
import { Construct } from "constructs";
import { hclName, kebabCase, type Names, SERVICE_ACCOUNTS, type Workload } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { ClusterAccess } from "../constructs/cluster-access.ts";
import { AddOn, type AddOnProps } from "../constructs/cluster-add-on.ts";
import { ControlPlane } from "../constructs/control-plane.ts";
import { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { NodeGroup } from "../constructs/node-group.ts";
import { ClusterOidcProvider } from "../constructs/oidc-provider.ts";
import { awsProviderMajor, hasBootstrapAddOns } from "../constructs/provider-version.ts";

export interface EksProps {
  readonly config: Config;
  readonly names: Names;
  readonly clusterRoleArn: Handle;
  readonly nodeRoleArn: Handle;
  /** ARNs of the team, plain or one reference to a list. */
  readonly team: string[];
}

/** What 06-iam gives back once it knows how the cluster's pods are recognized. */
export interface WorkloadRoles {
  /** The role of each workload that has one of its own. */
  readonly roleArns: ReadonlyMap<Workload, Handle>;
  /** The nodes' permission to manage volumes, where the EBS CSI driver has no role of its own. */
  readonly nodeVolumes: Handle | undefined;
}

const EBS_CSI = "aws-ebs-csi-driver";

/** 05: the EKS cluster, its nodes, its add-ons, and who may use it. */
export class Eks extends Construct {
  readonly controlPlane: ControlPlane;
  readonly clusterName: Handle;
  /** By which IAM recognizes the pods' service accounts, with IRSA. */
  readonly oidcProvider: ClusterOidcProvider | undefined;
  private readonly nodeGroup: NodeGroup;
  private readonly props: EksProps;

  constructor(scope: Construct, id: string, props: EksProps) {
    super(scope, id);
    this.props = props;
    const { config, names } = props;
    const { addOns } = config.cluster;
    const subnetIds = this.subnets(config);

    const { vpcCni, kubeProxy, coreDns } = addOns;
    const provider = {
      version: config.provider.aws,
      shared: config.stateLayout === "shared" || config.imported,
    };
    this.controlPlane = new ControlPlane(this, "ControlPlane", {
      ...config.cluster,
      names,
      logKmsKeyArn: config.kmsKeys.logGroups,
      // The argument is younger than the 5.x provider that shares its state with others.
      startsBare:
        awsProviderMajor(provider) >= 6 && [vpcCni, kubeProxy, coreDns].every((addOn) => addOn !== null),
      // AWS doesn't say it of a cluster, so an import lacks it, and setting it would replace the cluster.
      ignoreChanges: config.imported ? notImported(config, hasBootstrapAddOns(provider)) : [],
      preventDestroy: config.protection.preventDestroy,
      subnetIds,
      roleArn: props.clusterRoleArn.valueFor(this, names),
      dependsOn: props.clusterRoleArn.dependenciesFor(this),
    });
    const cluster = this.controlPlane.cluster;
    this.clusterName = new Handle(this, cluster.name, (names) => names.cluster);

    // A node is Ready only with a network: these two come before the nodes, the rest runs on them.
    const early = [
      ...this.addOn("vpc-cni", addOns.vpcCni, {
        ...(config.cluster.networkPolicies && { settings: { enableNetworkPolicy: "true" } }),
      }),
      ...this.addOn("kube-proxy", addOns.kubeProxy),
      ...this.addOn("eks-pod-identity-agent", addOns.podIdentityAgent),
    ];
    this.nodeGroup = new NodeGroup(this, "NodeGroup", {
      ...config.cluster.nodeGroup,
      tags: config.tags,
      names,
      cluster,
      subnetIds,
      roleArn: props.nodeRoleArn.valueFor(this, names),
      dependsOn: [...props.nodeRoleArn.dependenciesFor(this), ...early.map(({ addOn }) => addOn)],
    });
    this.addOn("coredns", addOns.coreDns, { dependsOn: [this.nodeGroup.group] });

    new ClusterAccess(this, "Access", { cluster, team: props.team, policy: config.cluster.teamAccess });
    if (config.workloadIdentity !== "pod-identity") {
      const certificate = config.cluster.oidcCertificate;
      this.oidcProvider = new ClusterOidcProvider(this, "OidcProvider", { cluster, certificate });
    }
  }

  /**
   * Binds each workload's role to its one service account, and installs the EBS CSI driver with its permission.
   * Called once, after 06-iam made the roles: with IRSA they trust this cluster's OIDC provider.
   */
  bindWorkloads({ roleArns, nodeVolumes }: WorkloadRoles): void {
    const { config, names } = this.props;
    if (config.workloadIdentity !== "irsa") {
      for (const [workload, role] of roleArns) {
        const { namespace, name } = SERVICE_ACCOUNTS[workload];
        withLogicalId(
          new EksPodIdentityAssociation(this, `${workload}Identity`, {
            clusterName: this.controlPlane.cluster.name,
            namespace,
            serviceAccount: name,
            roleArn: role.valueFor(this, names),
          }),
          hclName(kebabCase(workload)),
        );
      }
    }
    const ebsCsiRole = config.workloadIdentity !== "pod-identity" ? roleArns.get("ebsCsi") : undefined;
    this.addOn(EBS_CSI, config.cluster.addOns.ebsCsi, {
      hclName: "ebs_csi",
      ...(ebsCsiRole && { roleArn: ebsCsiRole.valueFor(this, names) }),
      dependsOn: [this.nodeGroup.group, ...(nodeVolumes?.dependenciesFor(this) ?? [])],
    });
  }

  private addOn(
    name: string,
    addOn: { readonly version: string | null } | null,
    options: Partial<Pick<AddOnProps, "hclName" | "roleArn" | "settings" | "dependsOn">> = {},
  ): AddOn[] {
    if (addOn === null) return [];
    return [
      new AddOn(this, name, {
        cluster: this.controlPlane.cluster,
        name,
        version: addOn.version,
        hclName: hclName(name),
        ...options,
        preinstalled: name !== EBS_CSI,
      }),
    ];
  }

  private subnets(config: Config): string[] {
    if (config.network.kind === "subnets") return config.network.subnetIds;
    const vpc = withLogicalId(new DataAwsVpc(this, "Vpc", { default: true }), "default");
    return withLogicalId(
      new DataAwsSubnets(this, "Subnets", { filter: [{ name: "vpc-id", values: [vpc.id] }] }),
      "default",
    ).ids;
  }
}

/** What an import cannot read of a cluster and a change of would replace it. */
const notImported = ({ cluster }: Config, hasAddOns: boolean): string[] => [
  ...(hasAddOns ? ["bootstrap_self_managed_addons"] : []),
  // An import takes it for true.
  ...(cluster.creatorIsAdmin ? [] : ["access_config[0].bootstrap_cluster_creator_admin_permissions"]),
];
