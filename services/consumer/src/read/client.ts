import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { StreamIdentity } from "../state/types.ts";
import { FastGetRecordsProtocol, type FastRecords } from "./protocol.ts";
import { KinesisAnswerError, type ReadResult } from "./records.ts";

export interface ShardInfo {
  shardId: string;
  /** The shards it was split or merged from; none for the first ones. */
  parents: string[];
}

/** Where reading a shard starts. */
export type StartPoint =
  | { type: "TRIM_HORIZON" }
  | { type: "AT_TIMESTAMP"; timestamp: number }
  | { type: "AFTER_SEQUENCE_NUMBER"; sequenceNumber: string };

export interface StreamOptions {
  /** Name or ARN of the stream. */
  stream: string;
  region: string;
  /** Another address than AWS's, such as http://127.0.0.1:4568. */
  endpoint?: string;
  /** Most ms that one call may take, its connection included. Default 30,000. */
  requestTimeoutMs?: number;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** A stream as the rest of the consumer sees it. */
export type Stream = Pick<KinesisStream, "name" | "identity" | "shards" | "iterator" | "read" | "close">;

/** The few calls that reading one stream needs. Failures are the SDK's; `failures.ts` classifies them. */
export class KinesisStream {
  /** Without the ARN around it. */
  readonly name: string;
  readonly #client: KinesisClient;
  readonly #stream: { StreamName: string } | { StreamARN: string };

  constructor(options: StreamOptions) {
    this.name = options.stream.slice(options.stream.lastIndexOf("/") + 1);
    this.#stream = options.stream.startsWith("arn:")
      ? { StreamARN: options.stream }
      : { StreamName: options.stream };
    const requestTimeout = options.requestTimeoutMs ?? 30_000;
    this.#client = new KinesisClient({
      region: options.region,
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      // The client's own handler speaks HTTP/2, which a plain HTTP endpoint does not.
      requestHandler: new NodeHttpHandler({
        connectionTimeout: 5_000,
        requestTimeout,
        throwOnRequestTimeout: true,
      }),
      // The reader retries itself: it must see throttling, say it, and stop waiting when it is asked to.
      maxAttempts: 1,
      protocol: FastGetRecordsProtocol,
    });
  }

  async identity(signal?: AbortSignal): Promise<StreamIdentity> {
    const answer = await this.#client.send(new DescribeStreamSummaryCommand(this.#stream), options(signal));
    const created = answer.StreamDescriptionSummary?.StreamCreationTimestamp;
    return { name: this.name, createdAt: created?.getTime() ?? 0 };
  }

  /** Every shard that Kinesis still knows, closed ones too; any number of pages. */
  async shards(signal?: AbortSignal): Promise<ShardInfo[]> {
    const shards: ShardInfo[] = [];
    for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
      const page = await this.#client.send(
        new ListShardsCommand(token === undefined ? this.#stream : { NextToken: token }),
        options(signal),
      );
      for (const { ShardId, ParentShardId, AdjacentParentShardId } of page.Shards ?? []) {
        if (ShardId === undefined) continue;
        const parents = [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined && id !== "");
        shards.push({ shardId: ShardId, parents: parents as string[] });
      }
      token = page.NextToken;
    }
    return shards;
  }

  async iterator(shardId: string, from: StartPoint, signal?: AbortSignal): Promise<string> {
    const answer = await this.#client.send(
      new GetShardIteratorCommand({
        ...this.#stream,
        ShardId: shardId,
        ShardIteratorType: from.type,
        ...(from.type === "AFTER_SEQUENCE_NUMBER" ? { StartingSequenceNumber: from.sequenceNumber } : {}),
        ...(from.type === "AT_TIMESTAMP" ? { Timestamp: new Date(from.timestamp) } : {}),
      }),
      options(signal),
    );
    if (!answer.ShardIterator) throw new KinesisAnswerError(`GetShardIterator of ${shardId}: no iterator`);
    return answer.ShardIterator;
  }

  /** @param limit at most 10,000 records; Kinesis gives at most 10 MiB. */
  async read(iterator: string, limit: number, signal?: AbortSignal): Promise<ReadResult> {
    // `FastGetRecordsProtocol` gives the records as `read` returns them.
    const answer = (await this.#client.send(
      new GetRecordsCommand({
        ShardIterator: iterator,
        Limit: limit,
        ...("StreamARN" in this.#stream ? this.#stream : {}),
      }),
      options(signal),
    )) as unknown as FastRecords;
    return answer.read;
  }

  close(): void {
    this.#client.destroy();
  }
}

const options = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal });
