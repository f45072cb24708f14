import type { HandWritten } from "./hand-written.ts";

const arn = (name: string) => `arn:aws:iam::123456789012:${name}`;

/** Nobody is in the team; what is the user's own hangs on the platform's resources. */
const STAGING: HandWritten = {
  project: "shoplogs",
  environment: "staging",
  region: "eu-central-1",
  team: [],
  values: {
    tags: { Stage: "staging", "cost-center": "42", Team: "search + logs" },
    stream: { shards: 2, retentionHours: 72, encryption: "kms" },
    firehose: {
      toS3: { intervalSeconds: 900, sizeMiB: 128 },
      toOpenSearch: { intervalSeconds: 61, sizeMiB: 1 },
      retrySeconds: 0,
      logRetentionDays: 14,
      rolePolicies: "wildcard",
    },
    bucket: {
      forceDestroy: true,
      lifecycle: [
        {
          id: "everything",
          prefix: "",
          transitions: [{ days: 60, storageClass: "INTELLIGENT_TIERING" }],
          expireAfterDays: 3650,
          abortUploadsAfterDays: 1,
        },
      ],
    },
    domain: {
      version: "OpenSearch_2.17",
      instanceType: "r6g.large.search",
      instanceCount: 2,
      volumeGiB: 35,
      tlsPolicy: "Policy-Min-TLS-1-2-2019-07",
      masterUser: { kind: "internal", name: "search-admin" },
      access: { actions: ["es:*"], anyPrincipal: false },
    },
    cluster: {
      version: "1.32",
      publicEndpointCidrs: ["198.51.100.0/24", "203.0.113.7/32"],
      logTypes: [],
      creatorIsAdmin: false,
      authenticationMode: "API_AND_CONFIG_MAP",
      teamAccess: "AmazonEKSEditPolicy",
      addOns: {
        ebsCsi: { version: "v1.40.0-eksbuild.1" },
        vpcCni: { version: "v1.19.2-eksbuild.1" },
        coreDns: { version: "v1.11.4-eksbuild.2" },
        kubeProxy: { version: "v1.32.0-eksbuild.2" },
      },
      nodeGroup: {
        instanceTypes: ["m7g.large"],
        capacity: "ON_DEMAND",
        diskGiB: 80,
        amiType: "AL2023_ARM_64_STANDARD",
        minSize: 1,
        desiredSize: 1,
        maxSize: 2,
        maxUnavailable: 1,
      },
    },
    iam: {
      applicationRole: { serviceAccounts: ["cali:consumer"], managedPolicies: [] },
      nodesMayUseStream: true,
      autoscalerScope: "account",
      grafanaAccess: "write",
    },
    repositories: {
      names: ["consumer", "log-generator"],
      immutableTags: false,
      forceDelete: false,
      keepImages: 3,
    },
  },
  edits: {
    resource: {
      aws_kinesis_firehose_delivery_stream: {
        to_s3: {
          extended_s3_configuration: { compression_format: "ZIP", prefix: "raw/year=!{timestamp:yyyy}/" },
        },
        to_opensearch: {
          opensearch_configuration: { index_rotation_period: "OneWeek", s3_backup_mode: "AllDocuments" },
        },
      },
      aws_kinesis_stream: { logs: { shard_count: null, stream_mode_details: { stream_mode: "ON_DEMAND" } } },
      aws_eks_cluster: { main: { vpc_config: { endpoint_private_access: true } } },
      aws_eks_node_group: { main: { labels: { pool: "default", arch: "arm64" } } },
      aws_opensearch_domain: {
        logs: {
          domain_name: "shop-search",
          ebs_options: { volume_type: "gp2", iops: null, throughput: null },
        },
      },
      aws_iam_role: { eks_node: { name: "shop-nodes", description: "nodes", tags: { Tier: "nodes" } } },
      aws_ecr_repository: { consumer: { image_tag_mutability: "IMMUTABLE" } },
    },
  },
  own: {
    "variables-own.tf": `
variable "thresholds" {
  description = "Alarms by metric"
  type        = map(object({ statistic = string, above = number }))
  validation {
    condition     = length(var.thresholds) > 0
    error_message = "at least one"
  }
}
variable "owners" {
  type    = list(string)
  default = ["nobody"]
}
`,
    "alarms.tf": `
locals {
  alarms = { for name, one in var.thresholds : "\${var.project_name}-\${lower(name)}" => merge(one, { metric = name }) }
}
resource "aws_cloudwatch_metric_alarm" "stream" {
  for_each            = local.alarms
  alarm_name          = each.key
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = each.value.metric
  namespace           = "AWS/Kinesis"
  period              = 60
  statistic           = each.value.statistic
  threshold           = each.value.above
  dimensions          = { StreamName = aws_kinesis_stream.logs.name }
}
resource "aws_sqs_queue" "dead" {
  count = length(var.owners) > 1 ? 2 : 1
  name  = "\${var.project_name}-dead-\${count.index}"
  lifecycle {
    prevent_destroy = true
  }
}
resource "aws_s3_bucket" "copies" {
  provider = aws.ireland
  bucket   = "\${var.project_name}-\${var.environment}-copies"
  tags     = { Owners = join(" ", var.owners) }
}
provider "aws" {
  alias  = "ireland"
  region = "eu-west-1"
  default_tags {
    tags = { Copy = "true" }
  }
}
module "notes" {
  source = "./modules/notes"
  bucket = aws_s3_bucket.logs.bucket
  lines  = { for owner in var.owners : owner => upper(owner) }
}
output "notes" {
  value = module.notes.names
}
`,
    "modules/notes/main.tf": `
variable "bucket" { type = string }
variable "lines" { type = map(string) }
module "each" {
  source   = "./each"
  for_each = var.lines
  text     = each.value
}
resource "aws_ssm_parameter" "note" {
  for_each = var.lines
  name     = "/\${var.bucket}/\${each.key}"
  type     = "String"
  value    = templatefile("\${path.module}/note.tftpl", { text = module.each[each.key].text })
}
output "names" {
  value = [for one in aws_ssm_parameter.note : one.name]
}
`,
    "modules/notes/note.tftpl": "Note: ${text}\n",
    "modules/notes/each/main.tf": `
variable "text" { type = string }
resource "terraform_data" "text" {
  input = var.text
}
output "text" {
  value = terraform_data.text.output
}
`,
  },
  more: `owners = ["ann", "bob"]
thresholds = {
  "GetRecords.IteratorAgeMilliseconds" = { statistic = "Maximum", above = 60000 }
  IncomingBytes                        = { statistic = "Sum", above = 1e6 }
}
`,
};

