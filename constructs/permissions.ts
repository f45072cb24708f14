import { BUCKET_PREFIXES, LOG_INDEX, type Names } from "../config/names.ts";
import type { Statement } from "./policy-document.ts";

/** What each role may do, as statements of IAM policies. */

const allow = (action: readonly string[], resource: string | readonly string[]): Statement => ({
  Effect: "Allow",
  Action: action,
  Resource: resource,
});

/** `exact`: the one stream, bucket and domain. `wildcard`: as the hand-written project has it, every one of the project. */
export type FirehoseScope = "exact" | "wildcard";
/** Which Auto Scaling groups may be changed: the cluster's own, or all of the account. */
export type AutoscalerScope = "cluster" | "account";

/**
 * What somebody may do with a key of one's own, by way of one service: S3's objects and DynamoDB's items are encrypted and decrypted
 * with the rights of whoever asks for them. Source: S3's user guide, "Using server-side encryption with AWS KMS keys"; DynamoDB's
 * developer guide, "DynamoDB encryption at rest: usage notes".
 *
 * @param keyArn null: the service's own key, which needs no right.
 */
export function keyStatements(names: Names, keyArn: string | null, service: "s3" | "dynamodb"): Statement[] {
  if (keyArn === null) return [];
  const actions = {
    s3: ["kms:Decrypt", "kms:GenerateDataKey"],
    dynamodb: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
  };
  return [
    {
      ...allow(actions[service], keyArn),
      Condition: { StringEquals: { "kms:ViaService": `${service}.${names.region}.amazonaws.com` } },
    },
  ];
}

/**
 * Firehose's network interfaces beside a domain in a VPC. Source: Firehose's developer guide, "Grant Firehose access to an OpenSearch
 * destination in a VPC".
 */
export function firehoseInVpcStatements(
  names: Names,
  {
    subnetIds,
    securityGroupIds,
  }: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] },
): Statement[] {
  const interfaces = names.arn("ec2", "network-interface/*");
  return [
    allow(
      [
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcs",
      ],
      "*",
    ),
    allow(
      ["ec2:CreateNetworkInterface"],
      [
        interfaces,
        ...subnetIds.map((id) => names.arn("ec2", `subnet/${id}`)),
        ...securityGroupIds.map((id) => names.arn("ec2", `security-group/${id}`)),
      ],
    ),
    allow(
      ["ec2:CreateNetworkInterfacePermission", "ec2:CreateTags", "ec2:DeleteNetworkInterface"],
      interfaces,
    ),
  ];
}

const STREAM_WRITE = ["kinesis:PutRecord", "kinesis:PutRecords"];

/** Firehose's side of S3 and of the stream it reads, and its log groups. */
export function firehoseToS3Statements(scope: FirehoseScope, names: Names, bucketArn: string): Statement[] {
  const read = [
    "kinesis:DescribeStream",
    "kinesis:GetShardIterator",
    "kinesis:GetRecords",
    "kinesis:ListShards",
  ];
  const bucket = [bucketArn, `${bucketArn}/*`];
  if (scope === "wildcard") {
    return [
      allow(["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketLocation", "s3:ListBucket"], bucket),
      allow(read, names.arn("kinesis", `stream/${names.named("*")}`)),
    ];
  }
  return [
    allow(
      [
        "s3:AbortMultipartUpload",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:PutObject",
      ],
      bucket,
    ),
    allow(read, names.streamArn),
    allow(
      ["logs:PutLogEvents"],
      [names.firehoseToS3LogGroup, names.firehoseToOpenSearchLogGroup].map((group) =>
        names.arn("logs", `log-group:${group}:log-stream:*`),
      ),
    ),
  ];
}

/** Firehose's side of OpenSearch. Source: Firehose's developer guide, "Grant Firehose access to an OpenSearch destination". */
export function firehoseToOpenSearchStatements(scope: FirehoseScope, names: Names): Statement[] {
  if (scope === "wildcard") {
    return [
      allow(
        [
          "es:DescribeElasticsearchDomain",
          "es:DescribeElasticsearchDomains",
          "es:DescribeElasticsearchDomainConfig",
          "es:ESHttpPost",
          "es:ESHttpPut",
          "es:ESHttpGet",
        ],
        names.arn("es", `domain/${names.named("*")}`),
      ),
    ];
  }
  const domain = names.domainArn;
  return [
    allow(
      ["es:DescribeDomain", "es:DescribeDomains", "es:DescribeDomainConfig", "es:ESHttpPost", "es:ESHttpPut"],
      [domain, `${domain}/*`],
    ),
    allow(
      ["es:ESHttpGet"],
      [
        `${domain}/_all/_settings`,
        `${domain}/_cluster/stats`,
        `${domain}/${LOG_INDEX}*/_mapping/*`,
        `${domain}/_nodes`,
        `${domain}/_nodes/stats`,
        `${domain}/_nodes/*/stats`,
        `${domain}/_stats`,
        `${domain}/${LOG_INDEX}*/_stats`,
      ],
    ),
  ];
}

/** What the hand-written project lets nodes and applications do with every stream of the project. */
export function wildcardStreamStatements(names: Names): Statement[] {
  return [
    allow(
      [
        ...STREAM_WRITE,
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:ListShards",
      ],
      names.arn("kinesis", `stream/${names.named("*")}`),
    ),
  ];
}

/** What the hand-written project lets its workloads do with the whole bucket. */
export function wholeBucketStatements(bucketArn: string): Statement[] {
  return [
    allow(
      ["s3:PutObject", "s3:PutObjectAcl", "s3:GetObject", "s3:GetBucketLocation", "s3:ListBucket"],
      [bucketArn, `${bucketArn}/*`],
    ),
  ];
}

