import { messageOf } from "@cali/base";
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { LeaseLostError, ReaderStoppedError, StateUnavailableError } from "../core/errors.ts";
import { LeaseWatch } from "../state/lease-watch.ts";
import type { Checkpoint, Lease, ShardState, StateStore } from "../state/types.ts";
import { freshCheckpoint } from "../state/types.ts";
import type { ByteBudget } from "./budget.ts";
import type { KinesisStream, ShardInfo, StartPoint } from "./client.ts";
import { classify } from "./failures.ts";
import { planLeases, readableShards } from "./plan.ts";
import { type ReaderLimits, type ShardBatch, ShardReader } from "./reader.ts";
import type { ReadResult } from "./records.ts";

/** One shard while this replica works on it. */
export interface OpenShard {
  process(batch: ShardBatch, signal: AbortSignal, touch: () => void): Promise<void>;
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
  /** A shard that ended earlier or elsewhere; once each. */
  onEnded?(shardId: string): Promise<void>;
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
  readonly #watch: LeaseWatch;
  /** Ended shards whose counts this replica has. */
  readonly #ended = new Set<string>();
  #listed: ShardInfo[] = [];
  #listedAt = Number.NEGATIVE_INFINITY;
  #wake = new AbortController();
  readonly #stopping = new AbortController();
  #trouble: string | undefined = "the stream's shards are not listed yet";

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#watch = new LeaseWatch(options.clock, options.leaseDurationMs);
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
    const { leaseDurationMs, stallMs, clock } = this.#options;
    while (!this.#stopping.signal.aborted) {
      await this.#renew();
      this.#replaceStalled();
      await clock.sleep(Math.min(leaseDurationMs, stallMs) / 4, this.#stopping.signal);
    }
  }

  async #shareShards(): Promise<void> {
    const { leaseDurationMs, discoveryIntervalMs, clock, log } = this.#options;
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
        await clock.sleep(1_000, this.#stopping.signal);
        continue;
      }
      await clock.sleep(Math.min(leaseDurationMs / 4, discoveryIntervalMs), this.#wake.signal);
    }
  }

  /**
   * Stops reading, lets batches in process end for at most `graceMs`, gives the leases back. What is not committed then
   * is read again by the next owner.
   */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#stopping.abort();
    this.#wake.abort();
    const running = [...this.#running.values()];
    for (const { reader } of running) reader.stop();
    const all = Promise.all(running.map(({ done }) => done));
    await Promise.race([all, clock.sleep(graceMs)]);
    for (const { reader } of running) reader.abort();
    await Promise.race([all, clock.sleep(1_000)]);
    const release = running.map(({ lease }) =>
      this.#options.store.releaseLease(lease).catch(() => undefined),
    );
    await Promise.race([Promise.all(release), clock.sleep(3_000)]);
  }

  async #share(): Promise<void> {
    const { store, owner, clock, discoveryIntervalMs } = this.#options;
    if (clock.monotonic() - this.#listedAt >= discoveryIntervalMs) await this.#list();
    const states = await store.shards();
    await this.#adoptEnded(states);
    const leases = new Map<string, Lease>();
    for (const { checkpoint, lease } of states) if (lease) leases.set(checkpoint.shardId, lease);
    const readable = readableShards(this.#listed, states);
    const free = (lease: Lease) =>
      // This replica's own, and nobody works under it: its reader failed.
      lease.owner === owner ? !this.#running.has(lease.shardId) : this.#watch.isExpired(lease);
    for (const { shardId, seen } of planLeases(readable, leases, owner, free).take) {
      if (this.#stopping.signal.aborted) return;
      const lease = await store.acquireLease(shardId, owner, seen);
      if (lease) await this.#start(lease);
    }
  }

  async #list(): Promise<void> {
    const { store, stream, clock } = this.#options;
    // Asked for before the listing: a shard that was ended then and is not listed now is past the retention, not new.
    const before = await store.shards();
    this.#listed = await stream.shards(this.#stopping.signal);
    this.#listedAt = clock.monotonic();
    const listed = new Set(this.#listed.map((shard) => shard.shardId));
    const gone = before.filter(({ checkpoint }) => checkpoint.ended && !listed.has(checkpoint.shardId));
    // An empty listing is no news of any shard.
    for (const { checkpoint } of listed.size > 0 ? gone : []) {
      await store.forgetShard(checkpoint.shardId);
      this.#ended.delete(checkpoint.shardId);
    }
  }

  /** What an ended shard counted and no alert has told yet is every replica's business: the first to tell claims it. */
  async #adoptEnded(states: ShardState[]): Promise<void> {
    for (const { checkpoint } of states) {
      if (!checkpoint.ended || this.#ended.has(checkpoint.shardId) || this.#running.has(checkpoint.shardId))
        continue;
      await this.#options.onEnded?.(checkpoint.shardId);
      this.#ended.add(checkpoint.shardId);
    }
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
  #replaceStalled(): void {
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

  async #start(lease: Lease): Promise<void> {
    const { freshStart, openShard, log, stream, budget, limits, clock, onRead, onTrouble } = this.#options;
    const { shardId } = lease;
    // Read after the lease was taken: the owner before may have committed until then.
    const states = await this.#options.store.shards();
    const checkpoint =
      states.find((state) => state.checkpoint.shardId === shardId)?.checkpoint ?? freshCheckpoint(shardId);
    if (checkpoint.ended) return;
    const start: StartPoint =
      checkpoint.sequenceNumber === undefined
        ? freshStart
        : { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: checkpoint.sequenceNumber };
    // Another replica had the lease between two renewals: the reader of this one is of an old epoch.
    const before = this.#running.get(shardId);
    if (before) this.#abandon(shardId, before, "another replica has had the lease");
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
        if (expected) log.warn({ shardId }, `reader ends: ${messageOf(error)}`);
        else log.error({ shardId, err: error }, "the reader failed; it is started again from the checkpoint");
        this.#options.onRestart?.(shardId);
      }
    } finally {
      running.reader.abort();
      if (!this.#stopping.signal.aborted) {
        this.#close(shardId, running);
        if (ended) {
          // The commit of its end gives the lease back: a renewal just then takes it for lost, and its counts go with the reader.
          if (!running.abandoned) this.#ended.add(shardId);
          // Its children may start: now, not at the next round. A reader that failed waits for that round.
          this.#listedAt = Number.NEGATIVE_INFINITY;
          this.#wake.abort();
        }
      }
    }
  }
}
