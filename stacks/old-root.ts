import { DataAwsEksCluster } from "@cdktf/provider-aws/lib/data-aws-eks-cluster/index.js";
import { DataAwsOpensearchDomain } from "@cdktf/provider-aws/lib/data-aws-opensearch-domain/index.js";
import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import {
  hclName,
  kebabCase,
  type Names,
  type RoleName,
  SERVICE_ACCOUNTS,
  type Workload,
} from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { withLogicalId } from "../constructs/logical-id.ts";

export interface OldRootProps {
  readonly config: Config;
  readonly names: Names;
  /** Names of the roles whose ARNs are outputs, such as `app` or `log-generator`. */
  readonly outputRoles: Iterable<string>;
}

/** The role of an output's name. */
function roleOf(name: string): RoleName {
  if (name === "app") return "application";
  const found = (Object.keys(SERVICE_ACCOUNTS) as Workload[]).find((one) => kebabCase(one) === name);
  if (!found) throw new RangeError(`${name}: given a role of no workload`);
  return found;
}

/** The root that 01-07 have left: it keeps the outputs that others read, by the names that its objects have. */
export class OldRoot extends Construct {
  constructor(scope: Construct, id: string, { config, names, outputRoles }: OldRootProps) {
    super(scope, id);
    const domain = withLogicalId(
      new DataAwsOpensearchDomain(this, "Domain", { domainName: names.domain }),
      "logs",
    );
    const cluster = withLogicalId(new DataAwsEksCluster(this, "Cluster", { name: names.cluster }), "main");
    const values: Record<string, string> = {
      kinesis_stream_name: names.stream,
      kinesis_stream_arn: names.streamArn,
      s3_bucket_name: names.bucket,
      s3_bucket_arn: names.bucketArn,
      opensearch_endpoint: domain.endpoint,
      opensearch_dashboard_endpoint: `https://${domain.endpoint}/_dashboards`,
      eks_cluster_name: names.cluster,
      eks_cluster_arn: names.clusterArn,
      eks_cluster_endpoint: cluster.endpoint,
      kubectl_config_command: `aws eks update-kubeconfig --name ${names.cluster} --region ${names.region}`,
      ...Object.fromEntries(
        [...outputRoles].map((role) => [`${hclName(role)}_role_arn`, names.roleArn(roleOf(role))]),
      ),
      ...Object.fromEntries(
        config.repositories.names.map((service) => [
          `ecr_${hclName(service)}_url`,
          `${names.account}.dkr.ecr.${names.region}.amazonaws.com/${names.repository(service)}`,
        ]),
      ),
    };
    for (const [name, value] of Object.entries(values)) {
      withLogicalId(new TerraformOutput(this, name, { value }), name);
    }
  }
}
