import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import type { LogRecord } from "@cali/log-record";
import type { Logger } from "pino";
import { backoffMs, type Clock, sleep } from "../core/clock.ts";
import { LeaseLostError, ReaderStoppedError } from "../core/errors.ts";
import { addTotals, noTotals, type ShardTotals } from "../core/totals.ts";
import type { NewTemplate, Position, TemplateState } from "../core/types.ts";
import type { Payload } from "../decode/collector.ts";
import { DeadLetterShare } from "../decode/dead-letter-share.ts";
import type { RejectedPayload } from "../decode/dead-letters.ts";
import { decode } from "../decode/decode.ts";
import type { AlertGrouper } from "../group/alert-grouper.ts";
import { identityOf } from "../group/identity.ts";
import type { TemplateMiner } from "../group/template-miner.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { OpenShard } from "../read/coordinator.ts";
import type { ShardBatch } from "../read/reader.ts";
import type { StreamRecord } from "../read/records.ts";
import type { Checkpoint, Lease, StateStore } from "../state/types.ts";

export interface PipelineOptions {
  store: StateStore;
  miner: TemplateMiner;
  grouper: AlertGrouper;
  /** Durable on return; the key is a pure function of the payload's place, so that a repeat changes nothing. */
  keepRejected(payloads: RejectedPayload[]): Promise<void>;
  keepNewTemplates(templates: NewTemplate[]): Promise<void>;
  maxDecodedBytes: number;
  /** Of times that name none: an IANA name or an offset. Default: UTC. */
  timeZone?: string;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
  onCommit?(commit: { shardId: string; delta: ShardTotals; behindMs: number }): void;
  /** Why a store cannot be written now; nothing: it can again. */
  onStoreTrouble?(shardId: string, text: string | undefined): void;
}

/** Longest ms of work between two looks at timers and sockets. */
const SLICE_MS = 25;
/** Payloads between two looks at the clock. */
const PAYLOADS_BETWEEN_LOOKS = 64;
/** A step ends after the record with which this many payloads are refused: they are in memory until it is committed. */
const MAX_REJECTED_IN_STEP = 10_000;
/** Records in one step after 0, 1, 2, … processes have died on them. */
const CAREFUL_STEPS = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 625, 39, 2, 1] as const;
const MOST_CAREFUL = CAREFUL_STEPS.length - 1;
/** After this many attempts, three of them on one record alone, the record goes to the dlq unprocessed. */
const MAX_ATTEMPTS = MOST_CAREFUL + 3;

/**
 * From a batch of Kinesis records to durable effects: decode, validate, mine, group, commit. A batch is done when its
 * rejected payloads and new templates are kept, and then one commit holds checkpoint, templates and contributions.
 *
 * No record blocks its shard. One that cannot be processed (an exception) is isolated where it happens. One that
 * takes the whole process down leaves an attempt in the store: the next process goes over the same batch in smaller and smaller
 * steps, each committed, until the record stands alone, and after three more tries rejects it. A store that fails is no
 * record's fault: the shard waits and says so.
 */
export class Pipeline {
  readonly options: PipelineOptions;
  readonly deadLetters = new DeadLetterShare();
  /** Templates that changed and are in no commit yet, in their newest form. */
  readonly #templates = new Map<string, TemplateState>();
  /** Templates that no commit holds yet. */
  readonly #newTemplates = new Map<string, NewTemplate>();

  constructor(options: PipelineOptions) {
    this.options = options;
  }

  /** Starts from what the store knows: whatever an earlier reader of this process counted without a commit is dropped. */
  async openShard(lease: () => Lease, checkpoint: Checkpoint): Promise<OpenShard> {
    const { store, grouper } = this.options;
    const { shardId } = checkpoint;
    const contributions = await store.loadContributions(shardId);
    grouper.dropShard(shardId);
    grouper.restore(contributions, []);
    return new ShardPipeline(this, lease, checkpoint);
  }

