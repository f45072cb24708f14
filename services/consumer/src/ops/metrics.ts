import type { Level } from "@cali/log-record";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Clock } from "../core/clock.ts";
import type { ShardTotals } from "../core/totals.ts";

/** `counts`: what workers have counted is taken over. `due`: alerts that are due are kept. */
type Look = "counts" | "due";

/** What Prometheus reads; all names start with `cali_consumer_`. Counters are since this process started. */
export class Metrics {
  readonly registry = new Registry();
  readonly #clock: Clock;
  /** When what has to be done again and again was last done. */
  readonly #lookedAt: Partial<Record<Look, number>>;
  readonly #shards = new Map<string, { behindMs: number; readAt: number; committedAt: number }>();

  readonly records = this.#counter(
    "records",
    "Payloads whose effects are durable, by result: valid, invalid",
    ["result"],
  );
  readonly levels = this.#counter("lines", "Valid lines whose effects are durable, by level", ["level"]);
  readonly alerts = this.#counter("alerts", "Alerts put into the outbox");
  readonly refusedAlerts = this.#counter(
    "refused_alerts",
    "Alerts that Slack refused as blocks and as text: nobody saw them, they are in refused_alerts/",
  );
  readonly diverted = this.#counter(
    "diverted_messages",
    "Messages that went to another webhook since their own is refused (403, 404, 410), by its name; default: the one of no route",
    ["webhook"],
  );
  readonly suppressed = this.#counter("suppressed", "Lines that were held back and counted in a later alert");
  readonly templates = this.#counter("new_templates", "Templates seen for the first time");
  readonly readFailures = this.#counter("read_failures", "Failed Kinesis calls, by kind", ["kind"]);
  readonly storeFailures = this.#counter("store_failures", "Failed writes that are tried again, by store", [
    "store",
  ]);
  readonly shardRestarts = this.#counter("shard_restarts", "Readers replaced: stalled or failed");
  readonly poisoned = this.#counter(
    "poison_records",
    "Records that could not be processed and went to the dlq",
  );
  readonly repeated = this.#counter(
    "repeats",
    "Logs that were sent again (the same source_id) and not counted again",
  );
  readonly deadLetterAlerts = this.#counter(
    "dead_letter_alerts",
    "Times that a service's dead letters passed 5 % (at least 20) within five minutes",
  );
  readonly incidents = this.#counter(
    "incidents",
    "Incidents that OpenSearch took or will never take, by result: indexed, refused",
    ["result"],
  );
  readonly causes = this.#counter(
    "causes",
    "Alerts by what knew their cause: hash (the same template), signature, vector (a similar one), llm, none",
    ["tier"],
  );
  readonly modelCalls = this.#counter(
    "llm_calls",
    "Calls of the language model and what was refused instead (breaker, budget), by result",
    ["result"],
  );
  readonly modelTokens = this.#counter(
    "llm_tokens",
    "Tokens of the language model, by direction: input, output",
    ["direction"],
  );
  readonly modelUsd = this.#counter(
    "llm_cost_usd",
    "What the language model's tokens cost by the configured prices, USD",
  );

  /** @param gauges are asked when Prometheus asks. */
  constructor(
    clock: Clock,
    gauges: {
      templates(): number;
      bufferedBytes(): number;
      outbox(): Promise<number>;
      incidentsWaiting(): Promise<number>;
    },
  ) {
    this.#clock = clock;
    this.#lookedAt = { due: clock.monotonic() };
    const gauge = (
      name: string,
      help: string,
      value: () => number | Promise<number>,
      // Of several processes.
      aggregator: "sum" | "max" = "sum",
    ) =>
      new Gauge({
        aggregator,
        name: `cali_consumer_${name}`,
        help,
        registers: [this.registry],
        async collect() {
          this.set(await value());
        },
      });
    gauge("shards", "Shards that this process reads", () => this.#shards.size);
    gauge(
      "lag_milliseconds",
      "How far the slowest shard is behind the newest record",
      () => this.lagMs(),
      "max",
    );
    gauge(
      "checkpoint_age_seconds",
      "Time since the shard that waits longest committed, 0 when caught up",
      () => this.#checkpointAge(),
      "max",
    );
    gauge(
      "notified_age_seconds",
      "Time since all counts were looked at and every alert that was due was kept; grows in a process that waits for another one",
      () => this.#notifiedAge(),
      "max",
    );
    gauge("templates", "Templates known", gauges.templates, "max");
    gauge("buffered_bytes", "Bytes of records read and not yet committed", gauges.bufferedBytes);
    gauge("outbox_size", "Alerts that wait for Slack", gauges.outbox);
    gauge("incidents_waiting", "Incidents in the state that wait for OpenSearch", gauges.incidentsWaiting);
    collectDefaultMetrics({ register: this.registry, prefix: "cali_consumer_" });
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[] = []): Counter<T> {
    return new Counter({ name: `cali_consumer_${name}_total`, help, labelNames, registers: [this.registry] });
  }

  onRead(shardId: string, behindMs: number): void {
    const now = this.#clock.monotonic();
    const shard = this.#shards.get(shardId);
    this.#shards.set(shardId, { behindMs, readAt: now, committedAt: shard?.committedAt ?? now });
  }

  /** The counts were taken over, or what was due was kept. Whoever calls it once has to go on. */
  onLook(what: Look): void {
    this.#lookedAt[what] = this.#clock.monotonic();
  }

  onCommit(shardId: string, delta: ShardTotals): void {
    const shard = this.#shards.get(shardId);
    if (shard) shard.committedAt = this.#clock.monotonic();
    if (delta.valid > 0) this.records.inc({ result: "valid" }, delta.valid);
    if (delta.invalid > 0) this.records.inc({ result: "invalid" }, delta.invalid);
    for (const [level, count] of Object.entries(delta.byLevel) as [Level, number][])
      this.levels.inc({ level }, count);
  }

  /** A call of the language model ended, or was refused before it was made. */
  onModelCall(result: string, { input, output }: { input: number; output: number }, usd: number): void {
    this.modelCalls.inc({ result });
    if (input > 0) this.modelTokens.inc({ direction: "input" }, input);
    if (output > 0) this.modelTokens.inc({ direction: "output" }, output);
    if (usd > 0) this.modelUsd.inc(usd);
  }

  onClosed(shardId: string): void {
    this.#shards.delete(shardId);
  }

  /** ms behind the newest record, of the slowest shard; grows while a shard cannot be read. */
  lagMs(): number {
    const now = this.#clock.monotonic();
    // A poll's pause is no lag.
    const lags = [...this.#shards.values()].map(({ behindMs, readAt }) => {
      const silent = now - readAt;
      return behindMs + (silent > 5_000 ? silent : 0);
    });
    return Math.round(Math.max(0, ...lags));
  }

  #notifiedAge(): number {
    return (this.#clock.monotonic() - Math.min(...Object.values(this.#lookedAt))) / 1000;
  }

  #checkpointAge(): number {
    const now = this.#clock.monotonic();
    const ages = [...this.#shards.values()].map(({ behindMs, committedAt }) =>
      behindMs === 0 ? 0 : (now - committedAt) / 1000,
    );
    return Math.max(0, ...ages);
  }
}
