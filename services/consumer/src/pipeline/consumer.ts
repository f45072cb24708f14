import type { EventEmitter } from "node:events";
import { messageOf } from "@cali/base";
import { type OpenCauses, openCauses } from "../cause/knowledge/open.ts";
import { type ConsumerConfigInput, parseConfig } from "../config/load.ts";
import { type OpenConsole, openConsole } from "../console/open.ts";
import type { ShardTotals } from "../core/totals.ts";
import type { CauseFinder } from "../core/types.ts";
import { Notifier } from "../notify/notifier.ts";
import { openSenders } from "../notify/open.ts";
import { SilenceReader } from "../notify/silences.ts";
import { HttpServer } from "../ops/http.ts";
import type { StreamReader } from "../read/stream-reader.ts";
import { Fence } from "../state/fence.ts";
import { CountFollower } from "./follow-counts.ts";
import { type ConsumerEvents, type ConsumerOverrides, openParts, type Parts } from "./parts.ts";
import type { Pipeline } from "./pipeline.ts";
import { pipelineOf, streamReader } from "./shard-readers.ts";
import { alertStages } from "./stages.ts";
import { type Claim, claimStream, takeUpState } from "./take-up-state.ts";

/** What a live view shows. */
export interface ConsumerCounters {
  /** Since the state was made, over restarts. */
  totals: ShardTotals;
  /** Since this process started. */
  alerts: number;
  suppressed: number;
  /** Templates known. */
  templates: number;
  shards: string[];
  /** ms behind the newest record. */
  lagMs: number;
  /** Alerts that wait for Slack. */
  outbox: number;
}

export interface Consumer {
  readonly events: EventEmitter<ConsumerEvents>;
  /** Port of /healthz, /readyz and /metrics. */
  readonly port: number;
  /** Nothing: none is configured. */
  readonly console: Pick<OpenConsole, "url" | "feed"> | undefined;
  counters(): Promise<ConsumerCounters>;
  /** What cannot be done right now. */
  troubles(): string[];
  /** Stops within 25 s: no more reads; batches in process end and are committed; due alerts leave; the state is given back. */
  stop(): Promise<void>;
}

/** Grace of each step of a stop, ms; with the shards' release (4 s) and closing, 22 s at most. */
const BATCH_GRACE_MS = 10_000;
const FLUSH_GRACE_MS = 2_000;
const SEND_GRACE_MS = 5_000;

/**
 * Starts the consumer; resolves when it has opened its stores. It reads once no other process works on the state: until then it waits,
 * and `troubles` and /readyz say for whom.
 * @throws ConfigError, StateInUseError, StateCorruptError, StateVersionError, StateUnavailableError, StreamChangedError,
 * or what Kinesis says when the stream cannot be described
 */
export function startConsumer(
  input: ConsumerConfigInput,
  overrides: ConsumerOverrides = {},
): Promise<Consumer> {
  return start(input, overrides, "all");
}

/**
 * Starts what notifies of the counts that KCL's workers keep in the state; one at a time, another one waits.
 * @throws as `startConsumer`
 */
export function startNotifier(
  input: ConsumerConfigInput,
  overrides: ConsumerOverrides = {},
): Promise<Consumer> {
  return start(input, overrides, "notifier");
}

/** `all`: it reads the stream itself. `notifier`: it takes over what others have counted. */
type Role = "all" | "notifier";

async function start(
  input: ConsumerConfigInput,
  overrides: ConsumerOverrides,
  role: Role,
): Promise<Consumer> {
  const parts = await openParts(parseConfig(input), overrides);
  try {
    const consumer = new RunningConsumer(parts, role, await claimStream(parts));
    await consumer.start();
    return consumer;
  } catch (error) {
    parts.stream.close();
    await parts.store.close();
    throw error;
  }
}

