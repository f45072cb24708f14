import { ReaderStoppedError } from "../core/errors.ts";
import type { ShardBatch } from "../read/reader.ts";
import type { OpenShard } from "../read/stream-reader.ts";
import type { Checkpoint, Lease } from "../state/types.ts";
import { stepSize } from "./careful.ts";
import { type Persist, persistence } from "./persist.ts";
import { type PipelineOptions, type ShardContext, type Stage, Step } from "./stage.ts";
import { recordStages } from "./stages.ts";
import { takeUpCounts } from "./take-up-state.ts";

interface Parts {
  readonly options: PipelineOptions;
  readonly stages: readonly Stage[];
  readonly persist: Persist;
}

/**
 * Takes batches of Kinesis records through the stages, until their effects are durable: what is rejected and the templates that are new are
 * kept, and then one commit holds checkpoint, templates and contributions.
 *
 * No record blocks its shard. One that cannot be processed (an exception) is isolated where it happens. One that
 * takes the whole process down leaves an attempt in the store: the next process goes over the same batch in smaller and smaller
 * steps, each committed, until the record stands alone, and after three more tries rejects it. A store that fails is no
 * record's fault: the shard waits and says so.
 */
export class Pipeline {
  readonly #parts: Parts;

  constructor(options: PipelineOptions) {
    const persist = persistence(options);
    this.#parts = { options, persist, stages: recordStages(options, persist) };
  }

  /** Starts from what the store knows: whatever an earlier reader of this process counted without a commit is dropped. */
  async openShard(lease: Lease, checkpoint: Checkpoint): Promise<OpenShard> {
    await takeUpCounts(this.#parts.options, checkpoint.shardId);
    return new ShardPipeline(this.#parts, lease, checkpoint);
  }
}

class ShardPipeline implements OpenShard {
  readonly #parts: Parts;
  #context: Omit<ShardContext, "signal" | "touch">;
  #isFirstBatch = true;

  constructor(parts: Parts, lease: Lease, checkpoint: Checkpoint) {
    this.#parts = parts;
    this.#context = { shardId: checkpoint.shardId, lease, checkpoint };
  }

  close(): void {
    const { grouper, onStoreTrouble } = this.#parts.options;
    const { shardId, checkpoint } = this.#context;
    onStoreTrouble?.(shardId, undefined);
    // Another reader counts on; the counts of an ended shard stay, for whatever of them was not notified yet.
    if (!checkpoint.ended) grouper.dropShard(shardId);
  }

  async process(batch: ShardBatch, signal: AbortSignal, touch: () => void): Promise<void> {
    const context = { ...this.#context, signal, touch };
    this.#context = context;
    const attempts = this.#isFirstBatch && batch.records.length > 0 ? await this.#countAttempt(context) : 0;
    const size = stepSize(attempts);
    if (attempts > 2) this.#say(context, attempts, size);
    for (let from = 0, isDone = false; !isDone; ) {
      if (signal.aborted) throw new ReaderStoppedError(context.shardId);
      const step = new Step(batch, { from, size, attempts });
      for (const stage of this.#parts.stages) await stage(step, context);
      from = step.end;
      isDone = step.endsBatch;
    }
    this.#isFirstBatch = false;
  }

  #countAttempt(context: ShardContext): Promise<number> {
    const { options, persist } = this.#parts;
    return persist(context, "state", () =>
      options.store.countAttempt(context.lease, context.checkpoint.attempts),
    );
  }

  #say({ shardId, checkpoint }: ShardContext, attempts: number, size: number): void {
    this.#parts.options.log.warn(
      { shardId, after: checkpoint.sequenceNumber, attempts, size },
      "earlier processes ended while they worked on these records: going on in small steps to find the one",
    );
  }
}
