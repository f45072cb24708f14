import { addressOf, type StateFile, type StateResource } from "../../core/terraform/state-file.ts";

/** A numbered stack whose resources the shared state holds. */
export const ADOPTING_STACKS = [
  "01-kinesis",
  "02-s3",
  "03-opensearch",
  "04-grafana",
  "05-eks",
  "06-iam",
  "07-ecr",
] as const;
type AdoptingStack = (typeof ADOPTING_STACKS)[number];

/**
 * Which stack takes which resource. The names are HCL's, which are the same in both layouts; `true` is any name, where the
 * environment's own (a repository) makes it.
 */
const OWN: Readonly<Record<AdoptingStack, Readonly<Record<string, readonly string[] | true>>>> = {
  "01-kinesis": {
    aws_cloudwatch_log_group: ["firehose_to_s3", "firehose_to_opensearch"],
    aws_cloudwatch_log_stream: ["firehose_to_s3", "firehose_to_opensearch"],
    aws_dynamodb_table: ["consumer"],
    aws_kinesis_firehose_delivery_stream: ["to_s3", "to_opensearch"],
    aws_kinesis_stream: ["logs"],
  },
  "02-s3": {
    aws_s3_bucket: ["logs"],
    aws_s3_bucket_lifecycle_configuration: ["logs"],
    aws_s3_bucket_policy: ["logs"],
    aws_s3_bucket_public_access_block: ["logs"],
    aws_s3_bucket_server_side_encryption_configuration: ["logs"],
    aws_s3_bucket_versioning: ["logs"],
  },
  "03-opensearch": { aws_opensearch_domain: ["logs"] },
  "04-grafana": { aws_grafana_workspace: ["main"], aws_grafana_workspace_saml_configuration: ["main"] },
  "05-eks": {
    aws_cloudwatch_log_group: ["eks"],
    aws_eks_access_entry: ["team_members"],
    aws_eks_access_policy_association: ["team_members_admin"],
    aws_eks_addon: ["coredns", "ebs_csi", "eks_pod_identity_agent", "kube_proxy", "vpc_cni"],
    aws_eks_cluster: ["main"],
    aws_eks_node_group: ["main"],
    aws_iam_openid_connect_provider: ["eks"],
    aws_kms_alias: ["eks_secrets"],
    aws_kms_key: ["eks_secrets"],
    aws_launch_template: ["nodes"],
  },
  "06-iam": {
    aws_iam_policy: [
      "cluster_autoscaler",
      "firehose_opensearch",
      "firehose_s3",
      "kinesis_access",
      "workload_s3_access",
    ],
    aws_iam_role: [
      "airflow_role",
      "app_role",
      "cluster_autoscaler",
      "eks_cluster",
      "eks_node",
      "firehose",
      "grafana",
      "grafana_workspace",
      "opensearch_admin",
    ],
    aws_iam_role_policy_attachment: [
      "airflow_s3_access",
      "app_cloudwatch",
      "app_kinesis",
      "app_s3_access",
      "app_s3_read",
      "cluster_autoscaler",
      "eks_cluster_policy",
      "eks_cni_policy",
      "eks_container_registry",
      "eks_ebs_csi_driver_policy",
      "eks_node_kinesis",
      "eks_worker_node_policy",
      "firehose_opensearch",
      "firehose_s3",
      "grafana_opensearch",
    ],
  },
  "07-ecr": { aws_ecr_lifecycle_policy: true, aws_ecr_repository: true },
};

/** One object of the shared state and the stack that takes it. */
export interface Adopted {
  readonly stack: AdoptingStack;
  /** `aws_eks_access_entry.team_members["arn:…"]`: one address for each instance. */
  readonly address: string;
  readonly type: string;
  readonly attributes: StateResource["instances"][number]["attributes"];
}

/** How a shared state is divided. Each object is in one of both lists, and in one only. */
export interface Partition {
  readonly adopted: readonly Adopted[];
  /** Addresses that this code doesn't know: they stay in the old root. */
  readonly staying: readonly string[];
}

/** Divides a state. Data sources are no objects: each plan reads them anew. */
export function partition(state: StateFile): Partition {
  const adopted: Adopted[] = [];
  const staying: string[] = [];
  for (const resource of state.resources) {
    if (resource.mode === "data") continue;
    const stack = stackOf(resource);
    for (const { index_key, attributes } of resource.instances) {
      const key = index_key === undefined ? "" : `[${JSON.stringify(index_key)}]`;
      const address = `${addressOf(resource)}${key}`;
      if (stack) adopted.push({ stack, address, type: resource.type, attributes });
      else staying.push(address);
    }
  }
  return { adopted, staying };
}

function stackOf({ module, type, name }: StateResource): AdoptingStack | undefined {
  // A module is the user's own: this code has none.
  if (module !== undefined) return undefined;
  return ADOPTING_STACKS.find((stack) => {
    const names = OWN[stack][type];
    return names === true || names?.includes(name);
  });
}
