import { AwsJson1_1Protocol } from "@aws-sdk/core/protocols";
import type { HandlerExecutionContext, HttpResponse, OperationSchema, SerdeFunctions } from "@smithy/types";
import { parseGetRecords } from "./get-records.ts";
import type { ReadResult } from "./records.ts";

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
