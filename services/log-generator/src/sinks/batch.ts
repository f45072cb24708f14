import { setTimeout as sleep } from "node:timers/promises";
import { ServiceException } from "@smithy/core/client";
import { isThrottlingError, isTransientError } from "@smithy/core/retry";
import { SinkError } from "../errors.ts";
import type { GeneratedLine } from "../generate.ts";
import { emptyCounters, refuse, type Sink } from "./types.ts";

/** A record as it is sent. */
export interface Entry {
  data: Uint8Array;
  /** Decides the shard, where there are shards. */
  partitionKey: string;
}

/** One batch operation of one service. */
export interface BatchTarget {
  /** For errors: such as `Kinesis stream cali-logs`. */
  name: string;
  maxRecords: number;
  /** Of one call, bytes. */
  maxCallBytes: number;
  /** Of one record, bytes. */
  maxRecordBytes: number;
  /** What an entry counts for against the limits, bytes. */
  sizeOf(entry: Entry): number;
  /**
   * Sends entries in one call, and does not try again by itself.
   * @returns for each entry, in the same order, undefined when it was accepted, else why not
   */
  send(entries: readonly Entry[], abort: AbortSignal): Promise<(string | undefined)[]>;
  /** Throws when the client cannot know where to send. */
  check(): Promise<void>;
  destroy(): void;
}

export interface BatchSinkOptions {
  /** The JSON text of a line, without its line end. */
  render: (line: GeneratedLine) => string;
  /** Calls for one record before it is refused. Default 10. */
  maxAttempts?: number;
  /** Upper limit of the first wait, ms; doubles with every attempt. Default 100. */
  backoffBase?: number;
  /** Upper limit of any wait, ms. Default 10,000. */
  backoffCap?: number;
  /** Calls at the same time. Default 4. */
  concurrency?: number;
  /** Longest time that a record waits for others to share a call with, ms. Default 100. */
  linger?: number;
}

/** Why a record is refused whose call was under way at the end: the other side may have taken it all the same. */
export const NOT_CONFIRMED = "not confirmed before the end";

const DEFAULTS = {
  maxAttempts: 10,
  backoffBase: 100,
  backoffCap: 10_000,
  concurrency: 4,
  linger: 100,
} as const;

/**
 * Sends lines as JSON records in batches. What fails alone is sent again alone, with exponential backoff and full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so records may overtake one another, and
 * one whose answer was lost may arrive twice. A record ends with a newline, so that objects made of records are JSON lines.
 */
