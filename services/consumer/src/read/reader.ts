import type { Logger } from "pino";
import { backoffMs, type Clock } from "../core/clock.ts";
import type { ByteBudget } from "./budget.ts";
import type { KinesisStream, StartPoint } from "./client.ts";
import { classify } from "./failures.ts";
import type { ReadResult, Records } from "./records.ts";

/** Most bytes that one GetRecords call returns (AWS: 10 MiB, and one record may be 1 MiB more with its key). */
const MAX_READ_BYTES = 11 * 1024 * 1024;

export interface ReaderLimits {
  /** Records asked for in one call, 1 to 10,000. */
  batchRecords: number;
  /** Least ms between two calls for one shard; 200 is Kinesis' limit of 5 calls/s. */
  minReadIntervalMs: number;
  /** ms between two calls when the shard is caught up. */
  pollIntervalMs: number;
}

export interface ShardBatch {
  records: Records;
  /** The shard is closed and these are its last records. */
  last: boolean;
  behindMs: number;
}

export interface ReaderOptions {
  stream: Pick<KinesisStream, "iterator" | "read">;
  shardId: string;
  /** Where this shard was left, or where a fresh one starts. */
  start: StartPoint;
  /** Resolves when every effect of the batch is durable. */
  process: (batch: ShardBatch, signal: AbortSignal) => Promise<void>;
  budget: ByteBudget;
  limits: ReaderLimits;
  clock: Clock;
  log: Logger;
  /** Called after each successful read. */
  onRead?: (read: ReadResult) => void;
  /** Called with each failed read, for readiness and metrics; `undefined` when reading works again. */
  onTrouble?: (text: string | undefined, kind?: string) => void;
}

interface HeldBatch extends ShardBatch {
  held: number;
  release?: ReadResult["release"];
  next?: string;
}

/**
 * Reads one shard in order: while a batch is processed, the next one (and no more) is fetched. Goes on for ever; what
 * can be waited out is waited out.
 */
export class ShardReader {
  readonly #options: ReaderOptions;
  /** Ends reads and waits; a batch in process is finished. */
  readonly #drain = new AbortController();
  /** Ends everything: what is not committed is read again by whoever comes next. */
  readonly #abort = new AbortController();
  #position: StartPoint;
  #lastCallAt = Number.NEGATIVE_INFINITY;
  #progressAt: number;
  /** The fetch waits on purpose: for its pace, after a failure, for memory. */
  #waiting = false;
  #processing = false;
  #held = 0;
  /** Kind of the failure that reading waits out; nothing: reading works. */
  #failing: string | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#position = options.start;
    this.#progressAt = options.clock.monotonic();
  }

  /** ms since it last did anything, 0 while it waits on purpose: what the watchdog looks at. */
  stalledForMs(): number {
    if (this.#waiting && !this.#processing) return 0;
    return this.#options.clock.monotonic() - this.#progressAt;
  }

  /** Shows the watchdog that a long step (a big batch, a store that is down) is alive. */
  touch(): void {
    this.#progressAt = this.#options.clock.monotonic();
  }

  /** Stops after the batch in process. */
  stop(): void {
    this.#drain.abort();
  }

  /** Stops at once and gives its memory back, even when a step hangs. */
  abort(): void {
    this.#drain.abort();
    this.#abort.abort();
    this.#give(this.#held);
  }

  /** @returns `ended` when the shard's last record is durable, `stopped` when it was asked to. */
  async run(): Promise<"ended" | "stopped"> {
    const { process } = this.#options;
    let fetch = this.#fetch(undefined);
    try {
      for (;;) {
        const batch = await fetch;
        if (batch === undefined || this.#drain.signal.aborted) return "stopped";
        if (!batch.last) {
          fetch = this.#fetch(batch);
          // Awaited in the next round; a failure before that is not one that nobody handles.
          fetch.catch(() => undefined);
        }
        if (batch.records.length > 0 || batch.last) {
          this.touch();
          this.#processing = true;
          await process(batch, this.#abort.signal);
          this.#processing = false;
          this.touch();
        }
        // What waits for the collector counts as garbage of the old generation, which then is collected every few answers.
        batch.release?.();
        this.#give(batch.held);
        if (batch.last) return "ended";
      }
    } finally {
      // What was prefetched is dropped: its records are after the checkpoint.
      this.abort();
      await fetch.catch(() => undefined);
      this.#give(this.#held);
    }
  }

  #give(bytes: number): void {
    const given = Math.min(bytes, this.#held);
    this.#held -= given;
    if (given > 0) this.#options.budget.release(given);
  }

  /** Resolves to the batch after `previous`, or to nothing when the reader was stopped. */
  async #fetch(previous: HeldBatch | undefined): Promise<HeldBatch | undefined> {
    const { stream, shardId, limits, clock, budget, onRead } = this.#options;
    const signal = this.#drain.signal;
    const limit = limits.batchRecords;
    const caughtUp = previous !== undefined && previous.behindMs === 0 && previous.records.length < limit;
    const interval = caughtUp ? limits.pollIntervalMs : limits.minReadIntervalMs;
    let iterator = previous?.next;
    for (let attempt = 1; ; attempt++) {
      await this.#pause(Math.max(0, this.#lastCallAt + interval - clock.monotonic()));
      if (!(await this.#waitFor(budget.reserve(MAX_READ_BYTES, signal)))) return undefined;
      const reserved = Math.min(MAX_READ_BYTES, budget.limit);
      this.#held += reserved;
      if (signal.aborted) return undefined;
      try {
        this.#lastCallAt = clock.monotonic();
        iterator ??= await stream.iterator(shardId, this.#position, signal);
        const read = await stream.read(iterator, limit, signal);
        const kept = Math.min(read.bytes, reserved);
        this.#give(reserved - kept);
        this.touch();
        this.#trouble(undefined);
        const last = read.records.at(-1);
        if (last) this.#position = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: last.sequenceNumber };
        onRead?.(read);
        return {
          records: read.records,
          behindMs: read.behindMs,
          last: read.next === undefined,
          next: read.next,
          held: kept,
          release: read.release,
        };
      } catch (error) {
        this.#give(reserved);
        this.touch();
        if (signal.aborted) return undefined;
        const failure = classify(error);
        // A new iterator from the last position is right after any failure, and the only way after some.
        iterator = undefined;
        this.#trouble(failure.text, failure.kind, attempt);
        if (failure.kind !== "expired" || attempt > 1)
          await this.#pause(backoffMs(clock, attempt, 200, failure.maxWaitMs));
        if (signal.aborted) return undefined;
      }
    }
  }

  #trouble(text: string | undefined, kind?: string, attempt = 0): void {
    const { onTrouble, log, shardId } = this.#options;
    if (text === undefined && this.#failing === undefined) return;
    const isOther = kind !== this.#failing;
    this.#failing = kind;
    onTrouble?.(text, kind);
    if (text === undefined) log.info({ shardId }, "reading works again");
    // The first, second, fourth, eighth … time: an hour of trouble is a dozen lines.
    else if (isOther || (attempt & (attempt - 1)) === 0)
      log.warn({ shardId, kind, attempt }, `reading failed: ${text}`);
  }

  #pause(ms: number): Promise<void> {
    return ms <= 0 ? Promise.resolve() : this.#waitFor(this.#options.clock.sleep(ms, this.#drain.signal));
  }

  async #waitFor<T>(wait: Promise<T>): Promise<T> {
    this.#waiting = true;
    try {
      return await wait;
    } finally {
      this.#waiting = false;
      this.touch();
    }
  }
}
