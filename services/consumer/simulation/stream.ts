import type { ShardInfo, StartPoint, Stream } from "../src/read/client.ts";
import type { ReadResult, StreamRecord } from "../src/read/records.ts";
import type { Dice } from "./dice.ts";
import type { Fault, Network } from "./network.ts";
import type { Life, VirtualTime } from "./time.ts";

/** A record with what it holds: what has to become of it. */
interface SentRecord extends StreamRecord {
  readonly payloads: readonly SentPayload[];
}

export type SentPayload =
  | { readonly level: "INFO" | "WARN" | "ERROR" | "FATAL"; readonly service: string }
  /** It is no log record. */
  | { readonly level: undefined };

export interface Shard {
  readonly id: string;
  readonly parents: readonly string[];
  readonly records: SentRecord[];
  isClosed: boolean;
}

const ITERATOR_LIFE_MS = 300_000;
const TIMEOUT_MS = 30_000;

/** A stream as Kinesis keeps it: shards that grow, split and merge. */
export class VirtualStream {
  readonly shards: Shard[] = [];
  readonly #byId = new Map<string, Shard>();
  readonly #time: VirtualTime;
  readonly #dice: Dice;
  #sequence: bigint;

  constructor(shards: number, time: VirtualTime, dice: Dice) {
    this.#time = time;
    this.#dice = dice;
    // Numbers grow by a digit on the way: text is no order.
    this.#sequence = 10n ** BigInt(dice.whole(2, 20)) - BigInt(dice.whole(1, 60));
    for (let i = 0; i < shards; i++) this.#open([]);
  }

  get open(): Shard[] {
    return this.shards.filter(({ isClosed }) => !isClosed);
  }

  /** @throws ResourceNotFoundException, as Kinesis says it */
  shardOf(id: string): Shard {
    const shard = this.#byId.get(id);
    if (!shard) throw named("ResourceNotFoundException", id);
    return shard;
  }

  put(shard: Shard, data: Uint8Array, payloads: readonly SentPayload[], arrivedAt: number): void {
    this.#sequence += BigInt(this.#dice.whole(1, 3));
    shard.records.push({ sequenceNumber: String(this.#sequence), arrivedAt, data, payloads });
  }

  split(shard: Shard): void {
    shard.isClosed = true;
    this.#open([shard.id]);
    this.#open([shard.id]);
  }

  merge(one: Shard, other: Shard): void {
    one.isClosed = true;
    other.isClosed = true;
    this.#open([one.id, other.id]);
  }

  /** The stream as a process sees it. */
  portOf(life: Life, network: Network): Stream {
    const call = <T>(what: string, effect: () => T, signal?: AbortSignal) =>
      network.call(life, { port: "kinesis", what, effect, failure, timeoutMs: TIMEOUT_MS, signal });
    return {
      name: "logs",
      // Asked once at a start, and tried again by a library with timers of its own: it always answers.
      identity: async () => ({ name: "logs", createdAt: 1 }),
      shards: (signal) => call("ListShards", () => this.#list(), signal),
      iterator: (shardId, from, signal) =>
        call(`GetShardIterator ${shardId} ${asText(from)}`, () => this.#iterator(shardId, from), signal),
      read: (iterator, limit, signal) =>
        call(`GetRecords ${iterator}`, () => this.#read(iterator, limit), signal),
      close() {},
    };
  }

  #open(parents: readonly string[]): void {
    const id = `shardId-${String(this.shards.length).padStart(12, "0")}`;
    const shard = { id, parents, records: [], isClosed: false };
    this.shards.push(shard);
    this.#byId.set(id, shard);
  }

  #list(): ShardInfo[] {
    return this.shards.map(({ id, parents }) => ({ shardId: id, parents: [...parents] }));
  }

  #iterator(shardId: string, from: StartPoint): string {
    const { records } = this.shardOf(shardId);
    const place =
      from.type === "AFTER_SEQUENCE_NUMBER"
        ? records.findIndex(({ sequenceNumber }) => sequenceNumber === from.sequenceNumber) + 1
        : from.type === "AT_TIMESTAMP"
          ? records.filter(({ arrivedAt }) => arrivedAt < from.timestamp).length
          : 0;
    if (from.type === "AFTER_SEQUENCE_NUMBER" && place === 0)
      throw named("InvalidArgumentException", `${shardId} has no ${from.sequenceNumber}`);
    return this.#iteratorAt(shardId, place);
  }

  #iteratorAt(shardId: string, place: number): string {
    return `${shardId} ${place} ${this.#time.now + ITERATOR_LIFE_MS}`;
  }

  #read(iterator: string, limit: number): ReadResult {
    const [shardId = "", place, until] = iterator.split(" ");
    if (this.#time.now > Number(until)) throw named("ExpiredIteratorException", iterator);
    const shard = this.shardOf(shardId);
    const from = Number(place);
    // Kinesis gives fewer than there are as it likes, none among them.
    const most = this.#dice.chance(0.8) ? limit : this.#dice.whole(0, 3);
    const records = shard.records.slice(from, from + Math.min(most, limit));
    const end = from + records.length;
    const isCaughtUp = end >= shard.records.length;
    // Whoever reads them after they were let go fails.
    const lent = Proxy.revocable(records, {});
    return {
      records: lent.proxy,
      release: lent.revoke,
      ...(isCaughtUp && shard.isClosed ? {} : { next: this.#iteratorAt(shardId, end) }),
      behindMs: isCaughtUp ? 0 : 1_000,
      bytes: records.reduce((sum, { data }) => sum + data.length, 0),
    };
  }
}

const asText = (from: StartPoint) =>
  from.type === "AFTER_SEQUENCE_NUMBER" ? `after ${from.sequenceNumber}` : from.type;

const named = (name: string, text: string) => Object.assign(new Error(text), { name });

const failure = (fault: Fault) =>
  fault === "refused"
    ? named("ProvisionedThroughputExceededException", "Rate exceeded for shard")
    : named("TimeoutError", "no answer in time");
