import { AwsJson1_1Protocol } from "@aws-sdk/core/protocols";
import type { HandlerExecutionContext, HttpResponse, OperationSchema, SerdeFunctions } from "@smithy/types";
import { KinesisAnswerError, type ReadResult, type StreamRecord } from "./client.ts";

/** What a GetRecords call resolves to with `FastGetRecordsProtocol`. */
export interface FastRecords {
  read: ReadResult;
  $metadata: object;
}

/**
 * The SDK's JSON protocol with a shorter way for GetRecords: the SDK reads every record through its schema, which takes
 * more than half of the time of reading (bench/README.md). `protocol` is the client's documented setting for this.
 * Errors and all other calls stay the SDK's.
 */
export class FastGetRecordsProtocol extends AwsJson1_1Protocol {
  override async deserializeResponse<T>(
    operation: OperationSchema,
    context: HandlerExecutionContext & SerdeFunctions,
    response: HttpResponse,
  ): Promise<T> {
    if (operationName(operation) !== "GetRecords" || response.statusCode >= 300) {
      return super.deserializeResponse(operation, context as never, response as never) as Promise<T>;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of response.body as AsyncIterable<Buffer>) chunks.push(chunk);
    const answer: FastRecords = { read: parseGetRecords(Buffer.concat(chunks)), $metadata: {} };
    return answer as T;
  }
}

function operationName(operation: OperationSchema): string | undefined {
  const { name } = operation as { name?: string };
  return name;
}

/** @throws KinesisAnswerError when the body is not what GetRecords answers. */
export function parseGetRecords(body: Buffer): ReadResult {
  let answer: unknown;
  try {
    // All that is read of it is ASCII (base64, digits); partition keys, which may not be, are not used.
    answer = JSON.parse(body.toString("latin1"));
  } catch (error) {
    throw new KinesisAnswerError(
      `GetRecords: the answer is no JSON: ${(error as Error).message.slice(0, 200)}`,
    );
  }
  const { Records, NextShardIterator, MillisBehindLatest } = (answer ?? {}) as Record<string, unknown>;
  if (!Array.isArray(Records)) throw new KinesisAnswerError("GetRecords: the answer has no Records");
  // One buffer for all: an allocation for each of 10,000 records takes longer than decoding them.
  const all = Buffer.allocUnsafeSlow(Math.ceil((body.length * 3) / 4));
  let bytes = 0;
  const records = Records.map((record: Record<string, unknown> | null): StreamRecord => {
    const sequenceNumber = record?.SequenceNumber;
    const data = record?.Data;
    if (typeof sequenceNumber !== "string" || typeof data !== "string") {
      throw new KinesisAnswerError("GetRecords: a record without SequenceNumber or Data");
    }
    const start = bytes;
    bytes += all.write(data, bytes, "base64");
    const arrived = record?.ApproximateArrivalTimestamp;
    return {
      sequenceNumber,
      arrivedAt: typeof arrived === "number" ? Math.round(arrived * 1000) : 0,
      data: all.subarray(start, bytes),
    };
  });
  return {
    records,
    ...(typeof NextShardIterator === "string" && NextShardIterator !== "" ? { next: NextShardIterator } : {}),
    behindMs: typeof MillisBehindLatest === "number" ? MillisBehindLatest : 0,
    bytes,
  };
}
