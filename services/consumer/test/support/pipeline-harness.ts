import { pino } from "pino";
import { systemClock } from "../../src/core/clock.ts";
import { noTotals } from "../../src/core/totals.ts";
import type { Contribution } from "../../src/core/types.ts";
import type { RejectedPayload } from "../../src/decode/dead-letters.ts";
import { AlertGrouper } from "../../src/group/alert-grouper.ts";
import { TemplateMiner } from "../../src/group/template-miner.ts";
import { Metrics } from "../../src/ops/metrics.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { BatchCommit, Checkpoint, StateStore } from "../../src/state/types.ts";
import { MemoryNotes } from "./memory-notes.ts";
import { logRecord } from "./records.ts";

export const LEASE = { shardId: "s", owner: "me", epoch: 1, heartbeat: 1 };
const FRESH: Checkpoint = { shardId: "s", ended: false, totals: noTotals(), attempts: 0 };

export const infoLine = () => JSON.stringify(logRecord());
export const errorLine = (message = "disk is full") => JSON.stringify(logRecord({ level: "ERROR", message }));

/** A pipeline whose stores are in memory, fail when the test says so, and note what is written in which order. */
export class PipelineHarness {
  /** What was written, in order: `letters 2`, `templates disk is full`, `commit 5`, `attempt`. */
  done: string[] = [];
  readonly commits: BatchCommit[] = [];
  readonly letters: RejectedPayload[] = [];
  readonly troubles: (string | undefined)[] = [];
  /** What `onCommit` was called with. */
  readonly reported: unknown[] = [];
  /** Lines of the log. */
  readonly said: { level: number; msg: string; [key: string]: unknown }[] = [];
  /** How often the watchdog was shown that a step is alive. */
  touched = 0;
  /** What the next writes fail with, in turn. */
  failures: Error[] = [];
  /** Called when a write fails. */
  onFailure = () => {};
  /** What the store has counted of processes that ended on the first batch. */
  attempts = 1;
  /** What the store holds of the shard. */
  contributions: Contribution[] = [];
  readonly signal = new AbortController();
  readonly miner = new TemplateMiner();
  readonly grouper = new AlertGrouper({ now: () => 0 });
  readonly metrics = new Metrics(systemClock, {
    templates: () => 0,
    bufferedBytes: () => 0,
    outbox: async () => 0,
    incidentsWaiting: async () => 0,
  });
  readonly notes = new MemoryNotes();
  readonly #store = {
    countAttempt: async () => {
      await this.#write("attempt");
      return this.attempts;
    },
    commitBatch: async (commit: BatchCommit) => {
      await this.#write(`commit ${commit.checkpoint.sequenceNumber ?? "nothing"}`);
      this.commits.push(structuredClone(commit));
    },
    loadContributions: async () => this.contributions,
    notes: this.notes,
  } as unknown as StateStore;

  /** The shard `s`, with a `take` that brings it records of these texts, numbered from `first` on. */
  async open(over: Partial<Checkpoint> = {}, lease = LEASE) {
    const pipeline = new Pipeline({
      store: this.#store,
      miner: this.miner,
      grouper: this.grouper,
      keepRejected: async (rejected) => {
        await this.#write(`letters ${rejected.length}`);
        this.letters.push(...rejected);
      },
      keepNewTemplates: (templates) =>
        this.#write(`templates ${templates.map(({ template }) => template).join()}`),
      maxDecodedBytes: 1024 * 1024,
      metrics: this.metrics,
      clock: systemClock,
      log: pino({}, { write: (line: string) => void this.said.push(JSON.parse(line)) }),
      onCommit: (commit) => void this.reported.push(commit),
      onStoreTrouble: (_, text) => void this.troubles.push(text),
    });
    const shard = await pipeline.openShard(lease, { ...FRESH, ...over });
    return Object.assign(shard, {
      take: (datas: readonly string[], { first = 1, last = false } = {}) => {
        const records = datas.map((data, place) => ({
          sequenceNumber: String(first + place),
          arrivedAt: 7,
          data: Buffer.from(data),
        }));
        const touch = () => void this.touched++;
        return shard.process({ records, last, behindMs: 12 }, this.signal.signal, touch);
      },
    });
  }

  async #write(what: string): Promise<void> {
    const failure = this.failures.shift();
    this.done.push(failure ? `${what} failed` : what);
    if (!failure) return;
    this.onFailure();
    throw failure;
  }
}

/** The sum of a counter over its labels. */
export const counted = async (counter: Metrics["poisoned"]) =>
  (await counter.get()).values.reduce((sum, { value }) => sum + value, 0);