/** Fluent Bit and the log generator: they write to the stream. */
export function streamWriterStatements(names: Names): Statement[] {
  return [allow([...STREAM_WRITE, "kinesis:DescribeStreamSummary"], names.streamArn)];
}

/** The consumer: it reads the stream, keeps its leases, and writes what it finds to S3 and OpenSearch. */
export function consumerStatements(names: Names, bucketArn: string): Statement[] {
  return [
    allow(
      [
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        // `consumer replay` feeds dead letters back.
        "kinesis:PutRecords",
      ],
      names.streamArn,
    ),
    allow(
      [
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
      ],
      names.consumerTableArn,
    ),
    ...bucketFolderStatements(bucketArn, {
      read: ["raw", "deadLetters", "deadLettersReplayed", "newErrors", "reports", "incidents", "knowledge"],
      write: [
        "deadLetters",
        "deadLettersReplayed",
        "newErrors",
        "reports",
        "refusedAlerts",
        "incidents",
        "knowledge",
      ],
      // What waited there and is indexed now.
      remove: ["incidents"],
    }),
    allow(["es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut"], `${names.domainArn}/*`),
  ];
}

/**
 * What the Kinesis Client Library does beside reading, with engine kcl: it makes and keeps its tables, asks the leases' index who
 * has what, and writes metrics. Shards are polled, so nothing is subscribed to. Source: Kinesis Data Streams' developer guide, "IAM
 * permissions required for KCL consumer applications".
 */
export function kclStatements(names: Names): Statement[] {
  const tables = names.kclTables.map((table) => names.arn("dynamodb", `table/${table}`));
  return [
    allow(
      [
        "dynamodb:CreateTable",
        "dynamodb:DeleteItem",
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
        "dynamodb:UpdateTable",
      ],
      tables,
    ),
    allow(["dynamodb:Query"], names.arn("dynamodb", `table/${names.kclApplication}/index/*`)),
    {
      // The action knows no resources.
      ...allow(["cloudwatch:PutMetricData"], "*"),
      Condition: { StringEquals: { "cloudwatch:namespace": names.kclApplication } },
    },
  ];
}

/** Airflow's jobs: they read a day's data and write reports. */
export function airflowStatements(bucketArn: string): Statement[] {
  return bucketFolderStatements(bucketArn, {
    read: ["raw", "newErrors", "reports"],
    write: ["reports"],
  });
}

/** The job that copies Milvus' data to the bucket, and the one that brings it back. */
export function milvusBackupStatements(bucketArn: string): Statement[] {
  const folder = BUCKET_PREFIXES.milvusBackup;
  return [
    allow(["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], `${bucketArn}/${folder}*`),
    {
      ...allow(["s3:ListBucket"], bucketArn),
      // milvus-backup first asks whether the bucket is there: by one entry of it, with an empty prefix.
      Condition: { StringLike: { "s3:prefix": ["", `${folder}*`] } },
    },
  ];
}

/** Grafana: it searches the logs and reads metrics, and changes nothing. */
export function grafanaStatements(names: Names): Statement[] {
  const domain = names.domainArn;
  return [
    allow(["es:ESHttpGet", "es:ESHttpHead"], `${domain}/*`),
    // Searches are POST requests.
    allow(
      ["es:ESHttpPost"],
      [`${domain}/_msearch`, `${domain}/*/_msearch`, `${domain}/*/_search`, `${domain}/_plugins/_ppl`],
    ),
    allow(["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], "*"),
  ];
}

/** The domain's administrator: index templates, retention and the roles inside OpenSearch. */
export function openSearchAdminStatements(names: Names): Statement[] {
  return [
    allow(
      ["es:ESHttpDelete", "es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPatch", "es:ESHttpPost", "es:ESHttpPut"],
      `${names.domainArn}/*`,
    ),
    allow(["es:DescribeDomain"], names.domainArn),
  ];
}

/**
 * The cluster autoscaler. It must see every group (those actions know no resources); `cluster` lets it change its own
 * cluster's only, which EKS tags so.
 */
export function autoscalerStatements(scope: AutoscalerScope, names: Names): Statement[] {
  const describe = [
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeLaunchConfigurations",
  ];
  const change = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"];
  if (scope === "account") {
    return [
      allow([...describe, "autoscaling:DescribeTags", ...change, "ec2:DescribeLaunchTemplateVersions"], "*"),
    ];
  }
  return [
    allow(
      [
        ...describe,
        "autoscaling:DescribeScalingActivities",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
      ],
      "*",
    ),
    allow(["eks:DescribeNodegroup"], names.arn("eks", `nodegroup/${names.cluster}/*`)),
    {
      ...allow(change, names.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")),
      Condition: { StringEquals: { "aws:ResourceTag/eks:cluster-name": names.cluster } },
    },
  ];
}

type Folder = keyof typeof BUCKET_PREFIXES;

function bucketFolderStatements(
  bucketArn: string,
  { read, write, remove = [] }: Record<"read" | "write", readonly Folder[]> & { remove?: readonly Folder[] },
): Statement[] {
  const objects = (folders: readonly Folder[]) =>
    folders.map((folder) => `${bucketArn}/${BUCKET_PREFIXES[folder]}*`);
  return [
    allow(["s3:GetObject"], objects(read)),
    allow(["s3:PutObject"], objects(write)),
    ...(remove.length > 0 ? [allow(["s3:DeleteObject"], objects(remove))] : []),
    {
      ...allow(["s3:ListBucket"], bucketArn),
      Condition: { StringLike: { "s3:prefix": read.map((folder) => `${BUCKET_PREFIXES[folder]}*`) } },
    },
  ];
}
