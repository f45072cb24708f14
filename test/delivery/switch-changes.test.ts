import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../delivery/core/parity/stack-json.ts";
import { block, stateWith, switched } from "../support/switched.ts";

/** One change each: what it is, how the state then looks, and the override, if a key can't say it. */
const CHANGES: [string, (attributes: (address: string) => JsonObject) => void, JsonObject?][] = [
  [
    "shards and retention",
    (of) => Object.assign(of("aws_kinesis_stream.logs"), { shard_count: 4, retention_period: 72 }),
  ],
  [
    "an encrypted stream",
    (of) =>
      Object.assign(of("aws_kinesis_stream.logs"), {
        encryption_type: "KMS",
        kms_key_id: "alias/aws/kinesis",
      }),
  ],
  [
    "dedicated masters",
    (of) =>
      Object.assign(block(of("aws_opensearch_domain.logs"), "cluster_config"), {
        dedicated_master_enabled: true,
        dedicated_master_count: 3,
        dedicated_master_type: "m6g.large.search",
      }),
    {
      aws_opensearch_domain: {
        logs: {
          cluster_config: {
            dedicated_master_enabled: true,
            dedicated_master_count: 3,
            dedicated_master_type: "m6g.large.search",
          },
        },
      },
    },
  ],
  [
    "another index rotation",
    (of) =>
      Object.assign(
        block(of("aws_kinesis_firehose_delivery_stream.to_opensearch"), "opensearch_configuration"),
        {
          index_rotation_period: "OneWeek",
        },
      ),
    {
      aws_kinesis_firehose_delivery_stream: {
        to_opensearch: { opensearch_configuration: { index_rotation_period: "OneWeek" } },
      },
    },
  ],
  [
    "labels of nodes and a share of them that may be away",
    (of) => {
      const nodes = of("aws_eks_node_group.main");
      nodes.labels = { team: "data" };
      Object.assign(block(nodes, "update_config"), { max_unavailable: 0, max_unavailable_percentage: 33 });
    },
    {
      aws_eks_node_group: {
        main: {
          labels: { team: "data" },
          update_config: { max_unavailable: null, max_unavailable_percentage: 33 },
        },
      },
    },
  ],
  [
    "a bucket that keeps no versions",
    (of) =>
      Object.assign(block(of("aws_s3_bucket_versioning.logs"), "versioning_configuration"), {
        status: "Suspended",
      }),
    { aws_s3_bucket_versioning: { logs: { versioning_configuration: { status: "Suspended" } } } },
  ],
  [
    "a permissions boundary",
    (of) =>
      Object.assign(of("aws_iam_role.eks_node"), {
        permissions_boundary: "arn:aws:iam::123456789012:policy/b",
      }),
    { aws_iam_role: { eks_node: { permissions_boundary: "arn:aws:iam::123456789012:policy/b" } } },
  ],
  [
    "scanning off in one repository",
    (of) =>
      Object.assign(block(of("aws_ecr_repository.consumer"), "image_scanning_configuration"), {
        scan_on_push: false,
      }),
    { aws_ecr_repository: { consumer: { image_scanning_configuration: { scan_on_push: false } } } },
  ],
  [
    "a bucket key",
    (of) =>
      Object.assign(block(of("aws_s3_bucket_server_side_encryption_configuration.logs"), "rule"), {
        bucket_key_enabled: true,
      }),
    {
      aws_s3_bucket_server_side_encryption_configuration: {
        logs: { rule: [{ bucket_key_enabled: true }] },
      },
    },
  ],
  [
    "no add-ons of EKS's own",
    (of) => Object.assign(of("aws_eks_cluster.main"), { bootstrap_self_managed_addons: false }),
    { aws_eks_cluster: { main: { bootstrap_self_managed_addons: false } } },
  ],
  [
    "rules for large objects, and for the whole bucket",
    (of) => {
      const [first, second] = of("aws_s3_bucket_lifecycle_configuration.logs").rule as JsonObject[];
      Object.assign(block(first as JsonObject, "filter"), { prefix: "", object_size_greater_than: 500 });
      Object.assign(block(second as JsonObject, "filter"), { prefix: "" });
    },
    {
      aws_s3_bucket_lifecycle_configuration: {
        logs: {
          rule: [{ filter: [{ object_size_greater_than: 500 }] }, { filter: [{ prefix: "" }] }],
        },
      },
    },
  ],
  [
    "a tag of one resource",
    (of) => {
      const domain = of("aws_opensearch_domain.logs");
      domain.tags = { ...(domain.tags as JsonObject), Owner: "search" };
      domain.tags_all = { ...(domain.tags_all as JsonObject), Owner: "search" };
    },
    { aws_opensearch_domain: { logs: { tags: { Name: "cali-logs", Owner: "search" } } } },
  ],
];

describe("a state that its users changed", () => {
  it("equals it with overrides for what no key says, and with keys for the rest", () => {
    const { left, infra, after } = switched(
      stateWith((of) => {
        for (const [, change] of CHANGES) change(of);
      }),
    );
    expect(left).toEqual([]);
    expect(after.differences).toEqual([]);
    for (const [what, , one] of CHANGES) expect(infra.resource, what).toMatchObject(one ?? {});
  });
});
