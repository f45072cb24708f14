import { access, deletes, type Rule, unknown, unprotects } from "./in-place-rules.ts";

/** Rules of `in-place-rules.ts` for what is rarer: archives and snapshots of single services, logs, copies, policies. */

const LIFECYCLE = ["aws_s3_bucket_lifecycle_configuration"];
const FIREHOSE = ["aws_kinesis_firehose_delivery_stream"];
const PUBLIC_ACCESS = ["aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"];
const LOAD_BALANCERS = ["aws_lb", "aws_alb", "aws_elb"];
const TRAIL = ["aws_cloudtrail"];
const PRINCIPALS = "Statement.Principal";

/** Policies of objects, each with its attribute: who is in one has access. */
const RESOURCE_POLICIES: readonly (readonly [type: string, attribute: string])[] = [
  ["aws_backup_vault_policy", "policy"],
  ["aws_ecr_registry_policy", "policy"],
  ["aws_ecr_repository_policy", "policy"],
  ["aws_efs_file_system_policy", "policy"],
  ["aws_kinesis_resource_policy", "policy"],
  ["aws_kms_key", "policy"],
  ["aws_kms_key_policy", "policy"],
  ["aws_opensearch_domain_policy", "access_policies"],
  ["aws_s3_bucket_policy", "policy"],
  ["aws_secretsmanager_secret_policy", "policy"],
  ["aws_sns_topic_policy", "policy"],
  ["aws_sqs_queue_policy", "policy"],
];

