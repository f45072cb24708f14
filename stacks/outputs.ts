import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { hclName, type Names } from "../config/names.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import type { Kinesis } from "./01-kinesis.ts";
import type { S3 } from "./02-s3.ts";
import type { OpenSearch } from "./03-opensearch.ts";
import type { Grafana } from "./04-grafana.ts";
import type { Eks } from "./05-eks.ts";
import type { Iam } from "./06-iam.ts";
import type { Ecr } from "./07-ecr.ts";

export interface OutputsProps {
  readonly names: Names;
  readonly kinesis: Kinesis;
  readonly s3: S3;
  readonly openSearch: OpenSearch;
  readonly grafana: Grafana;
  readonly eks: Eks;
  readonly iam: Iam;
  readonly ecr: Ecr;
}

/** The outputs, each in the state of what it describes. The hand-written project's scripts read them by these names. */
export function addOutputs(props: OutputsProps): void {
  const { names, kinesis, s3, openSearch, grafana, eks, iam, ecr } = props;
  const { stream } = kinesis;
  const { bucket } = s3;
  const { endpoint } = openSearch.domain;
  const { cluster } = eks.controlPlane;

  output(kinesis, "kinesis_stream_name", stream.name, "Name of the Kinesis stream");
  output(kinesis, "kinesis_stream_arn", stream.arn, "ARN of the Kinesis stream");
  output(s3, "s3_bucket_name", bucket.id, "Name of the log bucket");
  output(s3, "s3_bucket_arn", bucket.arn, "ARN of the log bucket");
  output(openSearch, "opensearch_endpoint", endpoint, "Host name of the OpenSearch domain");
  output(
    openSearch,
    "opensearch_dashboard_endpoint",
    `https://${endpoint}/_dashboards`,
    "OpenSearch Dashboards",
  );
  if (grafana.workspace) {
    output(grafana, "grafana_endpoint", `https://${grafana.workspace.endpoint}`, "Managed Grafana workspace");
    output(grafana, "grafana_workspace_id", grafana.workspace.id, "Id of the managed Grafana workspace");
  }
  output(eks, "eks_cluster_name", cluster.name, "Name of the EKS cluster");
  output(eks, "eks_cluster_arn", cluster.arn, "ARN of the EKS cluster");
  output(eks, "eks_cluster_endpoint", cluster.endpoint, "API server of the EKS cluster");
  output(
    eks,
    "kubectl_config_command",
    `aws eks update-kubeconfig --name ${cluster.name} --region ${names.region}`,
    "Command that lets kubectl reach the cluster",
  );
  for (const [workload, role] of iam.outputRoles) {
    output(iam, `${hclName(workload)}_role_arn`, role.arn, `Role of ${workload}`);
  }
  for (const [service, { repository }] of ecr.repositories) {
    output(ecr, `ecr_${hclName(service)}_url`, repository.repositoryUrl, `Image repository of ${service}`);
  }
}

function output(owner: Construct, name: string, value: string, description: string): void {
  withLogicalId(new TerraformOutput(TerraformStack.of(owner), name, { value, description }), name);
}
