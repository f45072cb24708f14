import type { HandWritten } from "./hand-written.ts";
import { MORE_PROJECTS } from "./user-projects-more.ts";
import { ODD } from "./user-projects-odd.ts";

/** What somebody has beside CALI in the same root: every kind of block, two regions, keys, counts, a module, a file, a secret. */
const OWN = {
  "own.tf": `
variable "alert_email" {
  type = string
}
variable "token" {
  type      = string
  sensitive = true
}
locals {
  prefix = "\${var.project_name}-\${var.environment}"
}
provider "aws" {
  alias  = "ireland"
  region = "eu-west-1"
}
data "aws_region" "here" {}
resource "aws_sns_topic" "alerts" {
  for_each = toset(["warn", "error"])
  name     = "\${local.prefix}-\${each.key}"
}
resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.alerts["warn"].arn
  protocol  = "email"
  endpoint  = var.alert_email
}
resource "aws_s3_bucket" "copies" {
  provider = aws.ireland
  bucket   = "\${local.prefix}-copies"
}
resource "aws_ssm_parameter" "token" {
  name  = "/\${local.prefix}/token"
  type  = local.kind
  value = var.token
}
locals {
  kind = "SecureString"
}
module "queues" {
  source = "./modules/queues"
  prefix = local.prefix
  names  = ["a", "b"]
}
resource "terraform_data" "mine" {
  count = 2
  input = "\${count.index} \${data.aws_region.here.name} \${file("\${path.module}/files/hello.txt")}"
  lifecycle {
    ignore_changes = [input]
  }
}
output "topic" {
  value = aws_sns_topic.alerts["warn"].arn
}
output "token" {
  value     = var.token
  sensitive = true
}
`,
  "modules/queues/main.tf": `
variable "prefix" { type = string }
variable "names" { type = list(string) }
resource "aws_sqs_queue" "this" {
  for_each = toset(var.names)
  name     = "\${var.prefix}-\${each.key}"
}
`,
  "files/hello.txt": "hello",
};
const MORE = 'alert_email = "ops@example.com"\ntoken = "t0k3n-value"\n';
const arn = (name: string) => `arn:aws:iam::123456789012:${name}`;

/** Environments of users, changed in some 40 places. */
export const PROJECTS: readonly HandWritten[] = [
  {
    project: "acme-logs",
    environment: "production",
    region: "us-east-1",
    team: [arn("user/ops/kim"), arn("role/admin"), arn("user/jun")],
    values: {
      tags: { Project: "ACME", Owner: "platform", CostCenter: "1234" },
      stream: { shards: 4, retentionHours: 168, encryption: "kms" },
      firehose: {
        toS3: { intervalSeconds: 300, sizeMiB: 64 },
        toOpenSearch: { intervalSeconds: 120, sizeMiB: 10 },
        retrySeconds: 600,
        logRetentionDays: 30,
        rolePolicies: "exact",
      },
      bucket: {
        forceDestroy: false,
        lifecycle: [
          {
            id: "a",
            prefix: "raw/",
            transitions: [
              { days: 45, storageClass: "STANDARD_IA" },
              { days: 120, storageClass: "GLACIER_IR" },
            ],
            expireAfterDays: 400,
          },
          { id: "b", prefix: "", abortUploadsAfterDays: 3, expireOldVersionsAfterDays: 14 },
        ],
      },
      domain: {
        version: "OpenSearch_2.13",
        instanceType: "m6g.large.search",
        instanceCount: 3,
        volumeGiB: 100,
        tlsPolicy: "Policy-Min-TLS-1-2-PFS-2023-10",
        masterUser: { kind: "internal", name: "root" },
        access: { actions: ["es:ESHttpGet", "es:ESHttpPost"], anyPrincipal: true },
      },
      cluster: {
        version: "1.31",
        publicEndpointCidrs: ["203.0.113.0/24"],
        logTypes: ["api", "scheduler"],
        logRetentionDays: 90,
        authenticationMode: "API",
        teamAccess: "AmazonEKSAdminPolicy",
        nodeGroup: {
          instanceTypes: ["m5.large", "m5a.large"],
          capacity: "SPOT",
          diskGiB: 50,
          amiType: "AL2023_x86_64_STANDARD",
          minSize: 3,
          desiredSize: 3,
          maxSize: 9,
          maxUnavailable: 2,
        },
      },
      iam: {
        applicationRole: {
          serviceAccounts: ["cali:*", "airflow:*"],
          managedPolicies: ["CloudWatchAgentServerPolicy"],
        },
        nodesMayUseStream: false,
        autoscalerScope: "cluster",
        grafanaAccess: "read",
      },
      repositories: {
        names: ["consumer", "log-generator", "airflow-dags"],
        immutableTags: true,
        forceDelete: false,
        keepImages: 25,
      },
    },
    edits: {
      resource: {
        aws_s3_bucket: { logs: { bucket: "acme-raw-logs-1" } },
        aws_kinesis_stream: { logs: { name: "acme-events" } },
        aws_s3_bucket_versioning: { logs: { versioning_configuration: { status: "Suspended" } } },
        aws_s3_bucket_server_side_encryption_configuration: {
          logs: {
            rule: {
              apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms" },
              bucket_key_enabled: true,
            },
          },
        },
        aws_opensearch_domain: {
          logs: {
            cluster_config: {
              dedicated_master_enabled: true,
              dedicated_master_count: 3,
              dedicated_master_type: "m6g.large.search",
            },
            ebs_options: { iops: 4000, throughput: 250 },
            advanced_options: { "rest.action.multi.allow_explicit_index": "true" },
          },
        },
        aws_eks_node_group: {
          main: {
            labels: { team: "data" },
            taint: [{ key: "x", value: "y", effect: "NO_SCHEDULE" }],
            update_config: { max_unavailable: null, max_unavailable_percentage: 33 },
          },
        },
        aws_eks_access_entry: { team_members: { kubernetes_groups: ["viewers"] } },
        aws_iam_role: {
          firehose: { name: "acme-delivery", path: "/delivery/" },
          app_role: {
            path: "/apps/",
            permissions_boundary: "arn:aws:iam::123456789012:policy/boundary",
            max_session_duration: 7200,
            description: "the app",
          },
        },
        aws_iam_role_policy_attachment: { airflow_s3_access: null },
        aws_ecr_repository: { log_generator: { image_scanning_configuration: { scan_on_push: false } } },
        aws_eks_addon: {
          ebs_csi: { configuration_values: '{"controller":{"replicaCount":1}}', tags: { Name: "x" } },
        },
        aws_iam_policy: {
          workload_s3_access: {
            policy:
              '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-raw-logs-1/$${aws:username}/*"}]}',
          },
        },
      },
      output: { app_role_arn: null },
    },
    own: OWN,
    more: MORE,
  },
  ...MORE_PROJECTS,
  ODD,
];
