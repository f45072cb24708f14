import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { hclName } from "../config/names.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import type { StackName } from "./registry.ts";

/** What the outputs say, plain or as references. */
export interface OutputValues {
  readonly region: string;
  readonly stream: { readonly name: string; readonly arn: string };
  readonly bucket: { readonly name: string; readonly arn: string };
  /** Host name of the OpenSearch domain. */
  readonly domainEndpoint: string;
  /** URL and id of the managed Grafana workspace; undefined: there is none. */
  readonly workspace: { readonly url: string; readonly id: string } | undefined;
  readonly cluster: { readonly name: string; readonly arn: string; readonly endpoint: string };
  /** ARNs of roles by the workload's name, such as `app` or `log-generator`. */
  readonly roleArns: Iterable<readonly [workload: string, arn: string]>;
  /** URLs of image repositories by the service's name. */
  readonly repositoryUrls: Iterable<readonly [service: string, url: string]>;
}

/** Names that a stack's own outputs are read by from elsewhere. */
export const GRAFANA_URL = "grafana_endpoint";
export const GRAFANA_ID = "grafana_workspace_id";

/**
 * Adds the outputs. The hand-written project's scripts read them by these names.
 *
 * @param scopeOf something in the state that has a stack's outputs.
 */
export function addOutputs(values: OutputValues, scopeOf: (part: StackName) => Construct): void {
  const { region, stream, bucket, domainEndpoint, workspace, cluster, roleArns, repositoryUrls } = values;
  const output = (part: StackName, name: string, value: string, description: string) =>
    withLogicalId(new TerraformOutput(TerraformStack.of(scopeOf(part)), name, { value, description }), name);

  output("01-kinesis", "kinesis_stream_name", stream.name, "Name of the Kinesis stream");
  output("01-kinesis", "kinesis_stream_arn", stream.arn, "ARN of the Kinesis stream");
  output("02-s3", "s3_bucket_name", bucket.name, "Name of the log bucket");
  output("02-s3", "s3_bucket_arn", bucket.arn, "ARN of the log bucket");
  output("03-opensearch", "opensearch_endpoint", domainEndpoint, "Host name of the OpenSearch domain");
  output(
    "03-opensearch",
    "opensearch_dashboard_endpoint",
    `https://${domainEndpoint}/_dashboards`,
    "OpenSearch Dashboards",
  );
  if (workspace) {
    output("04-grafana", GRAFANA_URL, workspace.url, "Managed Grafana workspace");
    output("04-grafana", GRAFANA_ID, workspace.id, "Id of the managed Grafana workspace");
  }
  output("05-eks", "eks_cluster_name", cluster.name, "Name of the EKS cluster");
  output("05-eks", "eks_cluster_arn", cluster.arn, "ARN of the EKS cluster");
  output("05-eks", "eks_cluster_endpoint", cluster.endpoint, "API server of the EKS cluster");
  output(
    "05-eks",
    "kubectl_config_command",
    `aws eks update-kubeconfig --name ${cluster.name} --region ${region}`,
    "Command that lets kubectl reach the cluster",
  );
  for (const [workload, arn] of roleArns) {
    output("06-iam", `${hclName(workload)}_role_arn`, arn, `Role of ${workload}`);
  }
  for (const [service, url] of repositoryUrls) {
    output("07-ecr", `ecr_${hclName(service)}_url`, url, `Image repository of ${service}`);
  }
}
