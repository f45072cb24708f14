import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

interface StoredRecord {
  sequenceNumber: string;
  json: string;
  bytes: number;
  arrivedAt: number;
}

interface Shard {
  shardId: string;
  parents: string[];
  records: StoredRecord[];
  closed: boolean;
  /** GetRecords in a row that found no more, since its last record came or its reading began anew. */
  vain: number;
}

interface Fault {
  action: string;
  error: string;
  left: number;
  status: number;
}

const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

/** A Kinesis of one stream for tests: the calls that reading needs, over real HTTP, and whatever can go wrong. */
export class KinesisServer {
  readonly calls: Record<string, number> = {};
  /** ms that every answer waits. */
  latencyMs = 0;
  /** Shards in one page of ListShards. */
  pageSize = 2;
  createdAt = 1_700_000_000;
  /** GetRecords of these shards is never answered. */
  readonly hanging = new Set<string>();
  /** When the next record arrives, ms since the epoch; undefined: now. */
  now: number | undefined;
  readonly #server: Server;
  readonly #shards = new Map<string, Shard>();
  readonly #faults: Fault[] = [];
  #sequence = 49_000_000_000_000n;
  #generation = 0;

  constructor(shards = 1) {
    for (let i = 0; i < shards; i++) this.#open([]);
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", async () => {
        const action = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
        this.calls[action] = (this.calls[action] ?? 0) + 1;
        const input = JSON.parse(Buffer.concat(chunks).toString() || "{}");
        if (this.latencyMs > 0) await wait(this.latencyMs);
        if (action === "GetRecords" && this.hanging.has(this.#parse(input.ShardIterator).shardId)) return;
        const [status, body] = this.#answer(action, input);
        response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
        response.end(body);
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /**
   * All records were given out, and are done: a reader asks once while it works on what it has, and for the second time when that is
   * committed. It begins with a child when its parents are done.
   */
  get drained(): boolean {
    return [...this.#shards.values()].every(({ closed, vain }) => closed || vain >= 2);
  }

  get openShards(): string[] {
    return [...this.#shards.values()].filter((shard) => !shard.closed).map((shard) => shard.shardId);
  }

  /** Appends a record to an open shard and returns its sequence number; a given one has 16 digits and is the highest so far. */
  put(data: Uint8Array | string, shardId = this.openShards[0] ?? "", given?: string): string {
    const shard = this.#shards.get(shardId);
    if (shard === undefined || shard.closed) throw new Error(`${shardId} is not open`);
    const bytes = Buffer.from(data as never);
    if (given !== undefined) this.#sequence = BigInt(given.slice(2));
    const sequenceNumber = given ?? this.#next();
    const arrivedAt = (this.now ?? Date.now()) / 1000;
    shard.vain = 0;
    shard.records.push({
      sequenceNumber,
      bytes: bytes.length,
      arrivedAt,
      json: `{"SequenceNumber":"${sequenceNumber}","ApproximateArrivalTimestamp":${arrivedAt},"Data":"${bytes.toString("base64")}","PartitionKey":"p"}`,
    });
    return sequenceNumber;
  }

  /** Closes a shard and opens two children. */
  split(shardId: string): string[] {
    this.#close(shardId);
    return [this.#open([shardId]), this.#open([shardId])];
  }

  /** Closes two shards and opens their child. */
  merge(one: string, other: string): string {
    this.#close(one);
    this.#close(other);
    return this.#open([one, other]);
  }

  /** As if the stream's retention had passed for a closed shard: it is no longer listed. */
  forget(shardId: string): void {
    this.#shards.delete(shardId);
  }

  /** Every iterator given so far is expired. */
  expireIterators(): void {
    this.#generation++;
  }

  /** The next `times` calls of this action fail. */
  fail(action: string, error: string, times = 1, status = 400): void {
    this.#faults.push({ action, error, left: times, status });
  }

  #open(parents: string[]): string {
    const shardId = `shardId-${String(this.#shards.size).padStart(12, "0")}`;
    this.#shards.set(shardId, { shardId, parents, records: [], closed: false, vain: 0 });
    return shardId;
  }

  #close(shardId: string): void {
    const shard = this.#shards.get(shardId);
    if (shard === undefined || shard.closed) throw new Error(`${shardId} is not open`);
    shard.closed = true;
  }

  #next(): string {
    this.#sequence += 1n + BigInt(Math.floor(Math.random() * 1000));
    // Real ones have 56 digits; some are shorter, so that comparing them as text would go wrong.
    return `49${this.#sequence}`;
  }

  #parse(iterator: string): { shardId: string; index: number; generation: number } {
    return JSON.parse(Buffer.from(iterator, "base64").toString());
  }

  #iterator(shardId: string, index: number): string {
    return Buffer.from(JSON.stringify({ shardId, index, generation: this.#generation })).toString("base64");
  }

  #answer(action: string, input: Record<string, string & number>): [number, string] {
    const fault = this.#faults.find((one) => one.action === action && one.left > 0);
    if (fault) {
      fault.left--;
      return error(fault.error, fault.status);
    }
    if (action === "ListShards") return this.#list(input.NextToken);
    if (action === "GetShardIterator") return this.#start(input);
    if (action === "GetRecords") return this.#records(input.ShardIterator ?? "", input.Limit ?? 10_000);
    if (action === "DescribeStreamSummary") {
      const summary = { StreamCreationTimestamp: this.createdAt, StreamStatus: "ACTIVE" };
      return [200, JSON.stringify({ StreamDescriptionSummary: summary })];
    }
    return error("UnknownOperationException");
  }

  #list(token: string | undefined): [number, string] {
    const from = Number(token ?? 0);
    const all = [...this.#shards.values()];
    const Shards = all.slice(from, from + this.pageSize).map(({ shardId, parents }) => ({
      ShardId: shardId,
      ParentShardId: parents[0],
      AdjacentParentShardId: parents[1],
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: "1" },
      SequenceNumberRange: { StartingSequenceNumber: "1" },
    }));
    const next = from + this.pageSize;
    return [200, JSON.stringify({ Shards, ...(next < all.length ? { NextToken: String(next) } : {}) })];
  }

  #start(input: Record<string, string & number>): [number, string] {
    const shard = this.#shards.get(input.ShardId ?? "");
    if (shard === undefined) return error("ResourceNotFoundException");
    const type: string = input.ShardIteratorType ?? "";
    let index = 0;
    shard.vain = 0;
    if (type === "LATEST") index = shard.records.length;
    if (type === "AT_TIMESTAMP") {
      const found = shard.records.findIndex((record) => record.arrivedAt >= Number(input.Timestamp));
      index = found === -1 ? shard.records.length : found;
    }
    if (type === "AFTER_SEQUENCE_NUMBER") {
      const found = shard.records.findIndex((r) => r.sequenceNumber === input.StartingSequenceNumber);
      if (found === -1) return error("InvalidArgumentException");
      index = found + 1;
    }
    return [200, JSON.stringify({ ShardIterator: this.#iterator(shard.shardId, index) })];
  }

  #records(iterator: string, limit: number): [number, string] {
    const { shardId, index, generation } = this.#parse(iterator);
    if (generation !== this.#generation) return error("ExpiredIteratorException");
    const shard = this.#shards.get(shardId);
    if (shard === undefined) return error("ResourceNotFoundException");
    const picked: string[] = [];
    let bytes = 0;
    let at = index;
    for (; at < shard.records.length && picked.length < limit; at++) {
      const record = shard.records[at];
      if (record === undefined || (bytes > 0 && bytes + record.bytes > MAX_ANSWER_BYTES)) break;
      bytes += record.bytes;
      picked.push(record.json);
    }
    const left = shard.records.length - at;
    const end = shard.closed && left === 0;
    shard.vain = at === index && left === 0 ? shard.vain + 1 : 0;
    const next = end ? "" : `,"NextShardIterator":"${this.#iterator(shardId, at)}"`;
    return [
      200,
      `{"Records":[${picked.join(",")}],"MillisBehindLatest":${left === 0 ? 0 : 1000 + left}${next}}`,
    ];
  }
}

function error(name: string, status = 400): [number, string] {
  return [status, JSON.stringify({ __type: name, message: `${name} of the test server` })];
}
