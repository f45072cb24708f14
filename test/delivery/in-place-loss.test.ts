import { describe, expect, it } from "vitest";
import { inPlaceLossIn } from "../../delivery/core/plan-json/in-place-loss.ts";
import { RULES } from "../../delivery/core/plan-json/in-place-rules.ts";
import { at, makePlan } from "../support/plans.ts";

type Attributes = Readonly<Record<string, unknown>>;

const lossesOf = (type: string, before: Attributes, after: Attributes, more = {}) =>
  inPlaceLossIn(makePlan([{ address: `${type}.x`, actions: ["update"], before, after, ...more }]));

const POLICY = (...users: string[]) =>
  JSON.stringify({ Statement: [{ Sid: "Team", Effect: "Allow", Principal: { AWS: users }, Action: "*" }] });
const ECR = (countNumber: number) =>
  JSON.stringify({ rules: [{ rulePriority: 1, selection: { tagStatus: "any", countNumber } }] });
const OTHER_VALUES = (enabled: boolean) => ({
  values: [JSON.stringify({ minio: { metrics: { enabled, port: 1 } } })],
});
const HELM = (enabled: boolean) => [JSON.stringify({ minio: { persistence: { enabled, size: "50Gi" } } })];

/** Each rule's own case: type, attribute, what it was, what it becomes. */
const DELETES: readonly (readonly [type: string, path: string, before: unknown, after: unknown])[] = [
  ["aws_kinesis_stream", "retention_period", 168, 24],
  ["aws_s3_bucket_lifecycle_configuration", "rule.expiration.days", 365, 1],
  ["aws_s3_bucket_lifecycle_configuration", "rule.expiration.days", undefined, 30],
  ["aws_s3_bucket_lifecycle_configuration", "rule.expiration.date", undefined, "2027-01-01T00:00:00Z"],
  ["aws_s3_bucket_lifecycle_configuration", "rule.noncurrent_version_expiration.noncurrent_days", 90, 7],
  [
    "aws_s3_bucket_lifecycle_configuration",
    "rule.noncurrent_version_expiration.newer_noncurrent_versions",
    5,
    1,
  ],
  ["aws_s3_bucket_lifecycle_configuration", "rule.status", "Disabled", "Enabled"],
  ["aws_s3_bucket", "lifecycle_rule.expiration.days", 365, 1],
  ["aws_s3_bucket", "lifecycle_rule.noncurrent_version_expiration.days", 90, 7],
  ["aws_s3_bucket", "lifecycle_rule.enabled", false, true],
  ["aws_ecr_lifecycle_policy", "policy", ECR(30), ECR(3)],
  ["aws_cloudwatch_log_group", "retention_in_days", 90, 7],
  ["aws_cloudwatch_log_group", "retention_in_days", 0, 365],
  ["aws_cloudtrail_event_data_store", "retention_period", 2555, 30],
  ["aws_sqs_queue", "message_retention_seconds", 345_600, 60],
  ["kafka_topic", "config", { "retention.ms": "604800000" }, { "retention.ms": "3600000" }],
  ["aws_timestreamwrite_table", "retention_properties.magnetic_store_retention_period_in_days", 73_000, 30],
  ["aws_dynamodb_table", "ttl.enabled", false, true],
  ["aws_dynamodb_table", "ttl.attribute_name", "expires", "seen"],
  ["aws_dynamodb_table", "replica", [{ region_name: "us-east-1" }], []],
  ["aws_db_instance", "backup_retention_period", 14, 1],
  ["aws_db_instance", "delete_automated_backups", false, true],
  ["aws_elasticache_replication_group", "snapshot_retention_limit", 7, 0],
  ["aws_redshift_cluster", "automated_snapshot_retention_period", 7, 1],
  ["aws_fsx_lustre_file_system", "automatic_backup_retention_days", 30, 0],
  ["aws_dlm_lifecycle_policy", "policy_details.schedule.retain_rule.count", 14, 2],
  ["aws_backup_plan", "rule.lifecycle.delete_after", 365, 30],
  ["helm_release", "values", HELM(true), HELM(false)],
  [
    "kubernetes_stateful_set_v1",
    "spec.persistent_volume_claim_retention_policy.when_deleted",
    "Retain",
    "Delete",
  ],
];
const UNPROTECTS: typeof DELETES = [
  ["aws_s3_bucket", "versioning.enabled", true, false],
  ["aws_s3_bucket_versioning", "versioning_configuration.status", "Enabled", "Suspended"],
  ["aws_s3_bucket_object_lock_configuration", "rule.default_retention.days", 365, 1],
  ["aws_s3_bucket_object_lock_configuration", "rule.default_retention.years", 7, 1],
  ["aws_s3_bucket_replication_configuration", "rule.status", "Enabled", "Disabled"],
  ["aws_ecr_repository", "image_tag_mutability", "IMMUTABLE", "MUTABLE"],
  ["aws_cloudtrail", "enable_logging", true, false],
  ["aws_sqs_queue", "redrive_policy", '{"maxReceiveCount":5}', ""],
  ["aws_dynamodb_table", "point_in_time_recovery.enabled", true, false],
  ["aws_dynamodb_table", "point_in_time_recovery.recovery_period_in_days", 35, 1],
  ["aws_backup_vault_lock_configuration", "min_retention_days", 30, 1],
  ["aws_efs_backup_policy", "backup_policy.status", "ENABLED", "DISABLED"],
  ["aws_kms_key", "deletion_window_in_days", 30, 7],
  ["aws_kms_key", "is_enabled", true, false],
  ["aws_secretsmanager_secret", "recovery_window_in_days", 30, 0],
  ["aws_instance", "disable_api_termination", true, false],
  ["aws_cognito_user_pool", "deletion_protection", "ACTIVE", "INACTIVE"],
  ["aws_rds_cluster", "deletion_protection", true, false],
  ["aws_dynamodb_table", "deletion_protection_enabled", true, false],
  ["aws_lb", "enable_deletion_protection", true, false],
  ["aws_cloudformation_stack", "termination_protection", true, false],
  ["aws_cloudtrail_event_data_store", "termination_protection_enabled", true, false],
  ["aws_networkfirewall_firewall", "delete_protection", true, false],
  ["aws_s3_bucket", "force_destroy", false, true],
  ["aws_ecr_repository", "force_delete", false, true],
  ["aws_db_instance", "skip_final_snapshot", false, true],
];
const ACCESS: typeof DELETES = [
  ["aws_eks_access_entry", "kubernetes_groups", ["admins", "readers"], ["readers"]],
  ["aws_iam_group_membership", "users", ["ann", "bo"], ["bo"]],
  ["aws_iam_user_group_membership", "groups", ["team", "ops"], ["ops"]],
  ["aws_iam_policy_attachment", "users", ["ann", "bo"], ["bo"]],
  ["aws_iam_policy_attachment", "roles", ["ann", "bo"], ["bo"]],
  ["aws_iam_policy_attachment", "groups", ["ann", "bo"], ["bo"]],
  ["aws_iam_role", "assume_role_policy", POLICY("a", "b"), POLICY("b")],
  ["aws_grafana_role_association", "user_ids", ["ann", "bo"], ["bo"]],
  ["aws_grafana_role_association", "group_ids", ["ann", "bo"], ["bo"]],
  ["aws_opensearch_domain", "access_policies", POLICY("a", "b"), POLICY("b")],
  [
    "kubernetes_config_map_v1_data",
    "data",
    { mapUsers: "- username: ann\n- username: bo\n" },
    { mapUsers: "- username: bo\n" },
  ],
  [
    "kubernetes_config_map_v1_data",
    "data",
    { mapRoles: "- rolearn: a\n- rolearn: b\n" },
    { mapRoles: "- rolearn: b\n" },
  ],
  ["kubernetes_role_binding_v1", "subject", [{ name: "ann" }, { name: "bo" }], [{ name: "bo" }]],
];
const UNKNOWN: typeof DELETES = [
  ["aws_opensearch_domain", "ebs_options.volume_size", 20, 10],
  ["aws_opensearch_domain", "cluster_config.instance_count", 3, 1],
  ["acme_archive", "settings.retention_weeks", 52, 4],
  ["acme_archive", "snapshot_copies", 5, 1],
];
const CASES = [
  ...DELETES.map((one) => ["deletes", ...one] as const),
  ...UNPROTECTS.map((one) => ["unprotects", ...one] as const),
  ...ACCESS.map((one) => ["access", ...one] as const),
  ...UNKNOWN.map((one) => ["unknown", ...one] as const),
];

