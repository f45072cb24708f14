import { messageOf } from "@cali/base";
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { LeaseLostError, ReaderStoppedError, StateUnavailableError } from "../core/errors.ts";
import { takeShard } from "../state/take-shard.ts";
import type { Checkpoint, Lease, StateStore } from "../state/types.ts";
import type { ByteBudget } from "./budget.ts";
import type { KinesisStream, ShardInfo, StartPoint } from "./client.ts";
import { classify } from "./failures.ts";
import { type ReaderLimits, type ShardBatch, ShardReader } from "./reader.ts";
import type { ReadResult } from "./records.ts";

/** One shard while this process works on it. */
export interface OpenShard {
  process(batch: ShardBatch, signal: AbortSignal, touch: () => void): Promise<void>;
  close(): void;
}

export interface StreamReaderOptions {
  stream: Pick<KinesisStream, "iterator" | "read" | "shards">;
  store: StateStore;
  /** Unique among the processes and over restarts. */
  owner: string;
  /** Makes sure that this process still is the one that reads. @throws LeaseLostError when it is not */
  confirm(): Promise<void>;
  /** Loads what the store knows of the shard. */
  openShard(lease: Lease, checkpoint: Checkpoint): Promise<OpenShard>;
  /** Where a shard without a checkpoint starts. */
  freshStart: StartPoint;
  budget: ByteBudget;
  limits: ReaderLimits;
  /** ms between two listings of the stream's shards. */
  discoveryIntervalMs: number;
  /** ms without any progress after which a shard's reader is replaced. */
  stallMs: number;
  clock: Clock;
  log: Logger;
  onRead?(shardId: string, read: ReadResult): void;
  onTrouble?(shardId: string, text: string | undefined, kind?: string): void;
  onRestart?(shardId: string): void;
  onClosed?(shardId: string): void;
  /** A shard that ended before this process read it; once each. */
  onEnded?(shardId: string): Promise<void>;
}

interface Running {
  readonly lease: Lease;
  readonly shard: OpenShard;
  readonly reader: ShardReader;
  done: Promise<void>;
  abandoned: boolean;
}

/** Most ms until a reader that failed or hangs is noticed and replaced. */
const LOOK_MS = 5_000;

/**
 * The shards that may be read now: not yet ended, and every parent's end committed, so that the records of a key keep
 * their order over a split or merge. A parent that Kinesis no longer lists is past the stream's retention: nothing of it
 * is left to wait for.
 */
export function readableShards(listed: readonly ShardInfo[], ended: ReadonlySet<string>): string[] {
  const known = new Set(listed.map((shard) => shard.shardId));
  return listed
    .filter(({ shardId }) => !ended.has(shardId))
    .filter(({ parents }) => parents.every((parent) => ended.has(parent) || !known.has(parent)))
    .map(({ shardId }) => shardId);
}

