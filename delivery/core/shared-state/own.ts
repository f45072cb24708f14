import { STACKS } from "../../../stacks/registry.ts";

/** A numbered stack whose resources the layout `shared` keeps in its one state. */
export type SharedPart = Extract<(typeof STACKS)[number], { sharedState: true }>["id"];
export const SHARED_PARTS: readonly SharedPart[] = STACKS.flatMap((stack) =>
  "sharedState" in stack ? stack.id : [],
);

/**
 * What each of 01-07 makes under some configuration: the names of each type, which are the same in both layouts; undefined: names come
 * from the configuration.
 */
const OWN: Readonly<Record<SharedPart, Readonly<Record<string, RegExp | undefined>>>> = {
  "01-kinesis": {
    aws_cloudwatch_log_group: /^firehose_to_(opensearch|s3)$/,
    aws_cloudwatch_log_stream: /^firehose_to_(opensearch|s3)$/,
    aws_dynamodb_table: /^consumer$/,
    aws_kinesis_firehose_delivery_stream: /^to_(opensearch|s3)$/,
    aws_kinesis_stream: /^logs$/,
  },
  "02-s3": {
    aws_s3_bucket: /^logs$/,
    aws_s3_bucket_lifecycle_configuration: /^logs$/,
    aws_s3_bucket_logging: /^logs$/,
    aws_s3_bucket_policy: /^logs$/,
    aws_s3_bucket_public_access_block: /^logs$/,
    aws_s3_bucket_server_side_encryption_configuration: /^logs$/,
    aws_s3_bucket_versioning: /^logs$/,
  },
  "03-opensearch": {
    aws_cloudwatch_log_group: /^opensearch_(audit|errors|slow_indexing|slow_searches)$/,
    aws_cloudwatch_log_resource_policy: /^opensearch$/,
    aws_opensearch_domain: /^logs$/,
  },
  "04-grafana": { aws_grafana_workspace: /^main$/, aws_grafana_workspace_saml_configuration: /^main$/ },
  "05-eks": {
    aws_cloudwatch_log_group: /^eks$/,
    aws_eks_access_entry: /^team_members$/,
    aws_eks_access_policy_association: /^team_members_admin$/,
    aws_eks_addon: /^(coredns|ebs_csi|eks_pod_identity_agent|kube_proxy|vpc_cni)$/,
    aws_eks_cluster: /^main$/,
    aws_eks_node_group: /^main$/,
    aws_eks_pod_identity_association:
      /^(airflow|cluster_autoscaler|consumer|ebs_csi|fluent_bit|grafana|log_generator|milvus_backup)$/,
    aws_iam_openid_connect_provider: /^eks$/,
    aws_kms_alias: /^eks_secrets$/,
    aws_kms_key: /^eks_secrets$/,
    aws_launch_template: /^nodes$/,
  },
  "06-iam": {
    aws_iam_policy:
      /^(cluster_autoscaler|firehose_opensearch|firehose_s3|kinesis_access|workload_s3_access)$/,
    aws_iam_role:
      /^((airflow|app)_role|cluster_autoscaler|consumer|ebs_csi|eks_(cluster|node)|firehose|fluent_bit|grafana(_workspace)?|log_generator|milvus_backup|opensearch_admin)$/,
    aws_iam_role_policy:
      /^(airflow_role|cluster_autoscaler|consumer|fluent_bit|grafana(_workspace)?|log_generator|milvus_backup|opensearch_admin)$/,
    aws_iam_role_policy_attachment:
      /^(airflow_s3_access|app_(cloudwatch|kinesis|s3_(access|read))|cluster_autoscaler|ebs_csi_AmazonEBSCSIDriverPolicy|eks_(cluster_policy|cni_policy|container_registry|ebs_csi_driver_policy|node_kinesis|worker_node_policy)|firehose_(opensearch|s3)|grafana_opensearch)$/,
  },
  "07-ecr": { aws_ecr_lifecycle_policy: undefined, aws_ecr_repository: undefined },
};

/** A resource by what its address says, its instances' keys left out. */
interface Named {
  readonly type: string;
  readonly name: string;
}

/** Which of 01-07 makes a resource of this type and name; undefined: none of them, under any configuration. */
export function partOf({ type, name }: Named): SharedPart | undefined {
  return SHARED_PARTS.find((part) => {
    const names = OWN[part];
    return Object.hasOwn(names, type) && (names[type]?.test(name) ?? true);
  });
}

/** Whether 01-07 ever make an object of this type and name in the shared state. */
export const isOwn = (resource: Named): boolean => partOf(resource) !== undefined;
