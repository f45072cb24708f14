import { EventEmitter } from "node:events";
import { pino } from "pino";
import type { ConsumerConfig } from "../src/config/load.ts";
import { steadyClock } from "../src/core/clock.ts";
import type { CauseFinder } from "../src/core/types.ts";
import { Notifier } from "../src/notify/notifier.ts";
import { openSenders, type Sinks } from "../src/notify/open.ts";
import { Metrics } from "../src/ops/metrics.ts";
import { Troubles } from "../src/ops/troubles.ts";
import { groupingOf } from "../src/pipeline/grouping.ts";
import type { Parts } from "../src/pipeline/parts.ts";
import { shardReaders } from "../src/pipeline/shard-readers.ts";
import { alertStages } from "../src/pipeline/stages.ts";
import { takeUpState } from "../src/pipeline/take-up-state.ts";
import { ByteBudget } from "../src/read/budget.ts";
import type { Stream } from "../src/read/client.ts";
import type { ObjectStore } from "../src/state/objects/types.ts";
import { SenderElection } from "../src/state/sender-election.ts";
import type { StateStore } from "../src/state/types.ts";
import type { Life } from "./time.ts";

/** What reads the stream's shards and takes their records through the stages. */
interface Engine {
  run(): Promise<void>;
  /** Stops reading, and gives batches in process so long to end, ms. */
  stop(graceMs: number): Promise<void>;
}

/** The consumer's engine: leases in the state. */
const engineOf = (parts: Parts): Engine => shardReaders(parts, { type: "TRIM_HORIZON" });

/** What one process has to do with. */
export interface ProcessPorts {
  readonly stream: Stream;
  readonly store: StateStore;
  readonly objects: ObjectStore;
  readonly sinks: Sinks;
  readonly causes: CauseFinder;
}

const GRACE_MS = 10_000;
const FLUSH_MS = 2_000;

/** Nobody reads them here, and each set of them looks at Node.js itself: one is enough. */
const METRICS = new Metrics(
  { now: () => 0, monotonic: () => 0, sleep: async () => undefined, random: () => 0 },
  { templates: () => 0, bufferedBytes: () => 0, outbox: async () => 0, incidentsWaiting: async () => 0 },
);
const LOG = pino({ level: "silent" });

/** One replica of the consumer: its own parts, put together as `pipeline/consumer.ts` does, without its HTTP server. */
export class Replica {
  readonly #parts: Parts;
  readonly #engine: Engine;
  readonly #notifier: Notifier;
  readonly #election: SenderElection;
  readonly #notifying = new AbortController();

  constructor(life: Life, config: ConsumerConfig, { sinks, ...ports }: ProcessPorts) {
    const clock = steadyClock(life.clock());
    const parts: Parts = {
      ...ports,
      config,
      clock,
      log: LOG,
      ...groupingOf(config, clock),
      budget: new ByteBudget(config.limits.bufferedBytes),
      metrics: METRICS,
      troubles: new Troubles(() => undefined),
      events: new EventEmitter(),
      owner: life.name,
    };
    this.#parts = parts;
    this.#engine = engineOf(parts);
    const stages = alertStages({ ...parts, causes: ports.causes, index: true });
    this.#notifier = new Notifier({ ...parts, stages });
    const senders = openSenders(config, { ...parts, findLate: (alert) => ports.causes.find(alert) }, sinks);
    this.#election = new SenderElection({
      ...parts,
      leaseDurationMs: config.state.leaseDurationMs,
      send: async (signal) => void (await Promise.all(senders.map((sender) => sender.run(signal)))),
    });
  }

  /** Bytes that it holds of what it has read. */
  get heldBytes(): number {
    return this.#parts.budget.used;
  }

  /** What it has too much of; undefined: nothing. */
  get excess(): string | undefined {
    const { budget, grouper, miner, config } = this.#parts;
    const { bufferedBytes, groups, templates } = config.limits;
    if (budget.used < 0 || budget.used > bufferedBytes) return `${budget.used} of ${bufferedBytes} bytes`;
    // What is let go is notified first.
    if (grouper.size > groups * 2) return `${grouper.size} groups of ${groups}`;
    if (miner.size > templates) return `${miner.size} templates of ${templates}`;
    return undefined;
  }

  /** Runs until it is stopped. @throws what the start fails with, or what ends it */
  async run(): Promise<void> {
    await takeUpState(this.#parts);
    await Promise.all([this.#engine.run(), this.#notifier.run(this.#notifying.signal), this.#election.run()]);
  }

  /** As on SIGTERM. */
  async stop(): Promise<void> {
    const { clock } = this.#parts;
    await this.#engine.stop(GRACE_MS);
    this.#notifying.abort();
    await Promise.race([this.#notifier.flush().catch(() => undefined), clock.sleep(FLUSH_MS)]);
    this.#election.stop();
  }
}
