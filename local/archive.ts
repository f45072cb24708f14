import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import type { ObjectStore } from "../services/consumer/src/state/objects/types.ts";
import { STREAM } from "./kinesis.ts";

/** Firehose waits a minute; nobody wants to, here. */
const BUFFER_MS = 5_000;
const BUFFER_BYTES = 5 * 1024 * 1024;
const POLL_MS = 1_000;

/**
 * What Firehose does in AWS: it reads the stream and puts the records, as they are, into gzip objects under
 * `raw/dt=YYYY-MM-DD/` by the day of arrival.
 */
export class Archive {
  readonly #client: KinesisClient;
  readonly #objects: ObjectStore;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  /** Records archived. */
  records = 0;

  constructor(client: KinesisClient, objects: ObjectStore) {
    this.#client = client;
    this.#objects = objects;
  }

  async start(): Promise<void> {
    const { Shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: STREAM }));
    this.#running = Promise.all(Shards.map(({ ShardId = "" }) => this.#follow(ShardId)));
    // It is awaited in `stop`, which reports a failure.
    this.#running.catch(() => undefined);
  }

  /** Ends when everything in the stream is archived. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #follow(shardId: string): Promise<void> {
    const first = await this.#client.send(
      new GetShardIteratorCommand({
        StreamName: STREAM,
        ShardId: shardId,
        ShardIteratorType: "TRIM_HORIZON",
      }),
    );
    let iterator = first.ShardIterator;
    let buffer: Uint8Array[] = [];
    let bytes = 0;
    let since = performance.now();
    let place = "";
    const flush = async () => {
      if (buffer.length > 0) await this.#put(shardId, place, buffer);
      buffer = [];
      bytes = 0;
      since = performance.now();
    };
    while (iterator) {
      const isLast = this.#stopping.signal.aborted;
      const {
        Records = [],
        NextShardIterator,
        MillisBehindLatest = 0,
      }: Awaited<ReturnType<typeof this.read>> = await this.read(iterator);
      for (const { Data, SequenceNumber = "" } of Records) {
        if (!Data) continue;
        if (buffer.length === 0) place = SequenceNumber;
        buffer.push(Data);
        bytes += Data.length;
        this.records++;
      }
      iterator = NextShardIterator;
      if (bytes >= BUFFER_BYTES || performance.now() - since >= BUFFER_MS) await flush();
      if (isLast && Records.length === 0 && MillisBehindLatest === 0) break;
      if (MillisBehindLatest === 0 && !isLast) {
        await sleep(POLL_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    await flush();
  }

  private read(iterator: string) {
    return this.#client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 5_000 }));
  }

  async #put(shardId: string, place: string, buffer: readonly Uint8Array[]): Promise<void> {
    const day = new Date().toISOString().slice(0, 10);
    await this.#objects.put(
      `raw/dt=${day}/${STREAM}-${shardId}-${place}.gz`,
      gzipSync(Buffer.concat(buffer)),
      {
        contentType: "application/octet-stream",
      },
    );
  }
}