/** One that kept nearly everything, in other words: a long name, one member, its own subnets. */
const PLAIN: HandWritten = {
  project: "observability-platform",
  environment: "Production.EU-1",
  region: "ap-southeast-1",
  team: [arn("role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef")],
  values: {
    tags: { Project: "OBS", ManagedBy: "terraform", Env: "prd" },
    stream: { shards: 12, retentionHours: 8760, encryption: "none" },
    firehose: {
      toS3: { intervalSeconds: 60, sizeMiB: 1 },
      toOpenSearch: { intervalSeconds: 900, sizeMiB: 100 },
      retrySeconds: 7200,
      logRetentionDays: 180,
      rolePolicies: "wildcard",
    },
    bucket: { forceDestroy: false, lifecycle: [{ id: "old", prefix: "raw/", expireAfterDays: 30 }] },
    domain: {
      version: "OpenSearch_1.3",
      instanceType: "c5.xlarge.search",
      instanceCount: 4,
      volumeGiB: 512,
      masterUser: { kind: "internal", name: "admin" },
      access: { actions: ["es:ESHttp*"], anyPrincipal: true },
    },
    network: { kind: "subnets", subnetIds: ["subnet-0aaa0000000000001", "subnet-0aaa0000000000002"] },
    cluster: {
      version: "1.30",
      publicEndpointCidrs: ["0.0.0.0/0"],
      logTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      logRetentionDays: 365,
      teamAccess: "AmazonEKSClusterAdminPolicy",
      addOns: { ebsCsi: { version: "v1.35.0-eksbuild.1" } },
      nodeGroup: {
        instanceTypes: ["t3.large", "t3a.large", "m5.large"],
        capacity: "SPOT",
        minSize: 5,
        desiredSize: 10,
        maxSize: 50,
        maxUnavailable: 3,
      },
    },
    iam: {
      applicationRole: { serviceAccounts: ["*:*"], managedPolicies: ["AmazonS3ReadOnlyAccess"] },
      nodesMayUseStream: false,
      autoscalerScope: "cluster",
      grafanaAccess: "read",
    },
    repositories: {
      names: ["log-generator", "consumer"],
      immutableTags: true,
      forceDelete: true,
      keepImages: 100,
    },
  },
  edits: {
    resource: {
      aws_kinesis_stream: { logs: { shard_level_metrics: ["IncomingBytes", "OutgoingBytes"] } },
      aws_s3_bucket: { logs: { tags: { Data: "logs" } } },
      aws_s3_bucket_server_side_encryption_configuration: { logs: { rule: { bucket_key_enabled: true } } },
      aws_s3_bucket_lifecycle_configuration: {
        logs: {
          rule: [
            {
              id: "tagged",
              status: "Enabled",
              filter: { tag: { key: "keep", value: "no" } },
              expiration: { days: 9 },
            },
            {
              ...{ id: "all", status: "Enabled", filter: { prefix: "" } },
              abort_incomplete_multipart_upload: { days_after_initiation: 7 },
            },
          ],
        },
      },
      aws_eks_addon: { ebs_csi: { resolve_conflicts_on_create: "OVERWRITE" } },
      aws_opensearch_domain: { logs: { cluster_config: { zone_awareness_enabled: true } } },
      aws_iam_role: { eks_cluster: { path: "/platform/", max_session_duration: 43200 } },
      aws_eks_cluster: { main: { name: "obs" } },
      aws_ecr_repository: { consumer: { name: "obs/log-consumer" } },
    },
  },
  own: {
    "copies.tf": `
resource "aws_s3_bucket" "copies" {
  bucket = "\${var.project_name}-\${lower(var.environment)}-copies"
}
resource "aws_s3_bucket_versioning" "copies" {
  bucket = aws_s3_bucket.copies.id
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_iam_policy" "copy" {
  name   = "\${var.project_name}-copy"
  policy = data.aws_iam_policy_document.copy.json
}
data "aws_iam_policy_document" "copy" {
  dynamic "statement" {
    for_each = { read = aws_s3_bucket.logs.arn, write = aws_s3_bucket.copies.arn }
    content {
      sid       = statement.key
      actions   = ["s3:\${statement.key == "read" ? "GetObject" : "PutObject"}"]
      resources = ["\${statement.value}/*"]
    }
  }
}
resource "aws_iam_user" "copier" {
  name          = "\${var.project_name}-copier"
  force_destroy = true
  tags = {
    Text = <<-EOT
      two
      lines
    EOT
  }
  depends_on = [aws_iam_policy.copy]
}
resource "aws_sns_topic" "alerts" {
  name = "\${var.project_name}-alerts"
}
`,
  },
};

export const MORE_PROJECTS: readonly HandWritten[] = [STAGING, PLAIN];