  /** Mines a line's template. It is new until a commit holds it, even when the batch that showed it is read again. */
  mine(record: LogRecord, at: number): { fingerprint: string; template: string; isNew: boolean } {
    const mined = this.options.miner.add(record.service, record.message, at, identityOf(record));
    const { fingerprint, template } = mined;
    if (mined.isNew) this.#newTemplates.set(fingerprint, { fingerprint, template, record });
    return { fingerprint, template, isNew: this.#newTemplates.has(fingerprint) };
  }

  /** The new templates among these, whichever shard brought them first. */
  newTemplatesOf(fingerprints: Iterable<string>): NewTemplate[] {
    for (const fingerprint of this.#newTemplates.keys()) {
      if (!this.options.miner.get(fingerprint)) this.#newTemplates.delete(fingerprint);
    }
    return [...fingerprints].flatMap((fingerprint) => this.#newTemplates.get(fingerprint) ?? []);
  }

  /**
   * Templates that changed and are in no commit yet, the new ones only as far as given. A new template goes into the
   * state with the first counts of it: earlier, a process that ends would leave one that is neither new nor ever
   * counted, and later, counts of a template that nobody knows.
   */
  pendingTemplates(newTemplates: readonly NewTemplate[]): TemplateState[] {
    for (const template of this.options.miner.takeDirty())
      this.#templates.set(template.fingerprint, template);
    const early = new Set(this.#newTemplates.keys());
    for (const { fingerprint } of newTemplates) early.delete(fingerprint);
    return [...this.#templates.values()].filter(({ fingerprint }) => !early.has(fingerprint));
  }

  /** After a commit that held them. What changed meanwhile stays pending. */
  confirmTemplates(templates: readonly TemplateState[], newTemplates: readonly NewTemplate[]): void {
    for (const template of templates) {
      const { fingerprint } = template;
      if (this.#templates.get(fingerprint) === template) this.#templates.delete(fingerprint);
    }
    for (const { fingerprint } of newTemplates) this.#newTemplates.delete(fingerprint);
  }
}

class ShardPipeline implements OpenShard {
  readonly #pipeline: Pipeline;
  readonly #lease: () => Lease;
  #checkpoint: Checkpoint;
  #firstBatch = true;

  constructor(pipeline: Pipeline, lease: () => Lease, checkpoint: Checkpoint) {
    this.#pipeline = pipeline;
    this.#lease = lease;
    this.#checkpoint = checkpoint;
  }

  close(): void {
    const { grouper, onStoreTrouble } = this.#pipeline.options;
    const { shardId, ended } = this.#checkpoint;
    onStoreTrouble?.(shardId, undefined);
    // Another replica counts on; the counts of an ended shard stay, for whatever of them no alert has told yet.
    if (!ended) grouper.dropShard(shardId);
  }

  async process(batch: ShardBatch, signal: AbortSignal, touch: () => void): Promise<void> {
    const attempts =
      this.#firstBatch && batch.records.length > 0 ? await this.#countAttempt(signal, touch) : 0;
    const size = CAREFUL_STEPS[Math.min(attempts, MOST_CAREFUL)] ?? 1;
    if (attempts > 2) this.#say(attempts, size);
    let from = 0;
    do {
      if (signal.aborted) throw new ReaderStoppedError(this.#checkpoint.shardId);
      const step = batch.records.slice(from, from + size);
      const work = new Work(this.#pipeline, this.#checkpoint.shardId);
      if (attempts >= MAX_ATTEMPTS && from === 0) {
        work.reject(step, `the process ended ${attempts - 1} times while it worked on this record`);
      } else {
        await work.run(step, signal, touch);
        if (attempts >= MOST_CAREFUL && from === 0) await this.#acquit(signal, touch);
      }
      from += work.totals.records;
      const last = from >= batch.records.length;
      // Progress: the steps stay as careful as they are until the batch is over, but nobody is suspected any more.
      const left = last ? 0 : Math.min(attempts, MOST_CAREFUL);
      await this.#commit(
        work,
        { ended: batch.last && last, attempts: left, behindMs: batch.behindMs },
        signal,
        touch,
      );
    } while (from < batch.records.length);
    this.#firstBatch = false;
  }

  #countAttempt(signal: AbortSignal, touch: () => void): Promise<number> {
    const { store } = this.#pipeline.options;
    return this.#persist("state", () => store.countAttempt(this.#lease()), signal, touch);
  }

  /**
   * The process survived the record that is suspected most: what ends it later, such as somebody's SIGKILL during the commit,
   * must not be blamed on the record.
   */
  #acquit(signal: AbortSignal, touch: () => void): Promise<void> {
    const { store } = this.#pipeline.options;
    const checkpoint = { ...this.#checkpoint, attempts: MOST_CAREFUL - 1 };
    const commit = () =>
      store.commitBatch({ lease: this.#lease(), checkpoint, templates: [], contributions: [] });
    return this.#persist("state", commit, signal, touch);
  }

  #say(attempts: number, size: number): void {
    const { shardId, sequenceNumber } = this.#checkpoint;
    this.#pipeline.options.log.warn(
      { shardId, after: sequenceNumber, attempts, size },
      "earlier processes ended while they worked on these records: going on in small steps to find the one",
    );
  }

  async #commit(
    work: Work,
    { ended, attempts, behindMs }: { ended: boolean; attempts: number; behindMs: number },
    signal: AbortSignal,
    touch: () => void,
  ): Promise<void> {
    const { store, grouper, metrics, onCommit, keepRejected, keepNewTemplates } = this.#pipeline.options;
    const { shardId } = this.#checkpoint;
    const { rejected, totals } = work;
    if (rejected.length > 0) await this.#persist("objects", () => keepRejected(rejected), signal, touch);
    const checkpoint: Checkpoint = {
      shardId,
      sequenceNumber: work.lastSequenceNumber ?? this.#checkpoint.sequenceNumber,
      ended,
      totals: addTotals(this.#checkpoint.totals, totals),
      attempts,
    };
    const contributions = grouper.takeDirty(shardId);
    // Kinds that are counted together have no counts of their own.
    const seen = new Set([...work.fingerprints, ...contributions.map(({ fingerprint }) => fingerprint)]);
    const newTemplates = this.#pipeline.newTemplatesOf(seen);
    if (newTemplates.length > 0) {
      await this.#persist("objects", () => keepNewTemplates(newTemplates), signal, touch);
    }
    let templates: TemplateState[] = [];
    const commit = () => {
      // At each attempt anew: another shard may have committed newer forms, which must not be overwritten.
      templates = this.#pipeline.pendingTemplates(newTemplates);
      return store.commitBatch({ lease: this.#lease(), checkpoint, templates, contributions });
    };
    await this.#persist("state", commit, signal, touch);
    this.#pipeline.confirmTemplates(templates, newTemplates);
    this.#checkpoint = checkpoint;
    metrics.onCommit(shardId, totals);
    if (work.poisoned > 0) metrics.poisoned.inc(work.poisoned);
    if (newTemplates.length > 0) metrics.templates.inc(newTemplates.length);
    onCommit?.({ shardId, delta: totals, behindMs });
  }

  /** Tries until it works, the lease is lost or the reader is aborted. */
  async #persist<T>(
    kind: "state" | "objects",
    write: () => Promise<T>,
    signal: AbortSignal,
    touch: () => void,
  ): Promise<T> {
    const { log, metrics, onStoreTrouble } = this.#pipeline.options;
    const { shardId } = this.#checkpoint;
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) throw new ReaderStoppedError(shardId);
      try {
        const result = await write();
        touch();
        if (attempt > 1) {
          log.info({ shardId, store: kind }, "the store can be written again");
          onStoreTrouble?.(shardId, undefined);
        }
        return result;
      } catch (error) {
        if (error instanceof LeaseLostError) throw error;
        touch();
        metrics.storeFailures.inc({ store: kind });
        const text = `${kind === "state" ? "state" : "object"} store: ${(error as Error).name}: ${(error as Error).message}`;
        onStoreTrouble?.(shardId, text);
        if ((attempt & (attempt - 1)) === 0) {
          log.error(
            { shardId, store: kind, attempt, err: error },
            `nothing is acknowledged, the shard waits: ${text}`,
          );
        }
        await sleep(backoffMs(attempt, 200, 10_000), signal);
      }
    }
  }
}

/** What a step of a batch comes to before it is committed. */
class Work {
  readonly totals = noTotals();
  readonly rejected: RejectedPayload[] = [];
  /** Of the lines with templates that no commit holds yet. */
  readonly fingerprints = new Set<string>();
  poisoned = 0;
  lastSequenceNumber: string | undefined;
  readonly #pipeline: Pipeline;
  readonly #shardId: string;

  constructor(pipeline: Pipeline, shardId: string) {
    this.#pipeline = pipeline;
    this.#shardId = shardId;
  }

  /** Works on the records, or on the first ones of them when they bring too much to keep at once. */
  async run(records: StreamRecord[], signal: AbortSignal, touch: () => void): Promise<void> {
    const { clock, maxDecodedBytes, timeZone } = this.#pipeline.options;
    let until = clock.monotonic() + SLICE_MS;
    let unseen = 0;
    let done = 0;
    while (done < records.length && this.rejected.length < MAX_REJECTED_IN_STEP) {
      const record = records[done++] as StreamRecord;
      const payloads = decode(record.data, { maxDecodedBytes, zone: timeZone, arrival: record.arrivedAt });
      for (let index = 0; index < payloads.length; index++) {
        this.#take(payloads[index] as Payload, record, index);
        if (++unseen < PAYLOADS_BETWEEN_LOOKS) continue;
        unseen = 0;
        if (clock.monotonic() <= until) continue;
        touch();
        await setImmediate();
        if (signal.aborted) throw new ReaderStoppedError(this.#shardId);
        until = clock.monotonic() + SLICE_MS;
      }
    }
    this.#done(done === records.length ? records : records.slice(0, done));
  }

  /** Rejects whole records without looking into them. */
  reject(records: StreamRecord[], reason: string): void {
    for (const record of records) {
      this.#reject(record, 0, record.data, reason);
      this.poisoned++;
    }
    this.#done(records);
  }

  #done(records: StreamRecord[]): void {
    this.totals.records += records.length;
    this.lastSequenceNumber = records.at(-1)?.sequenceNumber;
  }

  #take(payload: Payload, source: StreamRecord, index: number): void {
    if (!payload.ok) {
      this.#reject(source, index, payload.bytes, payload.reason);
      return;
    }
    try {
      const { record } = payload;
      this.#pipeline.deadLetters.read(record.service, source.arrivedAt);
      this.#pipeline.options.grouper.see(record);
      if (record.level === "WARN" || record.level === "ERROR" || record.level === "FATAL") {
        this.#observe(record, { sequenceNumber: source.sequenceNumber, index });
      }
      this.totals.valid++;
      this.totals.byLevel[record.level] = (this.totals.byLevel[record.level] ?? 0) + 1;
    } catch (error) {
      this.poisoned++;
      const { name, message } = error instanceof Error ? error : { name: "Error", message: inspect(error) };
      this.#reject(source, index, payload.bytes, `processing failed: ${name}: ${message.slice(0, 500)}`);
    }
  }

  #observe(record: LogRecord, position: Position): void {
    const { grouper } = this.#pipeline.options;
    const at = Date.parse(record.timestamp);
    const mined = this.#pipeline.mine(record, at);
    if (mined.isNew) this.fingerprints.add(mined.fingerprint);
    grouper.observe({ shardId: this.#shardId, position, record, ...mined, at });
  }

  #reject(source: StreamRecord, index: number, bytes: Uint8Array, reason: string): void {
    const position = { sequenceNumber: source.sequenceNumber, index };
    const letter = { shardId: this.#shardId, position, bytes, reason, arrivedAt: source.arrivedAt };
    this.rejected.push(letter);
    this.totals.invalid++;
    const told = this.#pipeline.deadLetters.refused(letter);
    if (told === undefined) return;
    this.#pipeline.options.metrics.deadLetterAlerts.inc();
    this.#observe(told, position);
  }
}
