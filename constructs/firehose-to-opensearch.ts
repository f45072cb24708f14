import { KinesisFirehoseDeliveryStream } from "@cdktf/provider-aws/lib/kinesis-firehose-delivery-stream/index.js";
import { Construct } from "constructs";
import { BUCKET_PREFIXES, LOG_INDEX, type Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { DeliveryLogs } from "./delivery-logs.ts";
import { withLogicalId } from "./logical-id.ts";

export interface FirehoseProps {
  readonly config: Config;
  readonly names: Names;
  /** The Kinesis stream it reads. */
  readonly streamArn: string;
  /** The role it reads and delivers with. */
  readonly roleArn: string;
  /** The bucket it delivers to, or keeps refused documents in. */
  readonly bucketArn: string;
}

export interface FirehoseToOpenSearchProps extends FirehoseProps {
  readonly domainArn: string;
}

const LOG_STREAM = "OpenSearchDelivery";

/** Delivers the stream's records to the OpenSearch index of the day; what is refused goes to `firehose-failed/`. */
export class FirehoseToOpenSearch extends Construct {
  constructor(scope: Construct, id: string, props: FirehoseToOpenSearchProps) {
    super(scope, id);
    const { config, names } = props;
    const { intervalSeconds, sizeMiB } = config.firehose.toOpenSearch;
    const logGroupName = names.firehoseToOpenSearchLogGroup;
    withLogicalId(
      new KinesisFirehoseDeliveryStream(this, "Default", {
        name: names.firehoseToOpenSearch,
        destination: "opensearch",
        kinesisSourceConfiguration: { kinesisStreamArn: props.streamArn, roleArn: props.roleArn },
        opensearchConfiguration: {
          roleArn: props.roleArn,
          domainArn: props.domainArn,
          indexName: LOG_INDEX,
          bufferingInterval: intervalSeconds,
          bufferingSize: sizeMiB,
          retryDuration: config.firehose.retrySeconds,
          s3BackupMode: "FailedDocumentsOnly",
          s3Configuration: {
            roleArn: props.roleArn,
            bucketArn: props.bucketArn,
            prefix: BUCKET_PREFIXES.firehoseFailed,
            bufferingInterval: intervalSeconds,
            bufferingSize: sizeMiB,
            compressionFormat: "GZIP",
          },
          cloudwatchLoggingOptions: { enabled: true, logGroupName, logStreamName: LOG_STREAM },
        },
        tags: { Name: names.firehoseToOpenSearch },
      }),
      "to_opensearch",
    );
    if (config.firehose.logRetentionDays !== null) {
      new DeliveryLogs(this, "Logs", {
        hclName: "firehose_to_opensearch",
        logGroupName,
        logStreamName: LOG_STREAM,
        retentionDays: config.firehose.logRetentionDays,
      });
    }
  }
}
