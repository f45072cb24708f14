import { DataAwsEksCluster } from "@cdktf/provider-aws/lib/data-aws-eks-cluster/index.js";
import type { EksCluster } from "@cdktf/provider-aws/lib/eks-cluster/index.js";
import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { DataTlsCertificate } from "@cdktf/provider-tls/lib/data-tls-certificate/index.js";
import { Fn, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";
import type { OidcProvider } from "./workload-role.ts";

export interface ClusterOidcProviderProps {
  readonly cluster: EksCluster;
  /**
   * Where the thumbprint is read from (`url` null: the cluster's issuer), and whether that certificate's chain is verified.
   * Default: the cluster's issuer, verified.
   */
  readonly certificate?: { readonly url: string | null; readonly verifyChain: boolean } | null;
}

/** The OIDC provider by which IAM recognizes the cluster's service accounts (IRSA). The stack needs a TlsProvider. */
export class ClusterOidcProvider extends Construct {
  private readonly provider: OidcProvider;

  constructor(scope: Construct, id: string, { cluster, certificate }: ClusterOidcProviderProps) {
    super(scope, id);
    const issuer = cluster.identity.get(0).oidc.get(0).issuer;
    const tls = withLogicalId(
      new DataTlsCertificate(this, "Certificate", {
        url: certificate?.url ?? issuer,
        ...(certificate && !certificate.verifyChain && { verifyChain: false }),
      }),
      "eks",
    );
    this.provider = withLogicalId(
      new IamOpenidConnectProvider(this, "Default", {
        url: issuer,
        clientIdList: ["sts.amazonaws.com"],
        thumbprintList: [tls.certificates.get(0).sha1Fingerprint],
      }),
      "eks",
    );
  }

  /**
   * The provider, for a construct: a reference inside one state. Across states its issuer is looked up, since AWS chooses it, so the
   * cluster has to be there.
   */
  valueFor(user: Construct, names: Names): OidcProvider {
    if (TerraformStack.of(user) === TerraformStack.of(this)) return this.provider;
    const cluster = withLogicalId(
      new DataAwsEksCluster(user, "Cluster", { name: names.actual.cluster }),
      "main",
    );
    const url = cluster.identity.get(0).oidc.get(0).issuer;
    return {
      url,
      arn: `arn:aws:iam::${names.account}:oidc-provider/${Fn.replace(url, "https://", "")}`,
    };
  }
}
