import { describe, expect, it } from "vitest";
import { stateSchema } from "../../delivery/core/parity/provider-schema.ts";
import { inPlaceLossIn } from "../../delivery/core/plan-json/in-place-loss.ts";
import { RULES, SERVICE_RULES } from "../../delivery/core/plan-json/in-place-rules.ts";
import { at, makePlan } from "../support/plans.ts";
import { missingNames } from "../support/rule-names.ts";

/** The rules of single services, one by one, and the names in all of them. */

const lossesOf = (type: string, path: string, before: unknown, after: unknown) =>
  inPlaceLossIn(
    makePlan([
      { address: `${type}.x`, actions: ["update"], before: at(path, before), after: at(path, after) },
    ]),
  );
const policy = (principal: object) =>
  JSON.stringify({ Statement: [{ Sid: "Team", Effect: "Allow", Principal: principal, Action: "*" }] });
const ANN_AND_BO = policy({ AWS: ["arn:ann", "arn:bo"] });
const BO = policy({ AWS: ["arn:bo"] });

type Case = readonly [type: string, path: string, before: unknown, after: unknown];
const CASES: Readonly<Record<(typeof SERVICE_RULES)[number]["kind"], readonly Case[]>> = {
  deletes: [
    [
      "aws_s3_bucket_lifecycle_configuration",
      "rule.abort_incomplete_multipart_upload.days_after_initiation",
      7,
      1,
    ],
    ["aws_s3_bucket", "lifecycle_rule.abort_incomplete_multipart_upload_days", 0, 1],
    ["aws_s3_bucket", "lifecycle_rule.expiration.date", null, "2027-01-01"],
    ["aws_cloudwatch_event_archive", "retention_days", 0, 30],
    ["aws_config_retention_configuration", "retention_period_in_days", 2557, 30],
    ["aws_prometheus_workspace_configuration", "retention_period_in_days", 150, 30],
    ["aws_kinesis_video_stream", "data_retention_in_hours", 48, 24],
    ["aws_synthetics_canary", "success_retention_period", 31, 1],
    ["aws_synthetics_canary", "failure_retention_period", 31, 1],
    ["aws_customerprofiles_domain", "default_expiration_days", 366, 30],
    ["aws_imagebuilder_lifecycle_policy", "policy_detail.filter.value", 10, 2],
    ["aws_imagebuilder_lifecycle_policy", "policy_detail.filter.retain_at_least", 5, 1],
    [
      "aws_glue_catalog_table_optimizer",
      "configuration.retention_configuration.iceberg_configuration.number_of_snapshots_to_retain",
      5,
      1,
    ],
    [
      "aws_glue_catalog_table_optimizer",
      "configuration.retention_configuration.iceberg_configuration.snapshot_retention_period_in_days",
      30,
      5,
    ],
    ["aws_docdbelastic_cluster", "backup_retention_period", 35, 1],
    ["aws_elasticache_serverless_cache", "snapshot_retention_limit", 7, 0],
    ["aws_rds_cluster", "backtrack_window", 86_400, 0],
    ["aws_db_instance", "performance_insights_retention_period", 731, 7],
    ["aws_redshift_cluster", "manual_snapshot_retention_period", -1, 30],
    ["aws_redshift_snapshot_copy", "manual_snapshot_retention_period", 30, 7],
    ["aws_redshift_snapshot_copy", "retention_period", 30, 7],
    ["aws_lightsail_database", "backup_retention_enabled", true, false],
  ],
  unknown: [
    ["aws_s3_bucket_lifecycle_configuration", "rule.filter.prefix", "tmp/", ""],
    ["aws_s3_bucket_lifecycle_configuration", "rule.prefix", "tmp/", "raw/"],
  ],
  unprotects: [
    ["aws_s3_bucket", "versioning.mfa_delete", true, false],
    ["aws_s3_bucket_versioning", "versioning_configuration.mfa_delete", "Enabled", "Disabled"],
    ["aws_s3_bucket_public_access_block", "block_public_acls", true, false],
    ["aws_s3_bucket_public_access_block", "block_public_policy", true, false],
    ["aws_s3_account_public_access_block", "ignore_public_acls", true, false],
    ["aws_s3_account_public_access_block", "restrict_public_buckets", true, null],
    ["aws_dynamodb_table", "replica.point_in_time_recovery", true, false],
    ["aws_dynamodb_table_replica", "point_in_time_recovery", true, false],
    ["aws_backup_plan", "rule.enable_continuous_backup", true, false],
    ["aws_rbin_rule", "retention_period.retention_period_value", 30, 1],
    ["aws_efs_file_system", "protection.replication_overwrite", "ENABLED", "DISABLED"],
    ["aws_kms_key", "enable_key_rotation", true, false],
    ["aws_kinesis_stream", "encryption_type", "KMS", "NONE"],
    ["aws_cloudwatch_log_group", "kms_key_id", "arn:aws:kms:eu-west-1:111122223333:key/a", null],
    ["aws_dynamodb_table", "server_side_encryption.enabled", true, false],
    [
      "aws_s3_bucket_server_side_encryption_configuration",
      "rule.apply_server_side_encryption_by_default.kms_master_key_id",
      "arn:aws:kms:eu-west-1:111122223333:key/a",
      "",
    ],
    [
      "aws_kinesis_firehose_delivery_stream",
      "opensearch_configuration.s3_backup_mode",
      "AllDocuments",
      "FailedDocumentsOnly",
    ],
    [
      "aws_kinesis_firehose_delivery_stream",
      "extended_s3_configuration.cloudwatch_logging_options.enabled",
      true,
      false,
    ],
    ["aws_opensearch_domain", "log_publishing_options.enabled", true, false],
    ["aws_opensearch_domain", "domain_endpoint_options.enforce_https", true, false],
    ["aws_opensearch_domain", "cluster_config.zone_awareness_enabled", true, false],
    ["aws_eks_cluster", "enabled_cluster_log_types", ["api", "audit"], ["api"]],
    ["aws_db_instance", "enabled_cloudwatch_logs_exports", ["audit"], []],
    ["aws_db_instance", "multi_az", true, false],
    ["aws_ecr_repository", "image_scanning_configuration.scan_on_push", true, false],
    ["aws_lb", "access_logs.enabled", true, false],
    ["aws_cloudtrail", "is_multi_region_trail", true, false],
    ["aws_cloudtrail", "include_global_service_events", true, false],
    ["aws_cloudtrail", "enable_log_file_validation", true, false],
    ["aws_config_configuration_recorder_status", "is_enabled", true, false],
    ["aws_guardduty_detector", "enable", true, false],
    ["aws_instance", "disable_api_stop", true, false],
    ["aws_launch_template", "disable_api_termination", true, false],
    ["aws_instance", "root_block_device.delete_on_termination", false, true],
    ["aws_instance", "ebs_block_device.delete_on_termination", false, true],
    ["aws_launch_template", "block_device_mappings.ebs.delete_on_termination", "false", "true"],
    ["aws_cloudwatch_log_group", "skip_destroy", true, false],
    ["aws_cloudfront_distribution", "retain_on_delete", true, false],
    ["aws_fsx_windows_file_system", "skip_final_backup", false, true],
  ],
  access: [
    ["aws_iam_role", "assume_role_policy", policy({ Federated: "a" }), policy({})],
    ["aws_opensearch_domain", "access_policies", policy({ Service: ["a", "b"] }), policy({ Service: ["b"] })],
    ["aws_grafana_workspace_saml_configuration", "admin_role_values", ["ann", "bo"], ["bo"]],
    ["aws_grafana_workspace_saml_configuration", "editor_role_values", ["ann", "bo"], ["bo"]],
    ["aws_grafana_workspace_saml_configuration", "allowed_organizations", ["acme"], []],
    ["aws_eks_cluster", "vpc_config.public_access_cidrs", ["10.0.0.0/8", "192.0.2.0/24"], ["10.0.0.0/8"]],
    ["aws_backup_vault_policy", "policy", ANN_AND_BO, BO],
    ["aws_ecr_registry_policy", "policy", ANN_AND_BO, BO],
    ["aws_ecr_repository_policy", "policy", ANN_AND_BO, BO],
    ["aws_efs_file_system_policy", "policy", ANN_AND_BO, BO],
    ["aws_kinesis_resource_policy", "policy", ANN_AND_BO, BO],
    ["aws_kms_key", "policy", ANN_AND_BO, BO],
    ["aws_kms_key_policy", "policy", ANN_AND_BO, BO],
    ["aws_opensearch_domain_policy", "access_policies", ANN_AND_BO, BO],
    ["aws_s3_bucket_policy", "policy", ANN_AND_BO, BO],
    ["aws_secretsmanager_secret_policy", "policy", ANN_AND_BO, BO],
    ["aws_sns_topic_policy", "policy", ANN_AND_BO, BO],
    ["aws_sqs_queue_policy", "policy", ANN_AND_BO, BO],
  ],
};

