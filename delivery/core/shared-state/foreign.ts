import type { Plan } from "../plan-json/model.ts";
import { isShared } from "./check.ts";

/** The label with which a pull request may destroy what CALI never made. */
export const ALLOW_FOREIGN = "allow-foreign-destroy";

/** What 01-07 make in the shared state under some configuration: the names of each type; undefined: names come from the configuration. */
const OWN: Readonly<Record<string, RegExp | undefined>> = {
  aws_cloudwatch_log_group: /^(eks|firehose_to_(opensearch|s3))$/,
  aws_cloudwatch_log_stream: /^firehose_to_(opensearch|s3)$/,
  aws_dynamodb_table: /^consumer$/,
  aws_ecr_lifecycle_policy: undefined,
  aws_ecr_repository: undefined,
  aws_eks_access_entry: /^team_members$/,
  aws_eks_access_policy_association: /^team_members_admin$/,
  aws_eks_addon: /^(coredns|ebs_csi|eks_pod_identity_agent|kube_proxy|vpc_cni)$/,
  aws_eks_cluster: /^main$/,
  aws_eks_node_group: /^main$/,
  aws_grafana_workspace: /^main$/,
  aws_grafana_workspace_saml_configuration: /^main$/,
  aws_iam_openid_connect_provider: /^eks$/,
  aws_iam_policy: /^(cluster_autoscaler|firehose_opensearch|firehose_s3|kinesis_access|workload_s3_access)$/,
  aws_iam_role:
    /^((airflow|app)_role|cluster_autoscaler|consumer|ebs_csi|eks_(cluster|node)|firehose|fluent_bit|grafana(_workspace)?|log_generator|milvus_backup|opensearch_admin)$/,
  aws_iam_role_policy:
    /^(airflow_role|cluster_autoscaler|consumer|fluent_bit|grafana(_workspace)?|log_generator|milvus_backup|opensearch_admin)$/,
  aws_iam_role_policy_attachment:
    /^(airflow_s3_access|app_(cloudwatch|kinesis|s3_(access|read))|cluster_autoscaler|ebs_csi_AmazonEBSCSIDriverPolicy|eks_(cluster_policy|cni_policy|container_registry|ebs_csi_driver_policy|node_kinesis|worker_node_policy)|firehose_(opensearch|s3)|grafana_opensearch)$/,
  aws_kinesis_firehose_delivery_stream: /^to_(opensearch|s3)$/,
  aws_kinesis_stream: /^logs$/,
  aws_kms_alias: /^eks_secrets$/,
  aws_kms_key: /^eks_secrets$/,
  aws_launch_template: /^nodes$/,
  aws_opensearch_domain: /^logs$/,
  aws_s3_bucket: /^logs$/,
  aws_s3_bucket_lifecycle_configuration: /^logs$/,
  aws_s3_bucket_policy: /^logs$/,
  aws_s3_bucket_public_access_block: /^logs$/,
  aws_s3_bucket_server_side_encryption_configuration: /^logs$/,
  aws_s3_bucket_versioning: /^logs$/,
};

/** Whether 01-07 ever make an object of this type and name in the shared state. */
export function isOwn({ type, name }: { readonly type: string; readonly name: string }): boolean {
  return Object.hasOwn(OWN, type) && (OWN[type]?.test(name) ?? true);
}

/** An object in the shared state that a plan destroys, and CALI never made. */
export interface ForeignLoss {
  readonly address: string;
  readonly action: "delete" | "replace";
}

/**
 * Which objects of somebody else a plan of the shared state would destroy: they came into the state by hand, and no text here stands for
 * them. `cali deploy` refuses the plan unless the pull request allows it by a label of its own.
 */
export function foreignLossIn(stack: string, { resources }: Pick<Plan, "resources">): ForeignLoss[] {
  if (!isShared({ name: stack })) return [];
  return resources.flatMap(({ address, type, name, mode, action, reason, replaceOrder }) => {
    const isDestroyed = action === "delete" || (action === "replace" && replaceOrder !== "forget");
    if (mode !== "managed" || !isDestroyed) return [];
    // The code still has the resource, of which a key went: the label for removed keys allows that.
    if (reason === "delete_because_each_key" || reason === "delete_because_count_index") return [];
    return isOwn({ type, name }) && !address.startsWith("module.") ? [] : [{ address, action }];
  });
}
