import { KinesisClient, type KinesisClientConfig, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { awsHttpHandler } from "./aws.ts";
import type { BatchTarget, Entry } from "./batch.ts";

const MIB = 1_048_576;

/**
 * PutRecords into a stream. Limits: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html; a
 * stream takes records of 1 MiB unless it is set to take larger ones.
 */
export function kinesisTarget(stream: string, config: KinesisClientConfig): BatchTarget {
  const client = new KinesisClient({ requestHandler: awsHttpHandler(), maxAttempts: 1, ...config });
  return {
    name: `Kinesis stream ${stream}`,
    maxRecords: 500,
    maxCallBytes: 5 * MIB,
    maxRecordBytes: MIB,
    sizeOf: ({ data, partitionKey }: Entry) => data.byteLength + partitionKey.length,
    async send(entries, abortSignal) {
      const records = entries.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey }));
      const command = new PutRecordsCommand({ StreamName: stream, Records: records });
      const { Records: answers } = await client.send(command, { abortSignal });
      return entries.map((_, index) =>
        answers?.[index]?.SequenceNumber === undefined
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
