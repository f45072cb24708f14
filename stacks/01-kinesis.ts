import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table/index.js";
import { KinesisStream } from "@cdktf/provider-aws/lib/kinesis-stream/index.js";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { FirehoseToOpenSearch } from "../constructs/firehose-to-opensearch.ts";
import { FirehoseToS3 } from "../constructs/firehose-to-s3.ts";
import { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { protectedLifecycle } from "../constructs/protection.ts";

export interface KinesisProps {
  readonly config: Config;
  readonly names: Names;
  /** The role of both delivery streams. */
  readonly firehoseRoleArn: Handle;
  readonly bucketArn: Handle;
  readonly domainArn: Handle;
}

/** 01: the stream, its two deliveries (S3, OpenSearch), and the table of the consumer that reads it. */
export class Kinesis extends Construct {
  readonly stream: KinesisStream;
  readonly streamName: Handle;

  constructor(scope: Construct, id: string, props: KinesisProps) {
    super(scope, id);
    const { config, names } = props;
    const { mode, shards, retentionHours, encryption } = config.stream;

    this.stream = withLogicalId(
      new KinesisStream(this, "Default", {
        name: names.stream,
        ...(shards !== null && { shardCount: shards }),
        retentionPeriod: retentionHours,
        streamModeDetails: { streamMode: mode === "provisioned" ? "PROVISIONED" : "ON_DEMAND" },
        ...(encryption === "kms"
          ? { encryptionType: "KMS", kmsKeyId: "alias/aws/kinesis" }
          : { encryptionType: "NONE" }),
        tags: { Name: names.stream },
        lifecycle: protectedLifecycle(config.protection.preventDestroy),
      }),
      "logs",
    );
    this.streamName = new Handle(this, this.stream.name, (own) => own.stream);

    const delivery = {
      names,
      streamArn: this.stream.arn,
      roleArn: props.firehoseRoleArn.valueFor(this, names),
      bucketArn: props.bucketArn.valueFor(this, names),
      logRetentionDays: config.firehose.logRetentionDays,
      logKmsKeyArn: config.kmsKeys.logGroups,
    };
    new FirehoseToS3(this, "ToS3", { ...delivery, buffer: config.firehose.toS3 });
    new FirehoseToOpenSearch(this, "ToOpenSearch", {
      ...delivery,
      buffer: config.firehose.toOpenSearch,
      retrySeconds: config.firehose.retrySeconds,
      domainArn: props.domainArn.valueFor(this, names),
      vpc: config.domain.vpc,
    });

    if (config.consumerTable) {
      withLogicalId(
        new DynamodbTable(this, "ConsumerTable", {
          name: names.consumerTable,
          billingMode: "PAY_PER_REQUEST",
          hashKey: "pk",
          rangeKey: "sk",
          attribute: [
            { name: "pk", type: "S" },
            { name: "sk", type: "S" },
          ],
          serverSideEncryption: {
            enabled: true,
            ...(config.kmsKeys.table !== null && { kmsKeyArn: config.kmsKeys.table }),
          },
          pointInTimeRecovery: { enabled: true },
          deletionProtectionEnabled: config.protection.preventDestroy,
          tags: { Name: names.consumerTable },
          lifecycle: protectedLifecycle(config.protection.preventDestroy),
        }),
        "consumer",
      );
    }
  }
}
