import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

export interface Received {
  data: string;
  partitionKey: string | undefined;
}

/** What the server does with one call. */
export type Answer =
  /** Accepts every record but those for which this gives an error code, once `when` has come. */
  | {
      kind: "records";
      errorOf?: (record: Received, index: number) => string | undefined;
      when?: Promise<unknown>;
    }
  | { kind: "error"; status: number; type: string }
  | { kind: "text"; status: number; text: string }
  | { kind: "reset" }
  | { kind: "hang" }
  /** Accepts all, and leaves the last records out of the answer. */
  | { kind: "short" };

const putRecords = z.object({
  StreamName: z.string(),
  Records: z.array(z.object({ Data: z.base64(), PartitionKey: z.string() })),
});
const putRecordBatch = z.object({
  DeliveryStreamName: z.string(),
  Records: z.array(z.object({ Data: z.base64() })),
});

/** Plays the batch calls of Kinesis and Firehose in their JSON protocol, and fails as it is asked. */
export class FakeAws {
  /** Records that were accepted, in the order of the calls. */
  readonly accepted: Received[] = [];
  /** Every call with all its records. */
  readonly calls: Received[][] = [];
  /** The most calls that were open at the same time. */
  busiest = 0;
  #open = 0;
  answer: (call: number) => Answer = () => ({ kind: "records" });
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeAws> {
    const fake = new FakeAws();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open += 1;
    this.busiest = Math.max(this.busiest, this.#open);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const target = String(request.headers["x-amz-target"]);
    const records: Received[] =
      target === "Kinesis_20131202.PutRecords"
        ? putRecords.parse(body).Records.map(({ Data, PartitionKey }) => received(Data, PartitionKey))
        : putRecordBatch.parse(body).Records.map(({ Data }) => received(Data, undefined));
    const answer = this.answer(this.calls.length);
    this.calls.push(records);
    if (answer.kind === "records") await answer.when;
    this.#open -= 1;
    this.#give(answer, records, response, target.startsWith("Kinesis"));
  }

  #give(answer: Answer, records: Received[], response: ServerResponse, kinesis: boolean): void {
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(value));
    };
    switch (answer.kind) {
      case "reset":
        response.socket?.resetAndDestroy();
        return;
      case "hang":
        return;
      case "error":
        json(answer.status, { __type: answer.type, message: "asked to fail" });
        return;
      case "text":
        response.writeHead(answer.status, { "content-type": "text/html" }).end(answer.text);
        return;
    }
    const errorOf = answer.kind === "records" ? answer.errorOf : undefined;
    const entries = records.map((record, index) => {
      const error = errorOf?.(record, index);
      if (error !== undefined) return { ErrorCode: error, ErrorMessage: "asked to fail" };
      this.accepted.push(record);
      const id = String(this.accepted.length);
      return kinesis ? { SequenceNumber: id, ShardId: "shardId-000000000000" } : { RecordId: id };
    });
    if (answer.kind === "short") entries.length = Math.floor(entries.length / 2);
    const failed = entries.filter((entry) => "ErrorCode" in entry).length;
    json(
      200,
      kinesis
        ? { FailedRecordCount: failed, Records: entries }
        : { FailedPutCount: failed, RequestResponses: entries },
    );
  }
}

function received(data: string, partitionKey: string | undefined): Received {
  return { data: Buffer.from(data, "base64").toString(), partitionKey };
}