describe.each(Object.entries(CASES))("what %s", (kind, cases) => {
  it.each(cases)("%s: %s", (type, path, before, after) => {
    const found = lossesOf(type, path, before, after);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ type, kind });
    // The other way round nothing is lost, but what a rule can't tell from its values.
    if (kind !== "unknown") expect(lossesOf(type, path, after, before)).toEqual([]);
    expect(lossesOf(type, path, before, before)).toEqual([]);
  });
});

it("each rule of a service has a case of its own", () => {
  const all = Object.values(CASES).flat();
  const cases = all.map(([type, path]) => `${type} ${path}`);
  const without = SERVICE_RULES.filter(({ types, path }) => {
    const names = path.replace(/\.Statement\.Principal.*$/, "").replaceAll("*", "[a-z_0-9]+");
    const own = new RegExp(`^(${types.join("|").replace("*", "\\w+")}) ${names}(\\.|$)`);
    return !cases.some((one) => own.test(one));
  });
  expect(without).toEqual([]);
});

it("each name in a rule is one of the provider's, as far as its schema is in the repository", () => {
  const rules = [...RULES, ...SERVICE_RULES];
  const known = rules
    .flatMap(({ types }) => types)
    .flatMap((type) => {
      const block = stateSchema(type);
      return block ? [[type, { block }] as const] : [];
    });
  const types = Object.fromEntries(known);
  expect(Object.keys(types).length).toBeGreaterThan(10);
  expect(missingNames(rules, types, { knowsAll: false })).toEqual([]);
  const wrong = [
    { types: ["aws_kinesis_stream"], path: "retention", turn: "less", kind: "deletes", lost: "" },
  ] as const;
  expect(missingNames(wrong, types, { knowsAll: false })).toEqual(["aws_kinesis_stream.retention"]);
});