/** Finds the stream's shards and keeps one reader on each that may be read. It is the only one at a time: `state/fence.ts`. */
export class StreamReader {
  readonly #options: StreamReaderOptions;
  readonly #running = new Map<string, Running>();
  /** Readers that have not come to their end; what was abandoned is among them. */
  readonly #following = new Set<Promise<void>>();
  /** Ended shards whose counts this process has. */
  readonly #ended = new Set<string>();
  #listed: ShardInfo[] = [];
  #listedAt = Number.NEGATIVE_INFINITY;
  #wake = new AbortController();
  readonly #stopping = new AbortController();
  #trouble: string | undefined = "the stream's shards are not listed yet";

  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  /** Why the stream's shards cannot be listed or begun now; nothing: all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  get shardIds(): string[] {
    return [...this.#running.keys()];
  }

  /** Runs until `stop` is called, or `signal` aborts: another process reads then, and what is not committed is left to it. */
  async run(signal: AbortSignal): Promise<void> {
    const lost = () => {
      if (this.#stopping.signal.aborted) return;
      this.#stopping.abort();
      this.#wake.abort();
      for (const [shardId, running] of this.#running)
        this.#abandon(shardId, running, "this process is not the one that reads any more");
    };
    signal.addEventListener("abort", lost);
    if (signal.aborted) lost();
    await Promise.all([this.#replaceStalled(), this.#readAll()]);
    signal.removeEventListener("abort", lost);
  }

  async #readAll(): Promise<void> {
    const { discoveryIntervalMs, clock, log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#begin();
        if (this.#trouble !== undefined) log.info("the stream's shards are listed and read");
        this.#trouble = undefined;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const isState = error instanceof StateUnavailableError || error instanceof LeaseLostError;
        const text = isState ? error.message : classify(error).text;
        if (text !== this.#trouble) log.warn(`shards cannot be listed or begun: ${text}`);
        this.#trouble = text;
        this.#listedAt = Number.NEGATIVE_INFINITY;
        await clock.sleep(1_000, this.#stopping.signal);
        continue;
      }
      await clock.sleep(Math.min(LOOK_MS, discoveryIntervalMs), this.#wake.signal);
    }
  }

  /**
   * Stops reading, lets batches in process end for at most `graceMs`, gives the shards back. What is not committed then
   * is read again by the next process.
   */
  async stop(graceMs: number): Promise<void> {
    const { clock, store } = this.#options;
    this.#stopping.abort();
    this.#wake.abort();
    const running = [...this.#running.values()];
    for (const { reader } of running) reader.stop();
    const all = Promise.all(running.map(({ done }) => done));
    await Promise.race([all, clock.sleep(graceMs)]);
    for (const { reader } of running) reader.abort();
    await Promise.race([Promise.all(this.#following), clock.sleep(1_000)]);
    const release = running.map(({ lease }) => store.releaseLease(lease).catch(() => undefined));
    await Promise.race([Promise.all(release), clock.sleep(3_000)]);
  }

  /** Begins with every shard that may be read and has no reader. */
  async #begin(): Promise<void> {
    const { clock, discoveryIntervalMs, confirm } = this.#options;
    if (clock.monotonic() - this.#listedAt >= discoveryIntervalMs) await this.#list();
    const ready = readableShards(this.#listed, this.#ended).filter((shardId) => !this.#running.has(shardId));
    if (ready.length === 0) return;
    await confirm();
    for (const shardId of ready) {
      if (this.#stopping.signal.aborted) return;
      await this.#start(shardId);
    }
  }

  async #list(): Promise<void> {
    const { store, stream, clock } = this.#options;
    // Asked for before the listing: a shard that was ended then and is not listed now is past the retention, not new.
    const before = (await store.shards()).filter(({ checkpoint }) => checkpoint.ended);
    this.#listed = await stream.shards(this.#stopping.signal);
    this.#listedAt = clock.monotonic();
    const listed = new Set(this.#listed.map((shard) => shard.shardId));
    for (const { checkpoint } of before) {
      const { shardId } = checkpoint;
      await this.#takeUpEnded(shardId);
      // An empty listing is no news of any shard.
      if (listed.size === 0 || listed.has(shardId)) continue;
      await store.forgetShard(shardId);
      this.#ended.delete(shardId);
    }
  }

  /** What an ended shard counted may not have been notified yet. */
  async #takeUpEnded(shardId: string): Promise<void> {
    if (this.#ended.has(shardId) || this.#running.has(shardId)) return;
    await this.#options.onEnded?.(shardId);
    this.#ended.add(shardId);
  }

  /** Replaces readers that neither read, nor process, nor wait on purpose. */
  async #replaceStalled(): Promise<void> {
    const { stallMs, clock, onRestart } = this.#options;
    while (!this.#stopping.signal.aborted) {
      for (const [shardId, running] of this.#running) {
        const stalled = running.reader.stalledForMs();
        if (stalled < stallMs) continue;
        this.#abandon(shardId, running, `no progress for ${Math.round(stalled / 1000)} s`);
        onRestart?.(shardId);
      }
      await clock.sleep(Math.min(LOOK_MS, stallMs / 4), this.#stopping.signal);
    }
  }

  /** The reader may hang, so nobody waits for it; the epoch of who takes the shard next shuts its late commits out. */
  #abandon(shardId: string, running: Running, why: string): void {
    this.#options.log.warn({ shardId }, `reader ends: ${why}`);
    running.abandoned = true;
    running.reader.abort();
    this.#close(shardId, running);
  }

  #close(shardId: string, running: Running): void {
    if (this.#running.get(shardId) !== running) return;
    this.#running.delete(shardId);
    running.shard.close();
    this.#options.onClosed?.(shardId);
  }

  async #start(shardId: string): Promise<void> {
    const { freshStart, openShard, log, stream, store, owner, budget, limits, clock, onRead, onTrouble } =
      this.#options;
    const { lease, checkpoint } = await takeShard(store, shardId, owner);
    // Its reader was taken for hung just when the end was durable.
    if (checkpoint.ended) return this.#takeUpEnded(shardId);
    const start: StartPoint =
      checkpoint.sequenceNumber === undefined
        ? freshStart
        : { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: checkpoint.sequenceNumber };
    const shard = await openShard(lease, checkpoint);
    if (this.#stopping.signal.aborted) {
      shard.close();
      await store.releaseLease(lease);
      return;
    }
    const reader: ShardReader = new ShardReader({
      stream,
      shardId,
      start,
      process: (batch, signal) => shard.process(batch, signal, () => reader.touch()),
      budget,
      limits,
      clock,
      log,
      onRead: (read) => onRead?.(shardId, read),
      onTrouble: (text, kind) => onTrouble?.(shardId, text, kind),
    });
    const running: Running = { lease, shard, reader, done: Promise.resolve(), abandoned: false };
    this.#running.set(shardId, running);
    log.info({ shardId, start, epoch: lease.epoch }, "reading the shard");
    const done = this.#follow(shardId, running).finally(() => this.#following.delete(done));
    running.done = done;
    this.#following.add(done);
  }

  async #follow(shardId: string, running: Running): Promise<void> {
    const { log } = this.#options;
    let ended = false;
    try {
      ended = (await running.reader.run()) === "ended";
      if (ended) log.info({ shardId }, "the shard is closed and done");
    } catch (error) {
      const expected = error instanceof LeaseLostError || error instanceof ReaderStoppedError;
      if (!running.abandoned && !this.#stopping.signal.aborted) {
        if (expected) log.warn({ shardId }, `reader ends: ${messageOf(error)}`);
        else log.error({ shardId, err: error }, "the reader failed; it is started again from the checkpoint");
        this.#options.onRestart?.(shardId);
      }
    } finally {
      running.reader.abort();
      if (!this.#stopping.signal.aborted) {
        this.#close(shardId, running);
        if (ended) {
          if (!running.abandoned) this.#ended.add(shardId);
          // Its children may start: now, not at the next look. A reader that failed waits for that.
          this.#listedAt = Number.NEGATIVE_INFINITY;
          this.#wake.abort();
        }
      }
    }
  }
}
