import type { Plan, ResourceChange } from "./model.ts";
import { isEmpty, isList, isMap, type Node } from "./node.ts";

/** Types of resources whose destruction takes data along, and what is lost with them. */
const DATA_IN: ReadonlyMap<string, string> = new Map([
  ["aws_kinesis_stream", "records that are not consumed yet"],
  ["aws_kinesis_firehose_delivery_stream", "records in its buffer, and its place in the stream"],
  ["aws_s3_bucket", "every object in the bucket"],
  ["aws_opensearch_domain", "every index in the domain"],
  ["aws_elasticsearch_domain", "every index in the domain"],
  ["aws_eks_cluster", "everything in the cluster, its volumes included"],
  ["aws_ecr_repository", "every image in the repository"],
  ["aws_dynamodb_table", "leases, checkpoints and alert groups"],
  ["aws_kms_key", "everything that only this key can decrypt"],
  ["aws_kms_external_key", "everything that only this key can decrypt"],
  ["aws_kms_replica_key", "everything in its region that only this key can decrypt"],
  ["aws_kms_replica_external_key", "everything in its region that only this key can decrypt"],
  ["aws_ebs_volume", "everything on the volume"],
  ["kubernetes_namespace", "everything in the namespace, its volume claims included"],
  ["kubernetes_namespace_v1", "everything in the namespace, its volume claims included"],
  ["kubernetes_persistent_volume_claim", "everything on the volume"],
  ["kubernetes_persistent_volume_claim_v1", "everything on the volume"],
  ["kubernetes_stateful_set", "what is on its volumes, if they go with it"],
  ["kubernetes_stateful_set_v1", "what is on its volumes, if they go with it"],
  ["helm_release", "what is on its volumes, if it has any"],
  ["kubernetes_persistent_volume", "everything on the volume, unless it is retained"],
  ["kubernetes_persistent_volume_v1", "everything on the volume, unless it is retained"],
  ["aws_cloudwatch_log_group", "every log event in it"],
  ["aws_cloudwatch_log_stream", "every log event in it"],
  ["aws_grafana_workspace", "every dashboard and alert that is not in the code"],
  ["aws_db_instance", "the database"],
  ["aws_rds_cluster", "the database"],
  ["aws_docdb_cluster", "the database"],
  ["aws_neptune_cluster", "the database"],
  ["aws_redshift_cluster", "the database"],
  ["aws_msk_cluster", "every topic in the cluster"],
  ["aws_efs_file_system", "every file in it"],
  ["aws_elasticache_cluster", "everything in the cache"],
  ["aws_elasticache_replication_group", "everything in the cache"],
  ["aws_timestreamwrite_table", "every record in the table"],
  ["aws_sqs_queue", "messages that are not read yet"],
  ["aws_secretsmanager_secret", "the secret, after its recovery window"],
  ["aws_ebs_snapshot", "the snapshot"],
  ["aws_backup_vault", "every backup in the vault"],
  ["aws_prometheus_workspace", "every metric in the workspace"],
  ["aws_cognito_user_pool", "every user in the pool"],
  ["aws_cloudtrail_event_data_store", "every event in it"],
  ["aws_s3_directory_bucket", "every object in the bucket"],
  ["aws_s3tables_table", "every row of the table"],
  ["aws_glacier_vault", "every archive in the vault"],
  ["aws_dynamodb_table_replica", "what its region has of the table"],
  ["aws_ecrpublic_repository", "every image in the repository"],
  ["aws_opensearchserverless_collection", "every index in the collection"],
  ["aws_instance", "what is on its own disks"],
  ["aws_rds_cluster_instance", "the last copy of the database, if it is the last instance"],
  ["aws_db_snapshot", "the snapshot"],
  ["aws_db_cluster_snapshot", "the snapshot"],
  ["aws_redshiftserverless_namespace", "the database"],
  ["aws_keyspaces_table", "every row of the table"],
  ["aws_timestreamwrite_database", "every table in the database"],
  ["aws_timestreaminfluxdb_db_instance", "the database"],
  ["aws_memorydb_cluster", "everything in the database"],
  ["aws_elasticache_serverless_cache", "everything in the cache"],
  ["aws_msk_serverless_cluster", "every topic in the cluster"],
  ["aws_mq_broker", "messages that are not read yet"],
  ["aws_fsx_lustre_file_system", "every file in it"],
  ["aws_fsx_ontap_file_system", "every file in it"],
  ["aws_fsx_openzfs_file_system", "every file in it"],
  ["aws_fsx_windows_file_system", "every file in it"],
  ["aws_kinesisanalyticsv2_application", "the application's state and snapshots"],
  ["aws_kinesis_video_stream", "every recording in the stream"],
  ["aws_codecommit_repository", "every commit in it"],
]);

/** Whether objects of a type hold what no apply brings back. */
export const holdsData = (type: string): boolean => DATA_IN.has(type);

/** The label with which a pull request may destroy data. */
export const ALLOW_DATA_LOSS = "allow-data-loss";

/** An object with data in it that a plan destroys. */
export interface DataLoss {
  readonly address: string;
  readonly type: string;
  readonly action: "delete" | "replace";
  /** What is lost, in words. */
  readonly lost: string;
}

/**
 * Which objects with data in them a plan would destroy, replaced ones included. An object that only leaves the state (forget)
 * stays alive, and so does its data. `cali deploy` refuses a plan that has any, unless the pull request allows it.
 */
export function dataLossIn(plan: Pick<Plan, "resources">): DataLoss[] {
  return plan.resources.flatMap((resource) => {
    const lost = DATA_IN.get(resource.type);
    if (lost === undefined || !isDestroyed(resource) || hasNoVolumes(resource)) return [];
    return [{ address: resource.address, type: resource.type, action: resource.action, lost }];
  });
}

/** An object that is destroyed because its key left a `for_each`, such as a team member's access. */
export interface RemovedKey {
  readonly address: string;
}

/**
 * Which objects a plan destroys because their key is no longer in `for_each`: a list that was not carried over looks the same as one
 * that was meant to be shorter. `cali deploy` refuses them like the loss of data. What holds data is in `dataLossIn`.
 */
export function removedKeysIn(plan: Pick<Plan, "resources">): RemovedKey[] {
  return plan.resources
    .filter(
      (resource) =>
        isDestroyed(resource) && resource.reason === "delete_because_each_key" && !holdsData(resource.type),
    )
    .map(({ address }) => ({ address }));
}

/** Whether it is a StatefulSet that makes no volumes: what it mounts otherwise does not go with it. */
function hasNoVolumes({ type, before }: ResourceChange): boolean {
  if (!type.startsWith("kubernetes_stateful_set")) return false;
  const spec = entry(before, "spec");
  const first = isList(spec) ? spec[0] : undefined;
  return isMap(first) && first.has("volume_claim_template") && isEmpty(first.get("volume_claim_template"));
}

const entry = (node: Node, key: string) => (isMap(node) ? node.get(key) : undefined);

function isDestroyed<R extends ResourceChange>(
  resource: R,
): resource is R & { readonly action: "delete" | "replace" } {
  if (resource.mode !== "managed") return false;
  return (
    resource.action === "delete" || (resource.action === "replace" && resource.replaceOrder !== "forget")
  );
}
