import { Construct } from "constructs";
import { BUCKET_PREFIXES } from "../config/names.ts";
import { DeliveryLogs } from "./delivery-logs.ts";
import type { FirehoseProps } from "./firehose-to-opensearch.ts";
import { KinesisFirehoseDeliveryStream } from "./large-bindings.ts";
import { withLogicalId } from "./logical-id.ts";

const LOG_STREAM = "S3Delivery";

/** Delivers the stream's records to `raw/dt=YYYY-MM-DD/` in the bucket, gzipped, by the day (UTC) of arrival. */
export class FirehoseToS3 extends Construct {
  constructor(scope: Construct, id: string, props: FirehoseProps) {
    super(scope, id);
    const { names, buffer, logRetentionDays = null } = props;
    const logGroupName = names.firehoseToS3LogGroup;
    withLogicalId(
      new KinesisFirehoseDeliveryStream(this, "Default", {
        name: names.firehoseToS3,
        destination: "extended_s3",
        kinesisSourceConfiguration: { kinesisStreamArn: props.streamArn, roleArn: props.roleArn },
        extendedS3Configuration: {
          roleArn: props.roleArn,
          bucketArn: props.bucketArn,
          prefix: `${BUCKET_PREFIXES.raw}dt=!{timestamp:yyyy-MM-dd}/`,
          errorOutputPrefix: `${BUCKET_PREFIXES.rawErrors}result=!{firehose:error-output-type}/`,
          bufferingInterval: buffer.intervalSeconds,
          bufferingSize: buffer.sizeMiB,
          compressionFormat: "GZIP",
          cloudwatchLoggingOptions: { enabled: true, logGroupName, logStreamName: LOG_STREAM },
        },
        tags: { Name: names.firehoseToS3 },
      }),
      "to_s3",
    );
    if (logRetentionDays !== null) {
      new DeliveryLogs(this, "Logs", {
        hclName: "firehose_to_s3",
        logGroupName,
        logStreamName: LOG_STREAM,
        retentionDays: logRetentionDays,
        kmsKeyArn: props.logKmsKeyArn,
      });
    }
  }
}