describe("what a change in place takes away", () => {
  it.each(CASES)("%s: %s %s", (kind, type, path, before, after) => {
    const found = lossesOf(type, at(path, before), at(path, after));
    expect(found.map((loss) => loss.kind)).toEqual([kind]);
  });

  it.each(CASES)("the other way round it is nothing: %s: %s %s", (_, type, path, before, after) => {
    const isSymmetric = path === "ttl.attribute_name";
    expect(lossesOf(type, at(path, after), at(path, before))).toHaveLength(isSymmetric ? 1 : 0);
  });

  it("has a case for every rule", () => {
    const lost = new Set(
      CASES.flatMap(([, type, path, before, after]) =>
        lossesOf(type, at(path, before), at(path, after)).map((loss) => loss.lost),
      ),
    );
    expect(RULES.filter((rule) => !lost.has(rule.lost))).toEqual([]);
  });

  it.each([
    ["aws_rds_cluster", "backup_retention_period"],
    ["aws_docdb_cluster", "backup_retention_period"],
    ["aws_neptune_cluster", "backup_retention_period"],
    ["aws_elasticache_cluster", "snapshot_retention_limit"],
    ["aws_memorydb_cluster", "snapshot_retention_limit"],
    ["aws_fsx_ontap_file_system", "automatic_backup_retention_days"],
    ["aws_fsx_openzfs_file_system", "automatic_backup_retention_days"],
    ["aws_fsx_windows_file_system", "automatic_backup_retention_days"],
  ])("deletes as well with its sister %s: %s", (type, path) => {
    expect(lossesOf(type, at(path, 14), at(path, 1)).map(({ kind }) => kind)).toEqual(["deletes"]);
  });

  it.each([
    ["aws_kms_external_key", "deletion_window_in_days", 30, 7, "unprotects"],
    ["aws_kms_replica_key", "enabled", true, false, "unprotects"],
    ["aws_kms_external_key", "enabled", true, false, "unprotects"],
    ["aws_kms_replica_key", "deletion_window_in_days", 30, 7, "unprotects"],
    ["aws_elasticsearch_domain", "ebs_options.volume_size", 20, 10, "unknown"],
    ["aws_elasticsearch_domain", "cluster_config.instance_count", 3, 1, "unknown"],
    ["kubernetes_config_map", "data", { mapUsers: "- a: b\n" }, { mapUsers: "" }, "access"],
    ["kubernetes_config_map_v1", "data", { mapRoles: "- a: b\n" }, { mapRoles: "" }, "access"],
    ["kubernetes_config_map", "data", { mapRoles: "- a: b\n" }, { mapRoles: "" }, "access"],
    ["kubernetes_config_map_v1", "data", { mapUsers: "- a: b\n" }, { mapUsers: "" }, "access"],
    ["kubernetes_role_binding", "subject", [{ name: "ann" }], [], "access"],
    ["kubernetes_cluster_role_binding", "subject", [{ name: "ann" }], [], "access"],
    ["kubernetes_cluster_role_binding_v1", "subject", [{ name: "ann" }], [], "access"],
    [
      "kubernetes_stateful_set",
      "spec.persistent_volume_claim_retention_policy.when_scaled",
      "Retain",
      "Delete",
      "deletes",
    ],
  ])("takes the same away of its sister %s: %s", (type, path, before, after, kind) => {
    expect(lossesOf(type, at(path, before), at(path, after)).map((loss) => loss.kind)).toEqual([kind]);
  });

  it("names the attribute where it is, what it was and what it becomes", () => {
    expect(
      lossesOf(
        "aws_s3_bucket_lifecycle_configuration",
        { rule: [{ id: "a", expiration: [{ days: 30 }] }] },
        { rule: [{ id: "a", expiration: [{ days: 7 }] }] },
      ),
    ).toEqual([
      {
        address: "aws_s3_bucket_lifecycle_configuration.x",
        type: "aws_s3_bucket_lifecycle_configuration",
        kind: "deletes",
        attribute: 'rule["a"].expiration[0].days',
        from: "30",
        to: "7",
        lost: "objects that are older than the new age",
      },
    ]);
    expect(lossesOf("acme_archive", { retention: 5 }, { retention: 4 })).toMatchObject([
      { lost: "no rule knows what this deletes" },
    ]);
    for (const { lost } of RULES) expect(lost).toMatch(/^\w.* \w/);
  });

  it.each([
    ["a number that is not set any more", "aws_kinesis_stream", "retention_period", 48, undefined],
    [
      "a date that comes sooner",
      "aws_s3_bucket_lifecycle_configuration",
      "rule.expiration.date",
      "2028-01-01",
      "2027-01-01",
    ],
    ["numbers in texts", "acme_archive", "retention", "1.55", "0.5"],
    [
      "an element of a list that becomes a text",
      "aws_eks_access_entry",
      "kubernetes_groups",
      ["a", "b"],
      "b",
    ],
    ["a list that is not there any more", "aws_dynamodb_table", "replica", [{ region_name: "x" }], undefined],
    [
      "a version that is not set any more",
      "aws_s3_bucket_versioning",
      "versioning_configuration.status",
      "Enabled",
      "",
    ],
  ])("is also %s", (_, type, path, before, after) => {
    expect(lossesOf(type, at(path, before), at(path, after))).toHaveLength(1);
  });

  it.each([
    [
      "of another type than the rule's",
      "acme_thing",
      { ttl: [{ enabled: false }] },
      { ttl: [{ enabled: true }] },
    ],
    ["of another key of a chart", "helm_release", OTHER_VALUES(true), OTHER_VALUES(false)],
    ["of a chart's values that are no document", "helm_release", { values: ["a"] }, { values: ["b"] }],
    ["of a policy that is no document", "aws_ecr_lifecycle_policy", { policy: "a" }, { policy: "b" }],
    ["of another dotted name", "kafka_topic", { config: { "a.ms": "2" } }, { config: { "a.ms": "1" } }],
    [
      "of a redrive policy that stays",
      "aws_sqs_queue",
      { redrive_policy: '{"n":5}' },
      { redrive_policy: '{"n":3}' },
    ],
    [
      "from off to off",
      "aws_s3_bucket_versioning",
      { versioning_configuration: [{ status: "Suspended" }] },
      { versioning_configuration: [{ status: "Disabled" }] },
    ],
    ["from off to not set", "aws_ecr_repository", { force_delete: false, x: 1 }, { x: 2 }],
    ["from on to on", "aws_ecr_repository", { force_delete: true }, { force_delete: "yes" }],
    [
      "from nothing to a first attribute",
      "aws_dynamodb_table",
      { ttl: [{ x: 1 }] },
      { ttl: [{ x: 1, attribute_name: "x" }] },
    ],
    [
      "from one that keeps nothing to another",
      "kubernetes_stateful_set_v1",
      { spec: [{ persistent_volume_claim_retention_policy: [{ when_deleted: "Delete" }] }] },
      { spec: [{ persistent_volume_claim_retention_policy: [{ when_deleted: "" }] }] },
    ],
    ["of a text that is no number", "acme_archive", { retention: "ten" }, { x: 1 }],
    ["of a text that ends in a number", "acme_archive", { retention: "x10" }, { x: 1 }],
    ["of a text that begins with a number", "acme_archive", { retention: "10x" }, { x: 1 }],
    ["of the same number, written otherwise", "acme_archive", { retention: 48 }, { retention: "48" }],
    ["of a number that grows", "acme_archive", { retention: 48 }, { retention: 49 }],
    ["of a name that only begins like one that is suspect", "acme_archive", { keeper: 5 }, { keeper: 4 }],
  ])("is nothing %s", (_, type, before, after) => {
    expect(lossesOf(type, before as Attributes, after as Attributes)).toEqual([]);
  });

  it.each([
    "retention",
    "max_retain",
    "expires_in",
    "expiry",
    "ttl",
    "keep_last",
    "backup",
    "backups",
    "snapshot_count",
  ])("may be what a name like %s says", (name) => {
    expect(lossesOf("acme_archive", { [name]: 5 }, { [name]: 4 })).toMatchObject([{ kind: "unknown" }]);
  });

  it("is each element that goes, wherever it stood, and none that only moves", () => {
    const groups = (...kubernetes_groups: string[]) => ({ kubernetes_groups, x: kubernetes_groups.length });
    const found = lossesOf("aws_eks_access_entry", groups("a", "b", "c"), groups("c"));
    expect(found.map(({ attribute, from }) => [attribute, from])).toEqual([
      ["kubernetes_groups[0]", '"a"'],
      ["kubernetes_groups[1]", '"b"'],
    ]);
    expect(lossesOf("aws_eks_access_entry", groups("a", "b"), groups("b", "a"))).toEqual([]);
  });

  it("is the one who goes where a policy's list of two becomes the other one's name", () => {
    const trust = (AWS: unknown) => ({
      assume_role_policy: JSON.stringify({ Statement: [{ Sid: "Team", Principal: { AWS } }] }),
    });
    const found = lossesOf("aws_iam_role", trust(["ann", "bo"]), trust("bo"));
    expect(found.map(({ kind, from, to }) => [kind, from, to])).toEqual([["access", '"ann"', "null"]]);
  });

  it("is said of an attribute by the resource's own rule, not by that of all", () => {
    const [pool] = lossesOf("aws_cognito_user_pool", { deletion_protection: "ACTIVE" }, { x: 1 });
    expect(pool?.lost).toBe("nothing keeps the users from being deleted");
    const [other] = lossesOf("aws_rds_cluster", { deletion_protection: true }, { x: 1 });
    expect(other?.lost).toBe("nothing keeps it from being deleted");
  });

  it("is nothing of a data source", () => {
    const data = { more: { mode: "data" } };
    expect(lossesOf("aws_kinesis_stream", { retention_period: 48 }, { retention_period: 24 }, data)).toEqual(
      [],
    );
  });

  it("is unknown where a secret hides the value", () => {
    const hidden = { afterSensitive: { retention_period: true } };
    expect(
      lossesOf("aws_kinesis_stream", { retention_period: 48 }, { retention_period: 24 }, hidden),
    ).toMatchObject([{ kind: "unknown", to: "(sensitive)" }]);
  });

  it("is unknown where the value is known after the apply only", () => {
    const address = "aws_kinesis_stream.x";
    const set = { address, mode: "managed", expressions: { retention_period: {} } };
    const plan = makePlan(
      [
        {
          address,
          actions: ["update"],
          before: { retention_period: 48 },
          after: {},
          unknown: { retention_period: true },
        },
      ],
      { configuration: { root_module: { resources: [set] } } },
    );
    const [found] = inPlaceLossIn(plan);
    expect(found).toMatchObject({
      kind: "unknown",
      from: "48",
      to: "(known after apply)",
      lost: "known after the apply only; less would cost records that are older than the new retention",
    });
  });

  it.each([
    ["becomes unknown", [{ id: "a", expiration: [{ days: 365 }] }], { unknown: { rule: true } }],
    ["comes unknown", null, { unknown: { rule: true } }],
    ["is a secret", [{ id: "a" }], { beforeSensitive: { rule: true }, afterSensitive: { rule: true } }],
  ])("is unknown where a whole block %s", (_, rule, more) => {
    const address = "aws_s3_bucket_lifecycle_configuration.x";
    const set = { address, mode: "managed", expressions: { rule: {} } };
    const after = "unknown" in more ? {} : { rule: [{ id: "b" }] };
    const plan = makePlan([{ address, actions: ["update"], before: { rule }, after, ...more }], {
      configuration: { root_module: { resources: [set] } },
    });
    expect(inPlaceLossIn(plan).map(({ kind }) => kind)).toEqual(["unknown"]);
  });

  it("is nothing of a new rule that only moves objects, of a new object, of an import", () => {
    const rule = { id: "a", status: "Enabled", transition: [{ days: 30, storage_class: "GLACIER" }] };
    expect(lossesOf("aws_s3_bucket_lifecycle_configuration", { rule: [] }, { rule: [rule] })).toEqual([]);
    const created = makePlan([
      { address: "aws_cloudwatch_log_group.x", actions: ["create"], after: { retention_in_days: 7 } },
    ]);
    expect(inPlaceLossIn(created)).toEqual([]);
    const importing = { change: { importing: { id: "x" } } };
    expect(lossesOf("aws_ecr_repository", {}, { force_delete: true }, importing)).toEqual([]);
  });

  it("is found in a rule that is added as a whole", () => {
    const rule = { id: "a", status: "Enabled", expiration: [{ days: 30 }] };
    const found = lossesOf("aws_s3_bucket_lifecycle_configuration", { rule: [] }, { rule: [rule] });
    expect(found).toMatchObject([{ kind: "deletes", attribute: 'rule["a"].expiration[0].days', to: "30" }]);
  });
});
