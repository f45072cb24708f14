import { describe, expect, it } from "vitest";
import { dataLossIn, removedKeysIn } from "../../delivery/core/plan-json/data-loss.ts";
import { makePlan, planOf } from "../support/plans.ts";

/** Every type whose objects hold what no apply brings back. */
const HOLD_DATA = [
  "aws_kinesis_stream",
  "aws_s3_bucket",
  "aws_opensearch_domain",
  "aws_elasticsearch_domain",
  "aws_eks_cluster",
  "aws_ecr_repository",
  "aws_dynamodb_table",
  "aws_kms_key",
  "aws_kms_external_key",
  "aws_kms_replica_key",
  "aws_kms_replica_external_key",
  "aws_ebs_volume",
  "kubernetes_namespace",
  "kubernetes_namespace_v1",
  "kubernetes_persistent_volume_claim",
  "kubernetes_persistent_volume_claim_v1",
  "kubernetes_stateful_set",
  "kubernetes_stateful_set_v1",
  "helm_release",
  "aws_cloudwatch_log_group",
  "aws_grafana_workspace",
  "aws_db_instance",
  "aws_rds_cluster",
  "aws_docdb_cluster",
  "aws_neptune_cluster",
  "aws_redshift_cluster",
  "aws_msk_cluster",
  "aws_efs_file_system",
  "aws_elasticache_cluster",
  "aws_elasticache_replication_group",
  "aws_timestreamwrite_table",
  "aws_sqs_queue",
  "aws_secretsmanager_secret",
  "aws_ebs_snapshot",
  "aws_backup_vault",
  "aws_prometheus_workspace",
  "aws_cognito_user_pool",
  "aws_cloudtrail_event_data_store",
  "aws_kinesis_firehose_delivery_stream",
  "kubernetes_persistent_volume",
  "kubernetes_persistent_volume_v1",
  "aws_cloudwatch_log_stream",
  "aws_s3_directory_bucket",
  "aws_s3tables_table",
  "aws_glacier_vault",
  "aws_dynamodb_table_replica",
  "aws_ecrpublic_repository",
  "aws_opensearchserverless_collection",
  "aws_instance",
  "aws_rds_cluster_instance",
  "aws_db_snapshot",
  "aws_db_cluster_snapshot",
  "aws_redshiftserverless_namespace",
  "aws_keyspaces_table",
  "aws_timestreamwrite_database",
  "aws_timestreaminfluxdb_db_instance",
  "aws_memorydb_cluster",
  "aws_elasticache_serverless_cache",
  "aws_msk_serverless_cluster",
  "aws_mq_broker",
  "aws_fsx_lustre_file_system",
  "aws_fsx_ontap_file_system",
  "aws_fsx_openzfs_file_system",
  "aws_fsx_windows_file_system",
  "aws_kinesisanalyticsv2_application",
  "aws_kinesis_video_stream",
  "aws_codecommit_repository",
];

const planWith = (type: string, actions: readonly string[], more: Readonly<Record<string, unknown>> = {}) =>
  makePlan([{ address: `${type}.x`, actions, before: { name: "a" }, after: { name: "b" }, more }]);

