/**
 * What changing an attribute in place can cost, by type and attribute. The meanings are those of the AWS, Helm and Kubernetes providers'
 * documentation (https://registry.terraform.io/providers/hashicorp/aws/latest/docs) and of the services behind them.
 */

/** What an attribute has to do for a rule to hold. */
type Turn =
  /** A number gets smaller. */
  | "less"
  /** The same where 0 or nothing stands for "for ever": a limit where there was none, or a lower one. */
  | "limit"
  /** What was on is off, or not set any more. */
  | "off"
  /** What was off, or not set, is on. */
  | "on"
  /** What was there and off is on; something new doesn't count. */
  | "enabled"
  /** Another value than before; where there are `keeps`, one of them becomes none of them. */
  | "leaves"
  /** An element of a list, or all of it, goes. */
  | "removed";

export interface Rule {
  readonly types: readonly string[];
  /** The attribute: names from the resource down, without places in lists. `*` is any name, `**` any number of them. */
  readonly path: string;
  readonly turn: Turn;
  /** For `leaves`. */
  readonly keeps?: readonly string[];
  /** `deletes`: data goes, and the pull request needs the label; `unprotects`: nothing goes, and something that kept it does; `access`: somebody loses access; `unknown`: it depends on what is there. */
  readonly kind: "deletes" | "unprotects" | "access" | "unknown";
  /** What it costs, in words. */
  readonly lost: string;
}

export const deletes = (types: readonly string[], path: string, turn: Turn, lost: string): Rule => ({
  types,
  path,
  turn,
  kind: "deletes",
  lost,
});
export const unprotects = (types: readonly string[], path: string, turn: Turn, lost: string): Rule => ({
  types,
  path,
  turn,
  kind: "unprotects",
  lost,
});
export const unknown = (types: readonly string[], path: string, turn: Turn, lost: string): Rule => ({
  types,
  path,
  turn,
  kind: "unknown",
  lost,
});
export const access = (types: readonly string[], path: string, lost: string): Rule => ({
  types,
  path,
  turn: "removed",
  kind: "access",
  lost,
});

/** Those whose backups are made and kept by themselves. */
const BACKED_UP = ["aws_db_instance", "aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster"];
const BUCKET = ["aws_s3_bucket"];
const LIFECYCLE = ["aws_s3_bucket_lifecycle_configuration"];
const FILE_SYSTEMS = [
  "aws_fsx_lustre_file_system",
  "aws_fsx_ontap_file_system",
  "aws_fsx_openzfs_file_system",
  "aws_fsx_windows_file_system",
];
const ANY = ["*"];