export class BatchSink implements Sink {
  readonly counters = emptyCounters();
  failure: SinkError | undefined;
  readonly #target: BatchTarget;
  readonly #options: Required<BatchSinkOptions>;
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #batch: Entry[] = [];
  #batchBytes = 0;
  /** Sealed batches that wait for a free call. The writer is held back while there is one, so there are at most two. */
  readonly #ready: Entry[][] = [];
  /** The unfinished batch has waited long enough. */
  #isOverdue = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(target: BatchTarget, options: BatchSinkOptions) {
    this.#target = target;
    this.#options = { ...DEFAULTS, ...options };
  }

  write(line: GeneratedLine): Promise<void> | undefined {
    if (this.failure !== undefined) {
      refuse(this.counters, 1, this.failure.message);
      return undefined;
    }
    const entry = {
      data: Buffer.from(`${this.#options.render(line)}\n`),
      partitionKey: line.line.service,
    };
    const { maxRecordBytes, maxCallBytes, maxRecords } = this.#target;
    const size = this.#target.sizeOf(entry);
    if (size > maxRecordBytes) {
      refuse(this.counters, 1, `a record of more than ${maxRecordBytes} bytes`);
      return undefined;
    }
    if (this.#batchBytes + size > maxCallBytes) this.#seal();
    this.#batch.push(entry);
    this.#batchBytes += size;
    if (this.#batch.length >= maxRecords) this.#seal();
    else this.#timer ??= setTimeout(() => this.#onLinger(), this.#options.linger);
    return this.#ready.length > 0 ? Promise.race(this.#running) : undefined;
  }

  async close(abort: AbortSignal): Promise<void> {
    const stop = (): void => this.#abort.abort();
    if (abort.aborted) stop();
    abort.addEventListener("abort", stop, { once: true });
    this.#seal();
    while (this.#running.size > 0) await Promise.race(this.#running);
    abort.removeEventListener("abort", stop);
    this.#target.destroy();
  }

  #isBusy(): boolean {
    return this.#running.size >= this.#options.concurrency;
  }

  /** While all calls are taken, an unfinished batch had better grow. */
  #onLinger(): void {
    if (this.#isBusy()) this.#isOverdue = true;
    else this.#seal();
  }

  /** No more entries for this batch. */
  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isOverdue = false;
    if (this.#batch.length === 0) return;
    this.#ready.push(this.#batch);
    this.#batch = [];
    this.#batchBytes = 0;
    this.#startReady();
  }

  #startReady(): void {
    while (!this.#isBusy()) {
      const batch = this.#ready.shift();
      if (batch === undefined) return;
      const delivery = this.#deliver(batch).finally(() => {
        this.#running.delete(delivery);
        this.#startReady();
        if (this.#isOverdue && !this.#isBusy()) this.#seal();
      });
      this.#running.add(delivery);
    }
  }

  async #deliver(batch: readonly Entry[]): Promise<void> {
    if (this.failure !== undefined) {
      refuse(this.counters, batch.length, this.failure.message);
      return;
    }
    let left = batch;
    for (let attempt = 1; ; attempt += 1) {
      const { failed, reasons } = await this.#attempt(left);
      this.counters.accepted += left.length - failed.length;
      if (failed.length === 0) return;
      left = failed;
      if (attempt === this.#options.maxAttempts || !(await this.#mayRetry(attempt))) {
        for (const reason of reasons) refuse(this.counters, 1, reason);
        return;
      }
      this.counters.retried += left.length;
    }
  }

  /** Waits before the next attempt; false when there is no sense in one. */
  async #mayRetry(attempt: number): Promise<boolean> {
    const { backoffBase, backoffCap } = this.#options;
    const { signal } = this.#abort;
    if (this.failure !== undefined || signal.aborted) return false;
    const wait = Math.random() * Math.min(backoffCap, backoffBase * 2 ** (attempt - 1));
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    return this.failure === undefined && !signal.aborted;
  }

  /** One call: the entries that failed, and why each of them did. */
  async #attempt(entries: readonly Entry[]): Promise<{ failed: readonly Entry[]; reasons: string[] }> {
    let answers: (string | undefined)[];
    try {
      answers = await this.#target.send(entries, this.#abort.signal);
    } catch (caught) {
      const error = caught as Error;
      if (isHopeless(error)) {
        this.failure ??= new SinkError(`${this.#target.name}: ${error.name}: ${error.message}`, {
          cause: error,
        });
      }
      const reason = this.#abort.signal.aborted ? NOT_CONFIRMED : error.name;
      return { failed: entries, reasons: entries.map(() => reason) };
    }
    const failed = entries.filter((_, index) => answers[index] !== undefined);
    return { failed, reasons: answers.filter((answer) => answer !== undefined) };
  }
}

/**
 * Whether every further attempt would fail too, such as with a wrong name or a missing permission. Throttling, a fault of
 * the server or of the network, and an answer that makes no sense are worth another attempt.
 */
function isHopeless(error: Error): boolean {
  if (error.name === "CredentialsProviderError") return true;
  if (!(error instanceof ServiceException) || error.$fault === "server") return false;
  if (error.name === "KMSThrottlingException" || error.name === "ExpiredTokenException") return false;
  const status = error.$metadata.httpStatusCode;
  if (status === undefined || status < 400 || status >= 500) return false;
  const known = error as Parameters<typeof isTransientError>[0];
  return !isThrottlingError(known) && !isTransientError(known);
}
