import type { Logger } from "pino";
import { type Clock, sleep } from "../clock.ts";
import { LeaseLostError, ReaderStoppedError, StateUnavailableError } from "../errors.ts";
import type { Checkpoint, Lease, ShardState, StateStore } from "../state/types.ts";
import { noTotals } from "../state/types.ts";
import type { ByteBudget } from "./budget.ts";
import type { KinesisStream, ReadResult, ShardInfo, StartPoint } from "./client.ts";
import { classify } from "./failures.ts";
import { planLeases, readableShards } from "./plan.ts";
import { type ReaderLimits, type ShardBatch, ShardReader } from "./reader.ts";

/** One shard while this replica works on it. */
export interface OpenShard {
  process(batch: ShardBatch, signal: AbortSignal, touch: () => void): Promise<void>;
  /** Records in the first batch, when earlier tries to process it ended with the process. */
  firstBatchRecords?: number;
  close(): void;
}

export interface CoordinatorOptions {
  stream: Pick<KinesisStream, "iterator" | "read" | "shards">;
  store: StateStore;
  /** Unique among the replicas and over restarts. */
  owner: string;
  /** Loads what the store knows of the shard; `touch` tells that a long step is alive. */
  openShard(lease: () => Lease, checkpoint: Checkpoint): Promise<OpenShard>;
  /** Where a shard without a checkpoint starts. */
  freshStart: StartPoint;
  budget: ByteBudget;
  limits: ReaderLimits;
  /** ms between two listings of the stream's shards. */
  discoveryIntervalMs: number;
  /** ms without a renewal after which another replica takes a lease over. */
  leaseDurationMs: number;
  /** ms without any progress after which a shard's reader is replaced. */
  stallMs: number;
  clock: Clock;
  log: Logger;
  onRead?(shardId: string, read: ReadResult): void;
  onTrouble?(shardId: string, text: string | undefined, kind?: string): void;
  onRestart?(shardId: string): void;
  onClosed?(shardId: string): void;
}

interface Running {
  lease: Lease;
  reader: ShardReader;
  shard: OpenShard;
  done: Promise<void>;
  abandoned: boolean;
}

