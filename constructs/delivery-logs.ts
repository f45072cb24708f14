import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { CloudwatchLogStream } from "@cdktf/provider-aws/lib/cloudwatch-log-stream/index.js";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

export interface DeliveryLogsProps {
  /** HCL name of the log group and stream. */
  readonly hclName: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** Days. */
  readonly retentionDays: number;
  /** ARN of the key that encrypts them. Default: CloudWatch's own. */
  readonly kmsKeyArn?: string | null;
}

/** The log group and stream that a Firehose writes its errors to; Firehose makes neither itself. */
export class DeliveryLogs extends Construct {
  constructor(scope: Construct, id: string, props: DeliveryLogsProps) {
    super(scope, id);
    const group = withLogicalId(
      new CloudwatchLogGroup(this, "Default", {
        name: props.logGroupName,
        retentionInDays: props.retentionDays,
        ...(props.kmsKeyArn && { kmsKeyId: props.kmsKeyArn }),
      }),
      props.hclName,
    );
    withLogicalId(
      new CloudwatchLogStream(this, "Stream", { name: props.logStreamName, logGroupName: group.name }),
      props.hclName,
    );
  }
}
