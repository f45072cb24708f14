import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { hostname } from "node:os";
import type { Logger } from "pino";
import { type OpenCauses, openCauses } from "../cause/knowledge/open.ts";
import { keepNewErrors } from "../cause/new-errors.ts";
import { type ConsumerConfig, type ConsumerConfigInput, parseConfig, secretsOf } from "../config/load.ts";
import { type Clock, sleep, steadyClock } from "../core/clock.ts";
import { addTotals, noTotals, type ShardTotals } from "../core/totals.ts";
import type { Alert, CauseFinder, NewTemplate } from "../core/types.ts";
import { keepDeadLetters } from "../decode/dead-letters.ts";
import { AlertGrouper } from "../group/alert-grouper.ts";
import { asNotified, TemplateMiner } from "../group/template-miner.ts";
import { openIndexer } from "../notify/incidents/open.ts";
import { LogSender } from "../notify/log-sender.ts";
import { Notifier } from "../notify/notifier.ts";
import { keepRefused } from "../notify/slack/refused.ts";
import { SlackSender } from "../notify/slack/sender.ts";
import { HttpServer } from "../ops/http.ts";
import { createLog } from "../ops/log.ts";
import { Metrics } from "../ops/metrics.ts";
import { Troubles } from "../ops/troubles.ts";
import { ByteBudget } from "../read/budget.ts";
import { KinesisStream, type StartPoint } from "../read/client.ts";
import { ShardCoordinator } from "../read/coordinator.ts";
import { identityOf } from "../read/identity.ts";
import { useRules } from "../redact/redact.ts";
import { rulesOf } from "../redact/team-rules.ts";
import { objectStoreOf } from "../state/objects/open.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import { openStore } from "../state/open.ts";
import { SenderElection } from "../state/sender-election.ts";
import type { StateStore } from "../state/types.ts";
import { Pipeline } from "./pipeline.ts";

export interface ConsumerEvents {
  /** A step of a shard is durable. `delta` is what it added. */
  commit: [{ shardId: string; delta: ShardTotals; behindMs: number }];
  /** A template that nobody had seen is kept. */
  newTemplate: [NewTemplate];
  /** An alert is in the outbox. */
  alert: [Alert];
  /** Something cannot be done now (`text`), or works again (no text). */
  trouble: [{ what: string; text: string | undefined }];
}

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

export interface ConsumerOverrides {
  clock?: Clock;
  log?: Logger;
  store?: StateStore;
  objects?: ObjectStore;
  causes?: CauseFinder;
  /** For endpoints that take any, such as a local Kinesis. Default: AWS's usual sources. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

export interface Consumer {
  readonly events: EventEmitter<ConsumerEvents>;
  /** Port of /healthz, /readyz and /metrics. */
  readonly port: number;
  counters(): Promise<ConsumerCounters>;
  /** What cannot be done right now. */
  troubles(): string[];
  /** Stops within 25 s: no more reads; batches in process end and are committed; due alerts leave; leases go back. */
  stop(): Promise<void>;
}

/** Grace of each step of a stop, ms; with the leases' release (4 s) and closing, 22 s at most. */
const BATCH_GRACE_MS = 10_000;
const FLUSH_GRACE_MS = 2_000;
const SEND_GRACE_MS = 5_000;

/**
 * Starts the consumer; resolves when it has opened its stores and begins to read.
 * @throws ConfigError, StateInUseError, StateCorruptError, StateVersionError, StateUnavailableError, StreamChangedError,
 * or what Kinesis says when the stream cannot be described
 */
export async function startConsumer(
  input: ConsumerConfigInput,
  overrides: ConsumerOverrides = {},
): Promise<Consumer> {
  const config = parseConfig(input);
  useRules(rulesOf(config.redaction));
  const log = overrides.log ?? createLog({ level: config.log.level, secrets: secretsOf(config) });
  const stream = new KinesisStream({
    ...config.kinesis,
    region: config.region,
    credentials: overrides.credentials,
  });
  let store: StateStore | undefined;
  try {
    store = overrides.store ?? (await openStore(config, overrides.credentials));
    const consumer = new RunningConsumer({ config, overrides, log, stream, store });
    await consumer.start();
    return consumer;
  } catch (error) {
    stream.close();
    await store?.close();
    throw error;
  }
}

interface Parts {
  config: ConsumerConfig;
  overrides: ConsumerOverrides;
  log: Logger;
  stream: KinesisStream;
  store: StateStore;
}