class RunningConsumer implements Consumer {
  readonly events: EventEmitter<ConsumerEvents>;
  port = 0;
  readonly #parts: Parts;
  readonly #role: Role;
  readonly #claim: Claim;
  readonly #http: HttpServer;
  readonly #notifying = new AbortController();
  readonly #knowing = new AbortController();
  #console: OpenConsole | undefined;
  readonly #notifier: Notifier;
  readonly #fence: Fence;
  readonly #know: OpenCauses["run"];
  /** One for as long as this process lives, as the templates are: it knows which of them no commit holds. */
  #pipeline: Pipeline | undefined;
  #reader: StreamReader | undefined;
  #running: Promise<unknown>[] = [];
  #crash: string | undefined;
  #alerts = 0;
  #suppressed = 0;
  #stopped: Promise<void> | undefined;

  constructor(parts: Parts, role: Role, claim: Claim) {
    this.#parts = parts;
    this.#role = role;
    this.#claim = claim;
    // From its start on: one that never takes them over is as silent.
    if (role === "notifier") parts.metrics.onLook("counts");
    this.events = parts.events;
    this.#http = new HttpServer({
      ...parts.config.http,
      metrics: () => parts.metrics.registry.metrics(),
      unhealthy: () => this.#crash,
      notReady: () => [...this.#waitsFor(), ...parts.troubles.blocking()],
    });
    const { causes, run } = this.#openCauses();
    this.#know = run;
    this.#notifier = this.#makeNotifier(causes);
    this.#fence = this.#makeFence(causes);
  }

  async start(): Promise<void> {
    const { stream, log, owner } = this.#parts;
    this.port = await this.#http.listen();
    this.#console = await openConsole(this.#parts);
    this.#running = [
      this.#watched("silencing", this.#makeSilences().run(this.#notifying.signal)),
      this.#watched("knowing", this.#know(this.#knowing.signal)),
      this.#watched("working", this.#fence.run()),
    ];
    log.info({ stream: stream.name, owner, port: this.port }, "the consumer has started");
  }

  get console(): OpenConsole | undefined {
    return this.#console;
  }

  async counters(): Promise<ConsumerCounters> {
    const { store, miner, metrics } = this.#parts;
    return {
      totals: await store.totals(),
      alerts: this.#alerts,
      suppressed: this.#suppressed,
      templates: miner.size,
      shards: this.#reader?.shardIds ?? [],
      lagMs: metrics.lagMs(),
      outbox: await store.outbox.size(),
    };
  }

  troubles(): string[] {
    return [...this.#waitsFor(), ...this.#parts.troubles.list()];
  }

  /** Why no shard is read now. */
  #waitsFor(): string[] {
    const { waiting } = this.#fence;
    if (waiting !== undefined) return [waiting];
    const text = this.#reader?.trouble;
    return text === undefined ? [] : [`shards: ${text}`];
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { store, stream, clock, log } = this.#parts;
    log.info("stopping: batches in process are finished");
    if (this.#fence.waiting === undefined) await this.#endWork();
    this.#notifying.abort();
    this.#knowing.abort();
    this.#fence.stop();
    await Promise.race([Promise.all(this.#running), clock.sleep(FLUSH_GRACE_MS)]);
    await this.#console?.close();
    await this.#http.close();
    await store.close();
    stream.close();
    log.info("stopped");
  }

  async #endWork(): Promise<void> {
    const { clock, log } = this.#parts;
    await this.#reader?.stop(BATCH_GRACE_MS);
    this.#notifying.abort();
    const flushed = this.#notifier
      .flush()
      .catch((error: unknown) => log.warn({ err: error }, "due alerts wait"));
    await Promise.race([flushed, clock.sleep(FLUSH_GRACE_MS)]);
    this.#knowing.abort();
    await this.#sendRest();
  }

  /** What does not leave in time stays in the state. */
  async #sendRest(): Promise<void> {
    const until = this.#parts.clock.monotonic() + SEND_GRACE_MS;
    const isIndexing = this.#parts.config.openSearch.endpoint !== undefined;
    await Promise.all([
      this.#drain("slack", until),
      ...(isIndexing ? [this.#drain("incidents", until)] : []),
    ]);
  }

  async #drain(to: "slack" | "incidents", until: number): Promise<void> {
    const { store, troubles, clock, log } = this.#parts;
    const box = to === "slack" ? store.outbox : store.incidents;
    let left = await box.size().catch(() => 0);
    while (left > 0 && clock.monotonic() < until && !troubles.has(to)) {
      await clock.sleep(100);
      left = await box.size().catch(() => 0);
    }
    if (left > 0) log.warn({ left, to }, "what waits to be sent stays in the state until the next start");
  }

  #openCauses(): OpenCauses {
    const { config, causes, troubles } = this.#parts;
    if (causes) return { causes, run: async () => {} };
    return openCauses(config, { ...this.#parts, onTrouble: (what, text) => troubles.set(what, text) });
  }

  #makeNotifier(causes: CauseFinder): Notifier {
    const { config, troubles, metrics } = this.#parts;
    const stages = alertStages({
      ...this.#parts,
      causes,
      index: config.openSearch.endpoint !== undefined,
      onAlert: (alert) => {
        this.#alerts++;
        this.#suppressed += alert.suppressed;
        this.#console?.alert(alert);
        this.events.emit("alert", alert);
      },
    });
    return new Notifier({
      ...this.#parts,
      stages,
      onTrouble: (text) => troubles.set("alerting", text),
      onLook: () => metrics.onLook("due"),
    });
  }

  #makeSilences(): SilenceReader {
    return new SilenceReader({ ...this.#parts, refreshMs: this.#parts.config.grouping.silencesRefreshMs });
  }

  /** Reads the stream; what was counted before is taken up with each shard. */
  async #read(signal: AbortSignal, confirm: () => Promise<void>): Promise<void> {
    const { firstReadAt } = this.#claim;
    await takeUpState(this.#parts, this.#claim);
    this.#pipeline ??= pipelineOf(this.#parts, { watcher: this.#console?.feed });
    this.#reader = streamReader(this.#parts, { firstReadAt, confirm, pipeline: this.#pipeline });
    await this.#reader.run(signal);
  }

  /** Takes over the counts of all shards, from the beginning: another notifier may have been at work since this one last was. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { config, stream, troubles, metrics } = this.#parts;
    await takeUpState(this.#parts, this.#claim);
    await new CountFollower({
      ...this.#parts,
      listShards: async (until) => (await stream.shards(until)).map(({ shardId }) => shardId),
      discoveryIntervalMs: config.kinesis.discoveryIntervalMs,
      onTrouble: (text) => troubles.set("reading", text),
      onLook: () => metrics.onLook("counts"),
    }).run(signal);
  }

  /** Guards all that one process at a time does. */
  #makeFence(causes: CauseFinder): Fence {
    const { config, miner } = this.#parts;
    const isReading = this.#role === "all";
    const senders = openSenders(config, {
      ...this.#parts,
      findLate: (alert) => causes.find(alert, miner.get(alert.fingerprint)?.template, { isAgain: true }),
    });
    return new Fence({
      ...this.#parts,
      leaseDurationMs: config.state.leaseDurationMs,
      waitsForShards: isReading,
      work: async (working, confirm) => {
        const notifying = AbortSignal.any([working, this.#notifying.signal]);
        await Promise.all([
          isReading ? this.#read(working, confirm) : this.#follow(notifying),
          this.#notifier.run(notifying),
          ...senders.map((sender) => sender.run(working)),
        ]);
      },
    });
  }

  /** None of these ends by itself; should one, the process is of no more use and says so. */
  async #watched(what: string, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#crash = `${what} has ended: ${messageOf(error)}`;
      this.#parts.log.fatal({ err: error }, this.#crash);
    }
  }
}
