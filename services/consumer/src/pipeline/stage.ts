import type { LogRecord } from "@cali/log-record";
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { noTotals, type ShardTotals } from "../core/totals.ts";
import type { Contribution, NewTemplate, Position } from "../core/types.ts";
import type { RejectedPayload } from "../decode/dead-letters.ts";
import type { AlertGrouper } from "../group/alert-grouper.ts";
import type { TemplateMiner } from "../group/template-miner.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { ShardBatch } from "../read/reader.ts";
import type { StreamRecord } from "../read/records.ts";
import type { Checkpoint, Lease, StateStore } from "../state/types.ts";

export interface PipelineOptions {
  readonly store: StateStore;
  readonly miner: TemplateMiner;
  readonly grouper: AlertGrouper;
  /** Durable on return; the key is a pure function of the payload's place, so that a repeat changes nothing. */
  keepRejected(payloads: RejectedPayload[]): Promise<void>;
  keepNewTemplates(templates: readonly NewTemplate[]): Promise<void>;
  /** Most bytes that one gzip may become, and most bytes of one aggregate's records in all. */
  readonly maxDecodedBytes: number;
  /** Of times that name none: an IANA name or an offset. Default: UTC. */
  readonly timeZone?: string;
  /** Whether another process follows the counts, to notify. Default: none does. */
  readonly isFollowed?: boolean;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: nobody watches. */
  readonly watcher?: Watcher;
  /** A step is durable. `delta` is what it added. */
  onCommit?(commit: { shardId: string; delta: ShardTotals; behindMs: number }): void;
  /** Why a store cannot be written now; nothing: it can again. */
  onStoreTrouble?(shardId: string, text: string | undefined): void;
}

/** Sees what becomes of lines, at once and maybe twice: a batch that is read again is seen again. It must not take long. */
export interface Watcher {
  line(record: LogRecord): void;
  /** A WARN, ERROR or FATAL line belongs to a template. */
  grouped(record: LogRecord, fingerprint: string, isNew: boolean): void;
  refused(rejected: RejectedPayload): void;
}

/** One thing that is done with a step, in the order of `stages.ts`. It throws what ends the shard's reader. */
export type Stage = (step: Step, context: ShardContext) => void | Promise<void>;

/** One thing that is done with each log record of a step, in memory. */
export type LineStage = (record: LogRecord, place: Place, step: Step) => void;

/** What every stage knows of the shard that it works for. */
export interface ShardContext {
  readonly shardId: string;
  /** The right to commit. */
  readonly lease: Lease;
  /** Aborts when the reader has to stop: nothing is committed after that. */
  readonly signal: AbortSignal;
  /** Shows the watchdog that a long step is alive. */
  readonly touch: () => void;
  /** Moves on with each commit. */
  checkpoint: Checkpoint;
}

/** Where a payload stands. */
export interface Place {
  readonly shardId: string;
  readonly position: Position;
  /** ms since the epoch when Kinesis took the record; the same on every read. */
  readonly arrivedAt: number;
}

/** Records of a batch that are committed together, and what the stages have made of them so far. */
export class Step {
  readonly totals = noTotals();
  /** What goes into `dlq/`. */
  readonly rejected: RejectedPayload[] = [];
  /** Payloads that could not be processed. */
  poisoned = 0;
  /** Logs that were sent again, and are counted nowhere. */
  repeated = 0;
  /** Of the lines with templates that no commit holds yet. */
  readonly newFingerprints = new Set<string>();
  newTemplates: readonly NewTemplate[] = [];
  contributions: readonly Contribution[] = [];
  /** Groups whose contributions go out of the state. */
  leftBehind: readonly string[] = [];
  readonly batch: ShardBatch;
  /** Place of its first record in the batch. */
  readonly from: number;
  readonly #to: number;
  /** Processes that have worked on the batch so far, this one too, where one may have ended on its first record; else 0. */
  readonly attempts: number;

  /** @param size most records of it */
  constructor(batch: ShardBatch, { from, size, attempts }: { from: number; size: number; attempts: number }) {
    this.batch = batch;
    this.from = from;
    this.#to = Math.min(from + size, batch.records.length);
    this.attempts = attempts;
  }

  /** Takes the next record; nothing: none is left. */
  next(): StreamRecord | undefined {
    return this.end < this.#to ? this.batch.records.at(this.from + this.totals.records++) : undefined;
  }

  /** Place in the batch behind the last record that was taken. */
  get end(): number {
    return this.from + this.totals.records;
  }

  get endsBatch(): boolean {
    return this.end >= this.batch.records.length;
  }
}