export const RULES: readonly Rule[] = [
  deletes(
    ["aws_kinesis_stream"],
    "retention_period",
    "less",
    "records that are older than the new retention",
  ),
  deletes(LIFECYCLE, "rule.expiration.days", "limit", "objects that are older than the new age"),
  deletes(LIFECYCLE, "rule.expiration.date", "limit", "objects on that day"),
  deletes(
    LIFECYCLE,
    "rule.noncurrent_version_expiration.noncurrent_days",
    "limit",
    "old versions that are older than the new age",
  ),
  deletes(
    LIFECYCLE,
    "rule.noncurrent_version_expiration.newer_noncurrent_versions",
    "less",
    "old versions beyond the new number",
  ),
  deletes(LIFECYCLE, "rule.status", "enabled", "whatever the rule is for, as soon as it holds"),
  deletes(BUCKET, "lifecycle_rule.expiration.days", "limit", "objects that are older than the new age"),
  deletes(
    BUCKET,
    "lifecycle_rule.noncurrent_version_expiration.days",
    "limit",
    "old versions that are older than the new age",
  ),
  deletes(BUCKET, "lifecycle_rule.enabled", "enabled", "whatever the rule is for, as soon as it holds"),
  unprotects(
    BUCKET,
    "versioning.enabled",
    "off",
    "from then on, what is overwritten or deleted cannot be brought back",
  ),
  unprotects(
    ["aws_s3_bucket_versioning"],
    "versioning_configuration.status",
    "off",
    "from then on, what is overwritten or deleted cannot be brought back",
  ),
  unprotects(
    ["aws_s3_bucket_object_lock_configuration"],
    "rule.default_retention.days",
    "less",
    "new objects are locked for a shorter time",
  ),
  unprotects(
    ["aws_s3_bucket_object_lock_configuration"],
    "rule.default_retention.years",
    "less",
    "new objects are locked for a shorter time",
  ),
  unprotects(
    ["aws_s3_bucket_replication_configuration"],
    "rule.status",
    "off",
    "new objects have no copy elsewhere",
  ),
  deletes(
    ["aws_ecr_lifecycle_policy"],
    "policy.rules.selection.countNumber",
    "limit",
    "images beyond the new number or age",
  ),
  unprotects(["aws_ecr_repository"], "image_tag_mutability", "off", "a tag can be given to another image"),
  deletes(
    ["aws_cloudwatch_log_group"],
    "retention_in_days",
    "limit",
    "log events that are older than the new retention",
  ),
  deletes(
    ["aws_cloudtrail_event_data_store"],
    "retention_period",
    "less",
    "events that are older than the new retention",
  ),
  unprotects(["aws_cloudtrail"], "enable_logging", "off", "what is done in the account is not recorded"),
  deletes(
    ["aws_sqs_queue"],
    "message_retention_seconds",
    "less",
    "messages that wait longer than the new retention",
  ),
  unprotects(["aws_sqs_queue"], "redrive_policy", "removed", "messages that fail have no queue to wait in"),
  deletes(["kafka_topic"], "config.retention.ms", "less", "records that are older than the new retention"),
  deletes(
    ["aws_timestreamwrite_table"],
    "retention_properties.*",
    "less",
    "records that are older than the new retention",
  ),
  deletes(["aws_dynamodb_table"], "ttl.enabled", "on", "items whose time to live is over"),
  deletes(
    ["aws_dynamodb_table"],
    "ttl.attribute_name",
    "leaves",
    "items whose time to live, by another attribute, is over",
  ),
  deletes(["aws_dynamodb_table"], "replica", "removed", "the copy in that region"),
  unprotects(
    ["aws_dynamodb_table"],
    "point_in_time_recovery.enabled",
    "off",
    "the backups of the last 35 days, and every later one",
  ),
  unprotects(
    ["aws_dynamodb_table"],
    "point_in_time_recovery.recovery_period_in_days",
    "less",
    "backups that are older",
  ),
  deletes(BACKED_UP, "backup_retention_period", "less", "automated backups that are older"),
  deletes(
    ["aws_db_instance", "aws_rds_cluster"],
    "delete_automated_backups",
    "on",
    "the automated backups, once the database is deleted",
  ),
  deletes(
    ["aws_elasticache_cluster", "aws_elasticache_replication_group", "aws_memorydb_cluster"],
    "snapshot_retention_limit",
    "less",
    "snapshots that are older",
  ),
  deletes(
    ["aws_redshift_cluster"],
    "automated_snapshot_retention_period",
    "less",
    "snapshots that are older",
  ),
  deletes(FILE_SYSTEMS, "automatic_backup_retention_days", "less", "backups that are older"),
  deletes(
    ["aws_dlm_lifecycle_policy"],
    "policy_details.schedule.retain_rule.*",
    "less",
    "snapshots beyond the new number or age",
  ),
  deletes(["aws_backup_plan"], "rule.lifecycle.delete_after", "limit", "backups, sooner than before"),
  unprotects(
    ["aws_backup_vault_lock_configuration"],
    "min_retention_days",
    "less",
    "backups can be deleted sooner",
  ),
  unprotects(["aws_efs_backup_policy"], "backup_policy.status", "off", "from then on there is no backup"),
  unprotects(
    ["aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key"],
    "deletion_window_in_days",
    "less",
    "a deleted key can be brought back for a shorter time",
  ),
  unprotects(["aws_kms_key"], "is_enabled", "off", "what the key encrypts cannot be read meanwhile"),
  unprotects(
    ["aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key"],
    "enabled",
    "off",
    "what the key encrypts cannot be read meanwhile",
  ),
  unprotects(
    ["aws_secretsmanager_secret"],
    "recovery_window_in_days",
    "less",
    "a deleted secret can be brought back for a shorter time",
  ),
  unknown(
    ["aws_opensearch_domain", "aws_elasticsearch_domain"],
    "ebs_options.volume_size",
    "less",
    "what does not fit on the smaller disks; AWS copies the indices to new nodes",
  ),
  unknown(
    ["aws_opensearch_domain", "aws_elasticsearch_domain"],
    "cluster_config.instance_count",
    "less",
    "replicas of indices, and what does not fit on fewer nodes",
  ),
  deletes(
    ["helm_release"],
    "values.**.persistence.enabled",
    "off",
    "what is on the volume, once its claim is gone",
  ),
  {
    types: ["kubernetes_stateful_set", "kubernetes_stateful_set_v1"],
    path: "spec.persistent_volume_claim_retention_policy.*",
    turn: "leaves",
    keeps: ["Retain"],
    kind: "deletes",
    lost: "volumes, when the set is deleted or gets smaller",
  },
  unprotects(["aws_instance"], "disable_api_termination", "off", "nothing keeps it from being ended"),
  unprotects(
    ["aws_cognito_user_pool"],
    "deletion_protection",
    "off",
    "nothing keeps the users from being deleted",
  ),
  unprotects(ANY, "deletion_protection", "off", "nothing keeps it from being deleted"),
  unprotects(ANY, "deletion_protection_enabled", "off", "nothing keeps it from being deleted"),
  unprotects(ANY, "enable_deletion_protection", "off", "nothing keeps it from being deleted"),
  unprotects(ANY, "termination_protection", "off", "nothing keeps it from being ended"),
  unprotects(ANY, "termination_protection_enabled", "off", "nothing keeps it from being ended"),
  unprotects(ANY, "delete_protection", "off", "nothing keeps it from being deleted"),
  unprotects(ANY, "force_destroy", "on", "Terraform may destroy it with everything in it"),
  unprotects(ANY, "force_delete", "on", "Terraform may destroy it with everything in it"),
  unprotects(ANY, "skip_final_snapshot", "on", "nothing is kept of it when it is destroyed"),
  access(["aws_eks_access_entry"], "kubernetes_groups", "its groups' rights in the cluster"),
  access(["aws_iam_group_membership"], "users", "the group's rights"),
  access(["aws_iam_user_group_membership"], "groups", "the group's rights"),
  access(["aws_iam_policy_attachment"], "users", "the policy's rights"),
  access(["aws_iam_policy_attachment"], "roles", "the policy's rights"),
  access(["aws_iam_policy_attachment"], "groups", "the policy's rights"),
  access(["aws_iam_role"], "assume_role_policy.Statement.Principal.AWS", "the role"),
  access(["aws_grafana_role_association"], "user_ids", "the workspace"),
  access(["aws_grafana_role_association"], "group_ids", "the workspace"),
  access(["aws_opensearch_domain"], "access_policies.Statement.Principal.AWS", "the domain"),
  access(
    ["kubernetes_config_map", "kubernetes_config_map_v1", "kubernetes_config_map_v1_data"],
    "data.mapUsers",
    "the cluster",
  ),
  access(
    ["kubernetes_config_map", "kubernetes_config_map_v1", "kubernetes_config_map_v1_data"],
    "data.mapRoles",
    "the cluster",
  ),
  access(
    [
      "kubernetes_role_binding",
      "kubernetes_role_binding_v1",
      "kubernetes_cluster_role_binding",
      "kubernetes_cluster_role_binding_v1",
    ],
    "subject",
    "the role in the cluster",
  ),
];

/** Types of objects that are somebody's access: to destroy one takes it away. */
export const ACCESS_TYPES: ReadonlySet<string> = new Set([
  "aws_eks_access_entry",
  "aws_eks_access_policy_association",
  "aws_grafana_role_association",
  "aws_iam_user",
  "aws_iam_group_membership",
  "aws_iam_user_group_membership",
  "aws_iam_user_policy_attachment",
  "aws_iam_user_login_profile",
  "aws_identitystore_group_membership",
  "aws_ssoadmin_account_assignment",
  "github_team_membership",
  "github_membership",
  "kubernetes_role_binding",
  "kubernetes_role_binding_v1",
  "kubernetes_cluster_role_binding",
  "kubernetes_cluster_role_binding_v1",
]);

/** Attributes of which no rule says what a smaller number does, and which by their name may delete something. */
export const SUSPECT = /(?:^|_)(?:retention|retain|expir\w*|ttl|keep|backups?|snapshots?)(?:_|$)/i;
