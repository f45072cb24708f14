import { messageOf, NamedError } from "@cali/base";
import { LeaseLostError } from "../core/errors.ts";
import { comparePositions } from "../core/types.ts";
import type { ShardWork } from "../read/kcl/conversation.ts";
import type { KclRecord, Request } from "../read/kcl/messages.ts";
import { streamRecords } from "../read/kcl/records.ts";
import type { ShardBatch } from "../read/reader.ts";
import type { OpenShard } from "../read/stream-reader.ts";
import { takeShard } from "../state/take-shard.ts";
import type { Lease } from "../state/types.ts";
import type { Parts } from "./parts.ts";
import type { Pipeline } from "./pipeline.ts";
import { claimStream, takeUpState } from "./take-up-state.ts";

/** KCL's lease table says that more is done than our state does. */
export class KclAheadError extends NamedError {}

/** A process that has to stop in the midst of a batch ends as a whole: what it had not committed is read again. */
const NEVER = new AbortController().signal;
/** Share of the groups that there may be at which a process looks what of them was notified, and the least ms between two looks. */
const FULL_SHARE = 0.9;
const ROOM_EVERY_MS = 60_000;
/** Tries to take the fence: another process may take it at the same moment. */
const FENCE_TRIES = 10;

const isDecimal = (text: string | null | undefined): text is string => /^\d+$/.test(text ?? "");
const isAfter = (a: string, b: string) =>
  comparePositions({ sequenceNumber: a, index: 0 }, { sequenceNumber: b, index: 0 }) > 0;

export interface ShardWorkOptions {
  /** Whether KCL's table says that this process's daemon has the shard's lease. */
  readonly isOurs: (shardId: string) => Promise<boolean>;
  /** Shows the watchdog that a long step is alive. */
  readonly touch: () => void;
}

/**
 * Takes what KCL brings of one shard through the stages. KCL decides who reads; each process that it starts takes the shard's lease in
 * our state as a fence: one that KCL took the shard from, and that does not know it yet, commits nothing more. Two processes that KCL
 * starts at nearly the same moment may take it in either order: who is refused asks KCL's table, and takes it again if the shard is
 * its own. What is durable stands in our state with its effects, so what KCL gives again is left out.
 */
export class KclShardWork implements ShardWork {
  readonly #parts: Parts;
  readonly #pipeline: Pipeline;
  readonly #how: ShardWorkOptions;
  #lease: Lease | undefined;
  #shard: OpenShard | undefined;
  /** The last record whose effects are durable. */
  #doneUpTo: string | undefined;
  #isEnded = false;
  #roomMadeAt = Number.NEGATIVE_INFINITY;

  constructor(parts: Parts, pipeline: Pipeline, how: ShardWorkOptions) {
    this.#parts = parts;
    this.#pipeline = pipeline;
    this.#how = how;
  }

  /** @throws KclAheadError, StreamChangedError, StateUnavailableError */
  async initialize({ shardId, sequenceNumber }: Extract<Request, { action: "initialize" }>): Promise<void> {
    const { log } = this.#parts;
    await takeUpState(this.#parts, await claimStream(this.#parts));
    await this.#open(shardId);
    if (await this.#isAhead(shardId, sequenceNumber))
      throw new KclAheadError(
        `${shardId}: KCL's lease table says that all is done up to ${sequenceNumber}, the state up to ${this.#doneUpTo ?? "nothing"}: ` +
          "records between them would never be read. Stop the workers and delete the lease table: KCL begins anew, and what the state has is left out",
      );
    log.info(
      { shardId, epoch: this.#lease?.epoch, after: this.#doneUpTo },
      "KCL has given this process the shard",
    );
  }

  /** A shard past the stream's retention is neither in the state nor to be read. */
  async #isAhead(shardId: string, sequenceNumber: string | null | undefined): Promise<boolean> {
    if (!isDecimal(sequenceNumber)) return false;
    if (this.#doneUpTo !== undefined && !isAfter(sequenceNumber, this.#doneUpTo)) return false;
    return (await this.#parts.stream.shards()).some((shard) => shard.shardId === shardId);
  }

  async process(records: readonly KclRecord[], behindMs: number): Promise<boolean> {
    await this.#makeRoom();
    return this.#take(() => {
      const done = this.#doneUpTo;
      const fresh = records.filter(
        ({ sequenceNumber }) => done === undefined || isAfter(sequenceNumber, done),
      );
      return { records: streamRecords(fresh), behindMs, last: false };
    });
  }

  async end(): Promise<boolean> {
    return this.#take(() => ({ records: [], behindMs: 0, last: true }));
  }

  /** @param batchOf what is to be done after what is durable now. @returns whether the shard is ours, and it is done */
  async #take(batchOf: () => ShardBatch): Promise<boolean> {
    const { metrics, log } = this.#parts;
    const { isOurs, touch } = this.#how;
    for (let attempt = 1; ; attempt++) {
      if (this.#shard === undefined || this.#lease === undefined)
        throw new Error("records before initialize");
      const { shardId } = this.#lease;
      const batch = batchOf();
      metrics.onRead(shardId, batch.behindMs);
      if (this.#isEnded || (batch.records.length === 0 && !batch.last)) return true;
      try {
        await this.#shard.process(batch, NEVER, touch);
        this.#doneUpTo = batch.records.at(-1)?.sequenceNumber ?? this.#doneUpTo;
        this.#isEnded = batch.last;
        return true;
      } catch (error) {
        if (!(error instanceof LeaseLostError) || attempt >= FENCE_TRIES) throw error;
        log.warn({ shardId }, `another process has begun with the shard: ${messageOf(error)}`);
        if (!(await isOurs(shardId))) return false;
        await this.#open(shardId);
      }
    }
  }

  /** Learns what was notified when groups become many: only what was is let go. */
  async #makeRoom(): Promise<void> {
    const { grouper, store, clock, config } = this.#parts;
    const isFull = grouper.size >= config.limits.groups * FULL_SHARE;
    if (!isFull || clock.monotonic() - this.#roomMadeAt < ROOM_EVERY_MS) return;
    this.#roomMadeAt = clock.monotonic();
    grouper.restore([], await store.loadGroups());
  }

  /** Takes the fence, and goes on from what is durable then. */
  async #open(shardId: string): Promise<void> {
    const { store, owner } = this.#parts;
    // KCL says that the shard is ours, so whoever has it in our state has lost it.
    const { lease, checkpoint } = await takeShard(store, shardId, owner);
    this.#lease = lease;
    this.#doneUpTo = checkpoint.sequenceNumber;
    this.#isEnded = checkpoint.ended;
    this.#shard = await this.#pipeline.openShard(lease, checkpoint);
  }
}
