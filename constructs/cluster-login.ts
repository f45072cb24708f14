import { DataAwsEksCluster } from "@cdktf/provider-aws/lib/data-aws-eks-cluster/index.js";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider/index.js";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider/index.js";
import { Fn, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

/** What the bindings in use are generated from, as with the AWS provider. */
const KUBERNETES_PROVIDER = "2.38.0";
const HELM_PROVIDER = "3.1.1";

export interface ClusterLoginProps {
  /** The cluster is found by this name when Terraform plans: it must exist by then. */
  readonly clusterName: string;
  readonly region: string;
  /** Whether the stack installs charts. Default: false. */
  readonly helm?: boolean;
}

/**
 * Lets a stack work inside the cluster: the Kubernetes provider and, with `helm`, the Helm provider.
 *
 * Both ask `aws eks get-token` for a token each time (the AWS CLI must be on the path), so that none is ever in a state
 * or a plan.
 */
export class ClusterLogin extends Construct {
  constructor(scope: Construct, id: string, { clusterName, region, helm = false }: ClusterLoginProps) {
    super(scope, id);
    const stack = TerraformStack.of(this);
    const cluster = withLogicalId(new DataAwsEksCluster(this, "Cluster", { name: clusterName }), "main");
    const connection = {
      host: cluster.endpoint,
      clusterCaCertificate: Fn.base64decode(cluster.certificateAuthority.get(0).data),
    };
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1beta1",
      command: "aws",
      args: ["eks", "get-token", "--cluster-name", clusterName, "--region", region, "--output", "json"],
    };
    new KubernetesProvider(stack, "kubernetes", { ...connection, exec: [exec] });
    stack.addOverride("terraform.required_providers.kubernetes.version", KUBERNETES_PROVIDER);
    if (helm) {
      new HelmProvider(stack, "helm", { kubernetes: { ...connection, exec } });
      stack.addOverride("terraform.required_providers.helm.version", HELM_PROVIDER);
    }
  }
}