class RunningConsumer implements Consumer {
  readonly events = new EventEmitter<ConsumerEvents>();
  port = 0;
  readonly #parts: Parts;
  readonly #clock: Clock;
  readonly #objects: ObjectStore;
  readonly #miner: TemplateMiner;
  readonly #grouper: AlertGrouper;
  readonly #budget: ByteBudget;
  readonly #metrics: Metrics;
  readonly #troubles: Troubles;
  readonly #http: HttpServer;
  readonly #owner = `${hostname()}-${randomUUID().slice(0, 8)}`;
  readonly #notifying = new AbortController();
  readonly #knowing = new AbortController();
  #coordinator: ShardCoordinator | undefined;
  #notifier: Notifier | undefined;
  #sender: SenderElection | undefined;
  #running: Promise<unknown>[] = [];
  #crash: string | undefined;
  #alerts = 0;
  #suppressed = 0;
  #stopped: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { config, overrides, store } = parts;
    this.#parts = parts;
    this.#clock = steadyClock(overrides.clock);
    this.#objects = overrides.objects ?? objectStoreOf(config, overrides.credentials);
    this.#miner = new TemplateMiner({ maxTemplates: config.limits.templates });
    this.#grouper = new AlertGrouper({
      ...config.grouping,
      maxGroups: config.limits.groups,
      now: () => this.#clock.now(),
      describe: (fingerprint) => this.#miner.get(fingerprint),
    });
    this.#budget = new ByteBudget(config.limits.bufferedBytes);
    this.#metrics = new Metrics(this.#clock, {
      templates: () => this.#miner.size,
      bufferedBytes: () => this.#budget.used,
      outbox: () => store.outbox.size(),
      incidentsWaiting: () => store.incidents.size(),
    });
    this.#troubles = new Troubles((what, text) => this.events.emit("trouble", { what, text }));
    this.#http = new HttpServer({
      ...config.http,
      metrics: this.#metrics,
      unhealthy: () => this.#crash,
      notReady: () => [...this.#listing(), ...this.#troubles.blocking()],
    });
  }

  async start(): Promise<void> {
    const { config, stream, store, log } = this.#parts;
    const { firstReadAt } = await store.claimStream(await identityOf(stream, log), this.#clock.now());
    const groups = await store.loadGroups();
    this.#miner.restore(asNotified(await store.loadTemplates(), groups));
    this.#grouper.restore([], groups);
    this.#grouper.learnUntil(firstReadAt + config.grouping.learnForMs);
    this.port = await this.#http.listen();
    const freshStart: StartPoint =
      config.kinesis.initialPosition === "LATEST"
        ? // Not Kinesis' LATEST: after a crash before the first commit that would skip what came in between.
          { type: "AT_TIMESTAMP", timestamp: firstReadAt }
        : { type: "TRIM_HORIZON" };
    this.#coordinator = this.#makeCoordinator(freshStart);
    const { causes, run } = this.#openCauses();
    this.#notifier = this.#makeNotifier(causes);
    this.#sender = this.#makeSender();
    this.#running = [
      this.#watched("reading", this.#coordinator.run()),
      this.#watched("alerting", this.#notifier.run(this.#notifying.signal)),
      this.#watched("knowing", run(this.#knowing.signal)),
      this.#watched("sending", this.#sender.run()),
    ];
    log.info(
      { stream: stream.name, owner: this.#owner, port: this.port, firstReadAt },
      "the consumer has started",
    );
  }

  async counters(): Promise<ConsumerCounters> {
    const { store } = this.#parts;
    const states = await store.shards();
    return {
      totals: states.reduce((all, { checkpoint }) => addTotals(all, checkpoint.totals), noTotals()),
      alerts: this.#alerts,
      suppressed: this.#suppressed,
      templates: this.#miner.size,
      shards: this.#coordinator?.shardIds ?? [],
      lagMs: this.#metrics.lagMs(),
      outbox: await store.outbox.size(),
    };
  }

  troubles(): string[] {
    return [...this.#listing(), ...this.#troubles.list()];
  }

  /** Why the shards cannot be listed now. */
  #listing(): string[] {
    const text = this.#coordinator?.trouble;
    return text === undefined ? [] : [`shards: ${text}`];
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { store, stream, log } = this.#parts;
    log.info("stopping: batches in process are finished");
    await this.#coordinator?.stop(BATCH_GRACE_MS);
    this.#notifying.abort();
    const flushed = this.#notifier
      ?.flush()
      .catch((error: unknown) => log.warn({ err: error }, "due alerts wait"));
    await Promise.race([flushed, sleep(FLUSH_GRACE_MS)]);
    this.#knowing.abort();
    await this.#sendRest();
    this.#sender?.stop();
    await Promise.race([Promise.all(this.#running), sleep(FLUSH_GRACE_MS)]);
    await this.#http.close();
    await store.close();
    stream.close();
    log.info("stopped");
  }

  /** What does not leave in time stays in the state. */
  async #sendRest(): Promise<void> {
    const until = this.#clock.monotonic() + SEND_GRACE_MS;
    const isIndexing = this.#parts.config.openSearch.endpoint !== undefined;
    await Promise.all([
      this.#drain("slack", until),
      ...(isIndexing ? [this.#drain("incidents", until)] : []),
    ]);
  }

  async #drain(to: "slack" | "incidents", until: number): Promise<void> {
    const { store, log } = this.#parts;
    const box = to === "slack" ? store.outbox : store.incidents;
    let left = await box.size().catch(() => 0);
    while (left > 0 && this.#clock.monotonic() < until && !this.#troubles.has(to)) {
      await sleep(100);
      left = await box.size().catch(() => 0);
    }
    if (left > 0) log.warn({ left, to }, "what waits to be sent stays in the state until the next start");
  }

  #makeCoordinator(freshStart: StartPoint): ShardCoordinator {
    const { config, stream, store, log } = this.#parts;
    const pipeline = this.#makePipeline();
    return new ShardCoordinator({
      stream,
      store,
      owner: this.#owner,
      openShard: (lease, checkpoint) => pipeline.openShard(lease, checkpoint),
      freshStart,
      budget: this.#budget,
      limits: config.kinesis,
      discoveryIntervalMs: config.kinesis.discoveryIntervalMs,
      leaseDurationMs: config.state.leaseDurationMs,
      stallMs: config.limits.stallMs,
      clock: this.#clock,
      log,
      onRead: (shardId, read) => this.#metrics.onRead(shardId, read.behindMs),
      onTrouble: (shardId, text, kind) => {
        if (kind !== undefined) this.#metrics.readFailures.inc({ kind });
        this.#troubles.set("reading", text, shardId);
      },
      onRestart: () => this.#metrics.shardRestarts.inc(),
      onClosed: (shardId) => {
        this.#metrics.onClosed(shardId);
        this.#troubles.set("reading", undefined, shardId);
      },
      onEnded: async (shardId) => this.#grouper.restore(await store.loadContributions(shardId), []),
    });
  }

  #makePipeline(): Pipeline {
    const { config, store, stream, log } = this.#parts;
    return new Pipeline({
      store,
      miner: this.#miner,
      grouper: this.#grouper,
      keepRejected: (payloads) => keepDeadLetters(this.#objects, stream.name, payloads),
      keepNewTemplates: async (templates) => {
        await keepNewErrors(this.#objects, templates);
        for (const template of templates) this.events.emit("newTemplate", template);
      },
      maxDecodedBytes: config.limits.decodedBytes,
      timeZone: config.logs.timeZone,
      metrics: this.#metrics,
      clock: this.#clock,
      log,
      onCommit: (commit) => this.events.emit("commit", commit),
      onStoreTrouble: (shardId, text) => this.#troubles.set("committing", text, shardId),
    });
  }

  #makeNotifier(causes: CauseFinder): Notifier {
    const { config, store, log } = this.#parts;
    return new Notifier({
      grouper: this.#grouper,
      store,
      causes,
      index: config.openSearch.endpoint !== undefined,
      metrics: this.#metrics,
      clock: this.#clock,
      log,
      onAlert: (alert) => {
        this.#alerts++;
        this.#suppressed += alert.suppressed;
        this.events.emit("alert", alert);
      },
      onTrouble: (text) => this.#troubles.set("alerting", text),
    });
  }

  #openCauses(): OpenCauses {
    const { config, overrides, store, log } = this.#parts;
    if (overrides.causes) return { causes: overrides.causes, run: async () => {} };
    return openCauses(config, {
      store,
      objects: this.#objects,
      metrics: this.#metrics,
      clock: this.#clock,
      log,
      onTrouble: (what, text) => this.#troubles.set(what, text),
    });
  }

  #makeSender(): SenderElection {
    const { config, overrides, store, log } = this.#parts;
    const sender = this.#slackSender() ?? new LogSender({ outbox: store.outbox, clock: this.#clock, log });
    const indexer = openIndexer(config, {
      waiting: store.incidents,
      objects: this.#objects,
      metrics: this.#metrics,
      log,
      ...(overrides.credentials && { credentials: overrides.credentials }),
      onTrouble: (text) => this.#troubles.set("incidents", text),
    });
    return new SenderElection({
      store,
      owner: this.#owner,
      leaseDurationMs: config.state.leaseDurationMs,
      send: async (signal) => void (await Promise.all([sender.run(signal), indexer?.run(signal)])),
      clock: this.#clock,
      log,
    });
  }

  #slackSender(): SlackSender | undefined {
    const { config, store, log } = this.#parts;
    const { webhookUrl, fallbackWebhookUrl, ...slack } = config.slack;
    if (webhookUrl === undefined) {
      log.warn("no Slack webhook is configured: alerts go to this log alone");
      return undefined;
    }
    return new SlackSender({
      ...slack,
      url: webhookUrl,
      outbox: store.outbox,
      log,
      links: config.links,
      onRefused: keepRefused(this.#objects, this.#metrics),
      ...(fallbackWebhookUrl !== undefined && { fallbackUrl: fallbackWebhookUrl }),
      onTrouble: (text) => this.#troubles.set("slack", text),
      onDiverted: (text) => this.#troubles.set("webhook", text),
    });
  }

  /** None of these ends by itself; should one, the process is of no more use and says so. */
  async #watched(what: string, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#crash = `${what} has ended: ${(error as Error).message}`;
      this.#parts.log.fatal({ err: error }, this.#crash);
    }
  }
}
