import { FirehoseClient, type FirehoseClientConfig, PutRecordBatchCommand } from "@aws-sdk/client-firehose";
import { awsHttpHandler } from "./aws.ts";
import type { BatchTarget } from "./batch.ts";

/**
 * PutRecordBatch into a delivery stream. Limits: https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
 */
export function firehoseTarget(stream: string, config: FirehoseClientConfig): BatchTarget {
  const client = new FirehoseClient({ requestHandler: awsHttpHandler(), maxAttempts: 1, ...config });
  return {
    name: `Firehose stream ${stream}`,
    maxRecords: 500,
    maxCallBytes: 4 * 1_048_576,
    maxRecordBytes: 1_000 * 1_024,
    sizeOf: ({ data }) => data.byteLength,
    async send(entries, abortSignal) {
      const records = entries.map(({ data }) => ({ Data: data }));
      const command = new PutRecordBatchCommand({ DeliveryStreamName: stream, Records: records });
      const { RequestResponses: answers } = await client.send(command, { abortSignal });
      return entries.map((_, index) =>
        answers?.[index]?.RecordId === undefined
          ? (answers?.[index]?.ErrorCode ?? "an answer without this record")
          : undefined,
      );
    },
    async check() {
      await client.config.region();
    },
    destroy: () => client.destroy(),
  };
}
