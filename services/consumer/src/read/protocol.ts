import type { IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import { AwsJson1_1Protocol } from "@aws-sdk/core/protocols";
import type { HandlerExecutionContext, HttpResponse, OperationSchema, SerdeFunctions } from "@smithy/types";
import { parseGetRecords } from "./get-records.ts";
import type { ReadResult } from "./records.ts";

/** What a GetRecords call resolves to with `FastGetRecordsProtocol`. */
export interface FastRecords {
  read: ReadResult;
  $metadata: object;
}

/** Room for an answer of unknown length at first, and the most that is made for a length that is only told. */
const [FIRST_BYTES, MOST_FIRST_BYTES] = [65_536, 16 * 1024 * 1024];

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
    const body = await bodyOf(response.body as IncomingMessage);
    const read = parseGetRecords(body);
    const answer: FastRecords = {
      read: { ...read, release: () => void (body.buffer as ArrayBuffer).transfer(0) },
      $metadata: {},
    };
    return answer as T;
  }
}

/**
 * The body in memory of its own, kept together as it comes: a hundred pieces that wait for the last one, or for the collector, are
 * garbage that makes it look through the whole heap.
 */
async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const told = Number(message.headers["content-length"]) || FIRST_BYTES;
  let body = Buffer.allocUnsafeSlow(Math.min(told, MOST_FIRST_BYTES));
  let length = 0;
  message.on("data", (chunk: Buffer) => {
    const needed = length + chunk.length;
    if (needed > body.length) body = Buffer.from((body.buffer as ArrayBuffer).transfer(needed * 2));
    length += chunk.copy(body, length);
    // Only this listener has it, where the piece is all of its memory: a part of more may be somebody else's, too.
    if (chunk.buffer.byteLength === chunk.length) (chunk.buffer as ArrayBuffer).transfer(0);
  });
  await finished(message);
  return body.subarray(0, length);
}

function operationName(operation: OperationSchema): string | undefined {
  const { name } = operation as { name?: string };
  return name;
}
