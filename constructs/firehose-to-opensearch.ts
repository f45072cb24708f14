import { Construct } from "constructs";
import { BUCKET_PREFIXES, LOG_INDEX, type Names } from "../config/names.ts";
import { DeliveryLogs } from "./delivery-logs.ts";
import { KinesisFirehoseDeliveryStream } from "./large-bindings.ts";
import { withLogicalId } from "./logical-id.ts";

export interface FirehoseProps {
  readonly names: Names;
  /** The Kinesis stream it reads. */
  readonly streamArn: string;
  /** The role it reads and delivers with. */
  readonly roleArn: string;
  /** The bucket it delivers to, or keeps refused documents in. */
  readonly bucketArn: string;
  /** It delivers after this many seconds or MiB, whichever comes first. */
  readonly buffer: { readonly intervalSeconds: number; readonly sizeMiB: number };
  /** Days that its own errors are kept. Default: it makes no log group, and they are lost. */
  readonly logRetentionDays?: number | null;
  /** ARN of the key that encrypts them. Default: CloudWatch's own. */
  readonly logKmsKeyArn?: string | null;
}

export interface FirehoseToOpenSearchProps extends FirehoseProps {
  readonly domainArn: string;
  /** Seconds that a refused document is tried again before it goes to the bucket. */
  readonly retrySeconds: number;
  /** Where the domain is, and Firehose's network interfaces with it. Default: in no VPC. */
  readonly vpc?: { readonly subnetIds: string[]; readonly securityGroupIds: string[] } | null;
}

const LOG_STREAM = "OpenSearchDelivery";

/** Delivers the stream's records to the OpenSearch index of the day; what is refused goes to `firehose-failed/`. */
export class FirehoseToOpenSearch extends Construct {
  constructor(scope: Construct, id: string, props: FirehoseToOpenSearchProps) {
    super(scope, id);
    const { names, logRetentionDays = null } = props;
    const { intervalSeconds, sizeMiB } = props.buffer;
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
          retryDuration: props.retrySeconds,
          s3BackupMode: "FailedDocumentsOnly",
          s3Configuration: {
            roleArn: props.roleArn,
            bucketArn: props.bucketArn,
            prefix: BUCKET_PREFIXES.firehoseFailed,
            bufferingInterval: intervalSeconds,
            bufferingSize: sizeMiB,
            compressionFormat: "GZIP",
          },
          ...(props.vpc && { vpcConfig: { ...props.vpc, roleArn: props.roleArn } }),
          cloudwatchLoggingOptions: { enabled: true, logGroupName, logStreamName: LOG_STREAM },
        },
        tags: { Name: names.firehoseToOpenSearch },
      }),
      "to_opensearch",
    );
    if (logRetentionDays !== null) {
      new DeliveryLogs(this, "Logs", {
        hclName: "firehose_to_opensearch",
        logGroupName,
        logStreamName: LOG_STREAM,
        retentionDays: logRetentionDays,
        kmsKeyArn: props.logKmsKeyArn,
      });
    }
  }
}