/** Finds the stream's shards, shares them with the other replicas by leases, and keeps one reader on each of its own. */
export class ShardCoordinator {
  readonly #options: CoordinatorOptions;
  readonly #running = new Map<string, Running>();
  /** Others' leases as last seen, and when they last changed, on this process's own monotonic clock. */
  readonly #seen = new Map<string, { epoch: number; heartbeat: number; at: number }>();
  #listed: ShardInfo[] = [];
  #listedAt = Number.NEGATIVE_INFINITY;
  #wake = new AbortController();
  readonly #stopping = new AbortController();
  #trouble: string | undefined = "the stream's shards are not listed yet";

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  /** Why the stream's shards cannot be listed or shared now; nothing: all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  get shardIds(): string[] {
    return [...this.#running.keys()];
  }

  /** Runs until `stop` is called. */
  async run(): Promise<void> {
    await Promise.all([this.#keepLeases(), this.#shareShards()]);
  }

  /** By itself, so that a slow listing does not cost the leases. */
  async #keepLeases(): Promise<void> {
    const { leaseDurationMs, stallMs } = this.#options;
    while (!this.#stopping.signal.aborted) {
      await this.#renew();
      this.#watch();
      await sleep(Math.min(leaseDurationMs, stallMs) / 4, this.#stopping.signal);
    }
  }

  async #shareShards(): Promise<void> {
    const { leaseDurationMs, log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#share();
        if (this.#trouble !== undefined) log.info("the stream's shards are listed and shared");
        this.#trouble = undefined;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const text = error instanceof StateUnavailableError ? error.message : classify(error).text;
        if (text !== this.#trouble) log.warn(`shards cannot be listed or leased: ${text}`);
        this.#trouble = text;
        this.#listedAt = Number.NEGATIVE_INFINITY;
        await sleep(1_000, this.#stopping.signal);
        continue;
      }
      await sleep(leaseDurationMs / 4, this.#wake.signal);
    }
  }

  /**
   * Stops reading, lets batches in process end for at most `graceMs`, gives the leases back. What is not committed then
   * is read again by the next owner.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    const running = [...this.#running.values()];
    for (const { reader } of running) reader.stop();
    const all = Promise.all(running.map(({ done }) => done));
    await Promise.race([all, sleep(graceMs)]);
    for (const { reader } of running) reader.abort();
    await Promise.race([all, sleep(1_000)]);
    const release = running.map(({ lease }) => this.#options.store.releaseLease(lease).catch(() => undefined));
    await Promise.race([Promise.all(release), sleep(3_000)]);
  }

  async #share(): Promise<void> {
    const { store, owner, clock, discoveryIntervalMs, stream } = this.#options;
    if (clock.monotonic() - this.#listedAt >= discoveryIntervalMs) {
      this.#listed = await stream.shards(this.#stopping.signal);
      this.#listedAt = clock.monotonic();
    }
    const states = await store.shards();
    const leases = new Map<string, Lease>();
    for (const { checkpoint, lease } of states) if (lease) leases.set(checkpoint.shardId, lease);
    const readable = readableShards(this.#listed, states);
    const { take } = planLeases(readable, leases, owner, (lease) => this.#isExpired(lease));
    for (const { shardId, seen } of take) {
      if (this.#stopping.signal.aborted) return;
      const lease = await store.acquireLease(shardId, owner, seen);
      if (lease) await this.#start(lease, states);
    }
  }

  /** A lease that stood still for its duration, or one of this replica's that nobody works under (its reader failed). */
  #isExpired(lease: Lease): boolean {
    const { owner, clock, leaseDurationMs } = this.#options;
    if (lease.owner === owner) return !this.#running.has(lease.shardId);
    const before = this.#seen.get(lease.shardId);
    if (before && before.epoch === lease.epoch && before.heartbeat === lease.heartbeat) {
      return clock.monotonic() - before.at >= leaseDurationMs;
    }
    this.#seen.set(lease.shardId, { epoch: lease.epoch, heartbeat: lease.heartbeat, at: clock.monotonic() });
    return false;
  }

  async #renew(): Promise<void> {
    await Promise.all(
      [...this.#running].map(async ([shardId, running]) => {
        try {
          running.lease = await this.#options.store.renewLease(running.lease);
        } catch (error) {
          // A store that is down takes nothing away: the lease is renewed when it is back, or was taken over by then.
          if (error instanceof LeaseLostError) this.#abandon(shardId, running, error.message);
        }
      }),
    );
  }

  /** Replaces readers that neither read, nor process, nor wait on purpose. */
  #watch(): void {
    for (const [shardId, running] of this.#running) {
      const stalled = running.reader.stalledForMs();
      if (stalled < this.#options.stallMs) continue;
      this.#abandon(shardId, running, `no progress for ${Math.round(stalled / 1000)} s`);
      this.#options.onRestart?.(shardId);
    }
  }

  /** The reader may hang, so nobody waits for it; a new lease's epoch shuts its late commits out. */
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

  async #start(lease: Lease, states: ShardState[]): Promise<void> {
    const { freshStart, openShard, log, stream, budget, limits, clock, onRead, onTrouble } = this.#options;
    const { shardId } = lease;
    // Read after the lease was taken: the owner before may have committed since `states` was read.
    const fresh = states.length > 0 ? await this.#options.store.shards() : states;
    const checkpoint = fresh.find((state) => state.checkpoint.shardId === shardId)?.checkpoint ?? {
      shardId,
      ended: false,
      totals: noTotals(),
    };
    if (checkpoint.ended) return;
    const start: StartPoint =
      checkpoint.sequenceNumber === undefined
        ? freshStart
        : { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: checkpoint.sequenceNumber };
    const running = { lease, abandoned: false } as Running;
    const shard = await openShard(() => running.lease, checkpoint);
    if (this.#stopping.signal.aborted) {
      shard.close();
      await this.#options.store.releaseLease(lease);
      return;
    }
    running.shard = shard;
    running.reader = new ShardReader({
      stream,
      shardId,
      start,
      process: (batch, signal) => shard.process(batch, signal, () => running.reader.touch()),
      ...(shard.firstBatchRecords === undefined ? {} : { firstBatchRecords: shard.firstBatchRecords }),
      budget,
      limits,
      clock,
      log,
      onRead: (read) => onRead?.(shardId, read),
      onTrouble: (text, kind) => onTrouble?.(shardId, text, kind),
    });
    this.#running.set(shardId, running);
    log.info({ shardId, start, epoch: lease.epoch }, "reading the shard");
    running.done = this.#follow(shardId, running);
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
        if (expected) log.warn({ shardId }, `reader ends: ${(error as Error).message}`);
        else log.error({ shardId, err: error }, "the reader failed; it is started again from the checkpoint");
        this.#options.onRestart?.(shardId);
      }
    } finally {
      running.reader.abort();
      if (!this.#stopping.signal.aborted) {
        this.#close(shardId, running);
        // Its children may start: now, not at the next round. A reader that failed waits for that round.
        if (ended) this.#listedAt = Number.NEGATIVE_INFINITY;
        if (ended) this.#wake.abort();
      }
    }
  }
}
