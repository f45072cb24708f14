import type { HandWritten } from "./hand-written.ts";

const ACCOUNT = "123456789012";
const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:${name}`;
const WAITS = { create: "90m", update: "95m", delete: "50m" };

/** One that sets what no import reads: Terraform's own waiting and memory, AWS's defaults in so many words, whose bucket it expects. */
export const ODD: HandWritten = {
  project: "x1-telemetry",
  environment: "qa_2",
  region: "eu-west-1",
  team: [arn("user/o'neil/team=a,+@1"), arn("role/ci.deploy_2")],
  values: {
    tags: { Project: "x1", "aws-like:key": "a=b @c/d" },
    stream: { shards: 3, retentionHours: 24, encryption: "kms" },
    firehose: {
      toS3: { intervalSeconds: 0, sizeMiB: 5 },
      toOpenSearch: { intervalSeconds: 60, sizeMiB: 5 },
      retrySeconds: 300,
      logRetentionDays: 1,
      rolePolicies: "exact",
    },
    bucket: {
      forceDestroy: true,
      lifecycle: [{ id: "x", prefix: "dlq/", expireAfterDays: 1, abortUploadsAfterDays: 1 }],
    },
    domain: {
      version: "OpenSearch_2.19",
      instanceType: "t3.medium.search",
      instanceCount: 1,
      volumeGiB: 20,
      masterUser: { kind: "internal", name: "x1" },
      access: { actions: ["es:*"], anyPrincipal: true },
    },
    cluster: {
      version: "1.33",
      publicEndpointCidrs: ["192.0.2.0/24"],
      logTypes: ["audit"],
      logRetentionDays: 7,
      authenticationMode: "API_AND_CONFIG_MAP",
      teamAccess: "AmazonEKSViewPolicy",
      nodeGroup: {
        instanceTypes: ["c7g.xlarge"],
        capacity: "ON_DEMAND",
        diskGiB: 100,
        amiType: "BOTTLEROCKET_ARM_64",
        minSize: 0,
        desiredSize: 1,
        maxSize: 4,
        maxUnavailable: 1,
      },
    },
  },
  edits: {
    resource: {
      aws_cloudwatch_log_group: { eks: { skip_destroy: true } },
      aws_kinesis_stream: { logs: { enforce_consumer_deletion: true, timeouts: { create: "7m" } } },
      aws_kinesis_firehose_delivery_stream: { to_s3: { timeouts: { create: "40m" } } },
      aws_s3_bucket: { logs: { timeouts: { read: "5m" } } },
      aws_s3_bucket_server_side_encryption_configuration: { logs: { expected_bucket_owner: ACCOUNT } },
      aws_s3_bucket_versioning: { logs: { expected_bucket_owner: ACCOUNT } },
      aws_opensearch_domain: {
        logs: {
          advanced_options: {
            "rest.action.multi.allow_explicit_index": "true",
            "indices.query.bool.max_clause_count": "2048",
          },
          timeouts: WAITS,
        },
      },
      aws_eks_cluster: { main: { force_update_version: true, timeouts: WAITS } },
      aws_eks_node_group: { main: { force_update_version: true, timeouts: { create: "70m" } } },
      aws_eks_addon: { ebs_csi: { preserve: true, resolve_conflicts_on_update: "PRESERVE" } },
      aws_iam_role: {
        firehose: { force_detach_policies: true },
        grafana: { path: "/x1/", description: "é & <x>" },
      },
      aws_ecr_repository: { consumer: { timeouts: { delete: "25m" } } },
    },
  },
  own: {
    "own.tf": `
resource "aws_sqs_queue" "counted" {
  count = 2
  name  = "\${var.project_name}-\${count.index}"
}
resource "aws_sns_topic" "moved" {
  for_each = { "a b" = 1, "c/d" = 2 }
  name     = "\${var.project_name}-\${each.value}"
}
`,
  },
};
