import type { Logger } from "pino";
import type { ConsumerConfig } from "../src/config/load.ts";
import type { Clock } from "../src/core/clock.ts";
import type { StartPoint, Stream } from "../src/read/client.ts";
import type { ShardWork } from "../src/read/kcl/conversation.ts";
import type { StreamRecord } from "../src/read/records.ts";
import { Conversation, LOST } from "./conversation.ts";
import { type KclLease, type LeasePort, SHARD_END } from "./leases.ts";

export interface DaemonOptions {
  readonly config: ConsumerConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stream: Stream;
  readonly leases: LeasePort;
  /** What the process of a shard does; each has its own. */
  readonly startWork: () => Promise<ShardWork>;
}

/** A lease that was not renewed for so long belongs to nobody, ms. */
const FAILOVER_MS = 2_000;
const TICK_MS = FAILOVER_MS / 4;
const GRACE_MS = 10_000;

/**
 * KCL's daemon with the processes that it starts, as a pod has them: they live and end together. It takes leases, reads the shards and
 * speaks the daemon's protocol with what the consumer answers it with (`read/kcl/conversation.ts`).
 */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #stopping = new AbortController();
  /** Shards that are read here; whether their lease is still this daemon's. */
  readonly #held = new Map<string, AbortController>();
  /** The counter of each lease as it was seen last, and when it was seen first so. */
  readonly #seen = new Map<string, { counter: number; at: number }>();
  readonly #reading = new Set<Promise<void>>();
  #stopped: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /** Runs until it is stopped. @throws what ended one of its processes */
  async run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopping.signal.aborted) {
      // KCL tries again with its next turn.
      await this.#turn().catch(() => undefined);
      await clock.sleep(TICK_MS, this.#stopping.signal);
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  /** As on SIGTERM: each shard's process may make its last checkpoint. */
  stop(): Promise<void> {
    this.#stopping.abort();
    this.#stopped ??= Promise.race([
      Promise.all(this.#reading).then(() => undefined),
      this.#options.clock.sleep(GRACE_MS),
    ]);
    return this.#stopped;
  }

  async #turn(): Promise<void> {
    const { leases } = this.#options;
    for (const [shardId, isOver] of this.#held) {
      if ((await leases.renew(shardId)) === undefined) isOver.abort(LOST);
    }
    const table = await leases.list();
    await this.#discover(table);
    const wanted = this.#wanted(table);
    if (wanted === undefined || this.#stopping.signal.aborted) return;
    const taken = await leases.take(wanted);
    if (taken !== undefined) this.#read(taken);
  }

  /** A shard gets its lease once all of its parents are done. */
  async #discover(table: readonly KclLease[]): Promise<void> {
    const { stream, leases } = this.#options;
    const done = new Set(table.filter((one) => one.checkpoint === SHARD_END).map(({ shardId }) => shardId));
    const known = new Set(table.map(({ shardId }) => shardId));
    for (const { shardId, parents } of await stream.shards())
      if (!known.has(shardId) && parents.every((parent) => done.has(parent))) await leases.create(shardId);
  }

  /** Which lease to take: one that nobody has; else one of whoever has two more than this daemon. */
  #wanted(table: readonly KclLease[]): KclLease | undefined {
    const now = this.#options.clock.monotonic();
    const open = table.filter(
      ({ shardId, checkpoint }) => checkpoint !== SHARD_END && !this.#held.has(shardId),
    );
    for (const { shardId, counter } of open)
      if (this.#seen.get(shardId)?.counter !== counter) this.#seen.set(shardId, { counter, at: now });
    const isFree = ({ shardId, owner }: KclLease) =>
      owner === "" || now - (this.#seen.get(shardId)?.at ?? now) >= FAILOVER_MS;
    const countOf = (owner: string) => open.filter((lease) => lease.owner === owner).length;
    return open.find(isFree) ?? open.find(({ owner }) => countOf(owner) > this.#held.size + 1);
  }

  #read(lease: KclLease): void {
    const isOver = new AbortController();
    this.#held.set(lease.shardId, isOver);
    const reading = this.#readShard(lease, isOver.signal)
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#reading.delete(reading);
        this.#held.delete(lease.shardId);
      });
    this.#reading.add(reading);
  }

  async #readShard({ shardId, checkpoint }: KclLease, isOver: AbortSignal): Promise<void> {
    const { config, clock, log, stream, leases, startWork } = this.#options;
    const stopping = this.#stopping.signal;
    const worker = new Conversation(await startWork(), { shardId, leases, clock, log });
    await worker.ask({ action: "initialize", shardId, sequenceNumber: checkpoint });
    const end = AbortSignal.any([stopping, isOver]);
    const again = () => clock.sleep(config.kinesis.pollIntervalMs, end);
    let from: StartPoint =
      checkpoint === "TRIM_HORIZON"
        ? { type: "TRIM_HORIZON" }
        : { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: checkpoint };
    let iterator: string | undefined;
    while (!end.aborted) {
      try {
        iterator ??= await stream.iterator(shardId, from, end);
        const { records, next, behindMs } = await stream.read(iterator, config.kinesis.batchRecords, end);
        iterator = next;
        const last = records.at(-1);
        if (last !== undefined) {
          from = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: last.sequenceNumber };
          await worker.ask({
            action: "processRecords",
            records: Array.from({ length: records.length }, (_, i) => asKcl(records.at(i) as StreamRecord)),
            millisBehindLatest: behindMs,
          });
        }
        if (next === undefined) {
          await worker.ask({ action: "shardEnded" });
          break;
        }
      } catch (error) {
        if (worker.hasFailed) throw error;
        iterator = undefined;
      }
      await again();
    }
    if (isOver.aborted) await worker.ask({ action: "leaseLost" });
    else if (stopping.aborted) await worker.ask({ action: "shutdownRequested" });
    await worker.close();
    if (!isOver.aborted) await leases.release(shardId).catch(() => undefined);
  }
}

const asKcl = ({ data, sequenceNumber, arrivedAt }: StreamRecord) => ({
  data: Buffer.from(data).toString("base64"),
  sequenceNumber,
  approximateArrivalTimestamp: arrivedAt,
});