describe("data loss", () => {
  it.each(HOLD_DATA)("is the destruction or the replacement of %s, with words on what goes", (type) => {
    const address = `${type}.x`;
    const lost = expect.stringMatching(/^\w+,? \w[\w,' ]+$/);
    expect(dataLossIn(planWith(type, ["delete"]))).toEqual([{ address, type, action: "delete", lost }]);
    expect(dataLossIn(planWith(type, ["delete", "create"]))).toEqual([
      { address, type, action: "replace", lost },
    ]);
  });

  // As `terraform show -json` has them: which attribute forces it, and what was and will be there.
  it.each([
    [
      "aws_opensearch_domain",
      [["encrypt_at_rest", 0, "kms_key_id"]],
      { encrypt_at_rest: [{ enabled: true, kms_key_id: "alias/aws/es" }] },
      { encrypt_at_rest: [{ enabled: true, kms_key_id: "arn:aws:kms:eu-west-1:111122223333:key/a" }] },
    ],
    [
      "aws_opensearch_domain",
      [["vpc_options"]],
      { vpc_options: [] },
      { vpc_options: [{ subnet_ids: ["subnet-1"], security_group_ids: ["sg-1"] }] },
    ],
    [
      "aws_ecr_repository",
      [["encryption_configuration", 0, "kms_key"]],
      { encryption_configuration: [{ encryption_type: "AES256", kms_key: "" }] },
      { encryption_configuration: [{ encryption_type: "KMS", kms_key: "alias/x" }] },
    ],
  ])("is what another key or a VPC makes anew: %s by %j", (type, paths, before, after) => {
    const plan = makePlan([
      {
        address: `${type}.x`,
        actions: ["delete", "create"],
        before,
        after,
        more: { replace_paths: paths, action_reason: "replace_because_cannot_update" },
      },
    ]);
    expect(dataLossIn(plan)).toMatchObject([{ address: `${type}.x`, action: "replace" }]);
  });

  it("names what goes of the stream and the bucket", () => {
    const lostOf = (type: string) => dataLossIn(planWith(type, ["delete"])).map(({ lost }) => lost);
    expect(lostOf("aws_kinesis_stream")).toEqual(["records that are not consumed yet"]);
    expect(lostOf("aws_s3_bucket")).toEqual(["every object in the bucket"]);
  });

  it("is the other order of a replacement, and what an earlier replacement left over", () => {
    expect(dataLossIn(planWith("aws_s3_bucket", ["create", "delete"]))).toHaveLength(1);
    expect(dataLossIn(planWith("aws_s3_bucket", ["delete"], { deposed: "abcd1234" }))).toHaveLength(1);
  });

  it("is no update, no object that only leaves the state, no data source, nothing that holds no data", () => {
    for (const actions of [["create"], ["update"], ["forget"], ["create", "forget"], ["no-op"], ["read"]]) {
      expect(dataLossIn(planWith("aws_kinesis_stream", actions)), actions.join()).toEqual([]);
    }
    expect(dataLossIn(planWith("aws_kinesis_stream", ["delete"], { mode: "data" }))).toEqual([]);
    expect(dataLossIn(planWith("aws_iam_role", ["delete"]))).toEqual([]);
  });

  it.each([
    ["no claim templates", [{ volume_claim_template: [] }], 0],
    ["a claim template", [{ volume_claim_template: [{ metadata: [{ name: "data" }] }] }], 1],
    ["claim templates that the plan does not tell", [{ replicas: "1" }], 1],
    ["a spec that nobody knows", null, 1],
  ])("of a StatefulSet with %s", (_, spec, losses) => {
    for (const address of ["kubernetes_stateful_set.x", "kubernetes_stateful_set_v1.x"]) {
      const plan = makePlan([{ address, actions: ["delete"], before: { spec }, after: null }]);
      expect(dataLossIn(plan)).toHaveLength(losses);
    }
  });

  it("is found in real plans, and only where it is", () => {
    const found = (name: string) => dataLossIn(planOf(name)).map(({ address, action }) => [address, action]);
    expect(found("replace")).toEqual([
      ["aws_kinesis_firehose_delivery_stream.to_opensearch", "replace"],
      ["aws_kinesis_firehose_delivery_stream.to_s3", "replace"],
      ["aws_kinesis_stream.logs", "replace"],
    ]);
    expect(found("destroy")).toEqual([["aws_ecr_repository.log_generator", "delete"]]);
    for (const name of ["create", "update", "forget", "moved", "import", "drift"]) {
      expect(found(name), name).toEqual([]);
    }
  });
});

describe("a key that left for_each", () => {
  const removed = (actions: readonly string[], action_reason?: string, more = {}) =>
    removedKeysIn(
      planWith("aws_eks_access_entry", actions, { ...(action_reason && { action_reason }), ...more }),
    );

  it("is an object that is destroyed for that reason", () => {
    const found = [{ address: "aws_eks_access_entry.x" }];
    expect(removed(["delete"], "delete_because_each_key")).toEqual(found);
    expect(removed(["delete", "create"], "delete_because_each_key")).toEqual(found);
  });

  it("is none for another reason, of another action, of a data source, or where data is lost anyway", () => {
    expect(removed(["delete"], "delete_because_no_resource_config")).toEqual([]);
    expect(removed(["delete"])).toEqual([]);
    expect(removed(["update"], "delete_because_each_key")).toEqual([]);
    expect(removed(["forget"], "delete_because_each_key")).toEqual([]);
    expect(removed(["create", "forget"], "delete_because_each_key")).toEqual([]);
    expect(removed(["delete"], "delete_because_each_key", { mode: "data" })).toEqual([]);
    const stream = planWith("aws_kinesis_stream", ["delete"], { action_reason: "delete_because_each_key" });
    expect(removedKeysIn(stream)).toEqual([]);
  });
});
