import { EventEmitter } from "node:events";
import { pino } from "pino";
import type { ConsumerConfig } from "../src/config/load.ts";
import { steadyClock } from "../src/core/clock.ts";
import type { CauseFinder } from "../src/core/types.ts";
import { Notifier } from "../src/notify/notifier.ts";
import { openSenders, type Sinks } from "../src/notify/open.ts";
import { Metrics } from "../src/ops/metrics.ts";
import { Troubles } from "../src/ops/troubles.ts";
import { CountFollower } from "../src/pipeline/follow-counts.ts";
import { groupingOf } from "../src/pipeline/grouping.ts";
import type { Parts } from "../src/pipeline/parts.ts";
import type { Pipeline } from "../src/pipeline/pipeline.ts";
import { pipelineOf, streamReader } from "../src/pipeline/shard-readers.ts";
import { KclShardWork } from "../src/pipeline/shard-work.ts";
import { alertStages } from "../src/pipeline/stages.ts";
import { type Claim, claimStream, takeUpState } from "../src/pipeline/take-up-state.ts";
import { ByteBudget } from "../src/read/budget.ts";
import type { Stream } from "../src/read/client.ts";
import type { ShardWork } from "../src/read/kcl/conversation.ts";
import type { StreamReader } from "../src/read/stream-reader.ts";
import { Fence } from "../src/state/fence.ts";
import type { ObjectStore } from "../src/state/objects/types.ts";
import type { StateStore } from "../src/state/types.ts";
import { Daemon } from "./daemon.ts";
import type { LeasePort } from "./leases.ts";
import type { Life } from "./time.ts";

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

function partsOf(life: Life, config: ConsumerConfig, ports: Omit<ProcessPorts, "sinks">): Parts {
  const clock = steadyClock(life.clock());
  return {
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
}

/** What it has too much of; undefined: nothing. */
function excessOf({ budget, grouper, miner, config }: Parts): string | undefined {
  const { bufferedBytes, groups, templates } = config.limits;
  if (budget.used < 0 || budget.used > bufferedBytes) return `${budget.used} of ${bufferedBytes} bytes`;
  // What is let go is notified first.
  if (grouper.size > groups * 2) return `${grouper.size} groups of ${groups}`;
  if (miner.size > templates) return `${miner.size} templates of ${templates}`;
  return undefined;
}

/** What runs in a life: a process of the consumer, or a pod of KCL's. */
export interface Process {
  /** Runs until it is stopped. @throws what the start fails with, or what ends it */
  run(): Promise<void>;
  /** As on SIGTERM; once, however often it comes. */
  stop(): Promise<void>;
  /** Bytes that it holds of what it has read. */
  readonly heldBytes: number;
  /** What it has too much of; undefined: nothing. */
  readonly excess: string | undefined;
}

/** What each process of a pod is made of: its connections are its own. */
export interface WorkerPorts {
  readonly stream: Stream;
  readonly leases: LeasePort;
  readonly openPorts: () => Promise<Omit<ProcessPorts, "sinks">>;
  readonly tamper?: ((work: ShardWork) => ShardWork) | undefined;
}

/** A pod of engine `kcl`: the daemon, and a process for each of its shards. */
export class Workers implements Process {
  readonly #daemon: Daemon;
  readonly #parts: Parts[] = [];

  constructor(life: Life, config: ConsumerConfig, { stream, leases, openPorts, tamper }: WorkerPorts) {
    this.#daemon = new Daemon({
      config,
      clock: steadyClock(life.clock()),
      log: LOG,
      stream,
      leases,
      startWork: async () => {
        const parts = partsOf(life, config, await openPorts());
        this.#parts.push(parts);
        const work = new KclShardWork(parts, pipelineOf(parts, { isFollowed: true }), {
          isOurs: async (shardId) => (await leases.ownerOf(shardId)) === life.name,
          touch() {},
        });
        return tamper?.(work) ?? work;
      },
    });
  }

  get heldBytes(): number {
    return this.#parts.reduce((sum, { budget }) => sum + budget.used, 0);
  }

  get excess(): string | undefined {
    return this.#parts.map(excessOf).find((excess) => excess !== undefined);
  }

  run(): Promise<void> {
    return this.#daemon.run();
  }

  stop(): Promise<void> {
    return this.#daemon.stop();
  }
}

/**
 * A process of the consumer, which waits while another one has the state: its own parts, put together as `pipeline/consumer.ts` does,
 * without its HTTP server. As `notifier` it follows what workers count.
 */
export class Replica implements Process {
  readonly #parts: Parts;
  readonly #notifier: Notifier;
  readonly #fence: Fence;
  readonly #notifying = new AbortController();
  #claim: Claim = { firstReadAt: 0 };
  #pipeline: Pipeline | undefined;
  #stopped: Promise<void> | undefined;
  #reader: StreamReader | undefined;

  constructor(
    life: Life,
    config: ConsumerConfig,
    { sinks, ...ports }: ProcessPorts,
    role: "all" | "notifier" = "all",
  ) {
    const parts = partsOf(life, config, ports);
    this.#parts = parts;
    const isReading = role === "all";
    const stages = alertStages({ ...parts, causes: ports.causes, index: true });
    this.#notifier = new Notifier({ ...parts, stages });
    const senders = openSenders(config, { ...parts, findLate: (alert) => ports.causes.find(alert) }, sinks);
    this.#fence = new Fence({
      ...parts,
      leaseDurationMs: config.state.leaseDurationMs,
      waitsForShards: isReading,
      work: async (working, confirm) => {
        const notifying = AbortSignal.any([working, this.#notifying.signal]);
        const tasks = [this.#notifier.run(notifying), ...senders.map((sender) => sender.run(working))];
        await Promise.all([isReading ? this.#read(working, confirm) : this.#follow(notifying), ...tasks]);
      },
    });
  }

  get heldBytes(): number {
    return this.#parts.budget.used;
  }

  get excess(): string | undefined {
    return excessOf(this.#parts);
  }

  async run(): Promise<void> {
    this.#claim = await claimStream(this.#parts);
    await this.#fence.run();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { config, stream } = this.#parts;
    await takeUpState(this.#parts, this.#claim);
    await new CountFollower({
      ...this.#parts,
      listShards: async (until) => (await stream.shards(until)).map(({ shardId }) => shardId),
      discoveryIntervalMs: config.kinesis.discoveryIntervalMs,
    }).run(signal);
  }

  async #read(signal: AbortSignal, confirm: () => Promise<void>): Promise<void> {
    const { firstReadAt } = this.#claim;
    await takeUpState(this.#parts, this.#claim);
    this.#pipeline ??= pipelineOf(this.#parts);
    this.#reader = streamReader(this.#parts, { firstReadAt, confirm, pipeline: this.#pipeline });
    await this.#reader.run(signal);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#fence.waiting === undefined) {
      await this.#reader?.stop(GRACE_MS);
      this.#notifying.abort();
      await Promise.race([this.#notifier.flush().catch(() => undefined), clock.sleep(FLUSH_MS)]);
    }
    this.#notifying.abort();
    this.#fence.stop();
  }
}