export const SERVICE_RULES: readonly Rule[] = [
  deletes(
    LIFECYCLE,
    "rule.abort_incomplete_multipart_upload.days_after_initiation",
    "limit",
    "uploads of several parts that are not finished by the new age",
  ),
  deletes(
    ["aws_s3_bucket"],
    "lifecycle_rule.abort_incomplete_multipart_upload_days",
    "limit",
    "uploads of several parts that are not finished by the new age",
  ),
  deletes(["aws_s3_bucket"], "lifecycle_rule.expiration.date", "limit", "objects on that day"),
  unknown(
    LIFECYCLE,
    "rule.filter",
    "leaves",
    "whatever the rule is for, of the objects that it now holds for",
  ),
  unknown(
    LIFECYCLE,
    "rule.prefix",
    "leaves",
    "whatever the rule is for, of the objects that it now holds for",
  ),
  unprotects(
    ["aws_s3_bucket"],
    "versioning.mfa_delete",
    "off",
    "versions can be deleted without a second factor",
  ),
  unprotects(
    ["aws_s3_bucket_versioning"],
    "versioning_configuration.mfa_delete",
    "off",
    "versions can be deleted without a second factor",
  ),
  ...["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"].map(
    (path) => unprotects(PUBLIC_ACCESS, path, "off", "an ACL or a policy can let everybody in"),
  ),
  deletes(
    ["aws_cloudwatch_event_archive"],
    "retention_days",
    "limit",
    "archived events that are older than the new retention",
  ),
  deletes(
    ["aws_config_retention_configuration"],
    "retention_period_in_days",
    "less",
    "histories that are older",
  ),
  deletes(
    ["aws_prometheus_workspace_configuration"],
    "retention_period_in_days",
    "less",
    "metrics that are older than the new retention",
  ),
  deletes(["aws_kinesis_video_stream"], "data_retention_in_hours", "less", "video that is older"),
  deletes(
    ["aws_synthetics_canary"],
    "success_retention_period",
    "less",
    "records of canary runs that are older than the new retention",
  ),
  deletes(
    ["aws_synthetics_canary"],
    "failure_retention_period",
    "less",
    "records of canary runs that are older than the new retention",
  ),
  deletes(["aws_customerprofiles_domain"], "default_expiration_days", "less", "profiles, sooner than before"),
  deletes(
    ["aws_imagebuilder_lifecycle_policy"],
    "policy_detail.filter.value",
    "less",
    "machine images beyond it",
  ),
  deletes(
    ["aws_imagebuilder_lifecycle_policy"],
    "policy_detail.filter.retain_at_least",
    "less",
    "machine images beyond it",
  ),
  ...["number_of_snapshots_to_retain", "snapshot_retention_period_in_days"].map((name) =>
    deletes(
      ["aws_glue_catalog_table_optimizer"],
      `configuration.retention_configuration.iceberg_configuration.${name}`,
      "less",
      "snapshots of the table beyond the new number or age",
    ),
  ),
  deletes(
    ["aws_docdbelastic_cluster"],
    "backup_retention_period",
    "less",
    "automated backups that are older",
  ),
  deletes(
    ["aws_elasticache_serverless_cache"],
    "snapshot_retention_limit",
    "less",
    "snapshots that are older",
  ),
  deletes(["aws_rds_cluster"], "backtrack_window", "less", "changes that could be taken back"),
  deletes(
    ["aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance"],
    "performance_insights_retention_period",
    "less",
    "performance data that is older",
  ),
  deletes(
    ["aws_redshift_cluster", "aws_redshift_cluster_snapshot", "aws_redshift_snapshot_copy"],
    "manual_snapshot_retention_period",
    "limit",
    "manual snapshots that are older",
  ),
  deletes(["aws_redshift_snapshot_copy"], "retention_period", "less", "copied snapshots that are older"),
  deletes(["aws_lightsail_database"], "backup_retention_enabled", "off", "every automated backup"),
  unprotects(["aws_dynamodb_table"], "replica.point_in_time_recovery", "off", "the copy's backups"),
  unprotects(["aws_dynamodb_table_replica"], "point_in_time_recovery", "off", "the copy's backups"),
  unprotects(
    ["aws_backup_plan"],
    "rule.enable_continuous_backup",
    "off",
    "there is no going back to any moment",
  ),
  unprotects(
    ["aws_rbin_rule"],
    "retention_period.retention_period_value",
    "less",
    "what is deleted can be brought back for a shorter time",
  ),
  unprotects(
    ["aws_efs_file_system"],
    "protection.replication_overwrite",
    "off",
    "a replication may overwrite it",
  ),
  unprotects(["aws_kms_key"], "enable_key_rotation", "off", "the key is not renewed every year"),
  unprotects(["aws_kinesis_stream"], "encryption_type", "off", "new records are not encrypted"),
  unprotects(
    ["aws_cloudwatch_log_group"],
    "kms_key_id",
    "off",
    "what comes from now on is no longer encrypted by a key of one's own",
  ),
  unprotects(
    ["aws_dynamodb_table"],
    "server_side_encryption.enabled",
    "off",
    "the table is no longer encrypted by a key of one's own",
  ),
  unprotects(
    ["aws_s3_bucket_server_side_encryption_configuration"],
    "rule.apply_server_side_encryption_by_default.kms_master_key_id",
    "off",
    "new objects are no longer encrypted by a key of one's own",
  ),
  {
    types: FIREHOSE,
    path: "*.s3_backup_mode",
    turn: "leaves",
    keeps: ["AllData", "AllDocuments", "AllEvents", "Enabled"],
    kind: "unprotects",
    lost: "only what could not be delivered is kept in the bucket",
  },
  unprotects(FIREHOSE, "*.cloudwatch_logging_options.enabled", "off", "why a delivery fails is not recorded"),
  unprotects(
    ["aws_opensearch_domain", "aws_elasticsearch_domain"],
    "log_publishing_options.enabled",
    "off",
    "the domain's own log is not kept",
  ),
  unprotects(
    ["aws_opensearch_domain", "aws_elasticsearch_domain"],
    "domain_endpoint_options.enforce_https",
    "off",
    "the domain can be asked without encryption",
  ),
  unprotects(
    ["aws_opensearch_domain", "aws_elasticsearch_domain"],
    "cluster_config.zone_awareness_enabled",
    "off",
    "the loss of one zone is the loss of the domain",
  ),
  unprotects(
    ["aws_eks_cluster"],
    "enabled_cluster_log_types",
    "removed",
    "that log of the control plane is not kept",
  ),
  unprotects(
    ["aws_db_instance", "aws_rds_cluster", "aws_docdb_cluster"],
    "enabled_cloudwatch_logs_exports",
    "removed",
    "that log of the database is not kept",
  ),
  unprotects(["aws_db_instance"], "multi_az", "off", "the loss of one zone is the loss of the database"),
  unprotects(
    ["aws_ecr_repository"],
    "image_scanning_configuration.scan_on_push",
    "off",
    "new images are not scanned",
  ),
  unprotects(LOAD_BALANCERS, "access_logs.enabled", "off", "who asked for what is not recorded"),
  unprotects(TRAIL, "is_multi_region_trail", "off", "what is done in other regions is not recorded"),
  unprotects(TRAIL, "include_global_service_events", "off", "what is done in IAM is not recorded"),
  unprotects(TRAIL, "enable_log_file_validation", "off", "nobody can tell whether the trail was changed"),
  unprotects(
    ["aws_config_configuration_recorder_status"],
    "is_enabled",
    "off",
    "changes of the account's objects are not recorded",
  ),
  unprotects(["aws_guardduty_detector"], "enable", "off", "nobody looks for attacks"),
  unprotects(["aws_instance"], "disable_api_stop", "off", "nothing keeps it from being stopped"),
  unprotects(
    ["aws_launch_template"],
    "disable_api_termination",
    "off",
    "nothing keeps new machines from being ended",
  ),
  ...["root_block_device", "ebs_block_device"].map((block) =>
    unprotects(["aws_instance"], `${block}.delete_on_termination`, "on", "the volume goes with its machine"),
  ),
  unprotects(
    ["aws_launch_template"],
    "block_device_mappings.ebs.delete_on_termination",
    "on",
    "the volume goes with its machine",
  ),
  unprotects(["*"], "skip_destroy", "off", "it is destroyed, too, once it leaves the code"),
  unprotects(["*"], "retain_on_delete", "off", "it is destroyed, too, once it leaves the code"),
  unprotects(["*"], "skip_final_backup", "on", "no backup is made of it when it is destroyed"),
  access(["aws_iam_role"], `assume_role_policy.${PRINCIPALS}.*`, "the role"),
  access(["aws_opensearch_domain"], `access_policies.${PRINCIPALS}.*`, "the domain"),
  ...["admin_role_values", "editor_role_values", "allowed_organizations"].map((path) =>
    access(["aws_grafana_workspace_saml_configuration"], path, "the workspace"),
  ),
  access(["aws_eks_cluster"], "vpc_config.public_access_cidrs", "the way to the cluster's API"),
  ...RESOURCE_POLICIES.map(([type, attribute]) =>
    access([type], `${attribute}.${PRINCIPALS}`, "what the policy allows"),
  ),
];
