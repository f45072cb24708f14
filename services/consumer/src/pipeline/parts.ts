import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { hostname } from "node:os";
import type { Logger } from "pino";
import { type ConsumerConfig, secretsOf } from "../config/load.ts";
import type { ConsoleOverrides } from "../console/open.ts";
import { type Clock, steadyClock } from "../core/clock.ts";
import type { ShardTotals } from "../core/totals.ts";
import type { Alert, CauseFinder, NewTemplate } from "../core/types.ts";
import type { AlertGrouper } from "../group/alert-grouper.ts";
import type { TemplateMiner } from "../group/template-miner.ts";
import { createLog } from "../ops/log.ts";
import { Metrics } from "../ops/metrics.ts";
import { Troubles } from "../ops/troubles.ts";
import { ByteBudget } from "../read/budget.ts";
import { KinesisStream, type Stream } from "../read/client.ts";
import { useRules } from "../redact/redact.ts";
import { rulesOf } from "../redact/team-rules.ts";
import { objectStoreOf } from "../state/objects/open.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import { openStore } from "../state/open.ts";
import type { StateStore } from "../state/types.ts";
import { groupingOf } from "./grouping.ts";

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

export interface ConsumerOverrides {
  clock?: Clock;
  log?: Logger;
  store?: StateStore;
  objects?: ObjectStore;
  causes?: CauseFinder;
  /** For endpoints that take any, such as a local Kinesis. Default: AWS's usual sources. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** What the console shows and answers besides, where there is one. */
  console?: ConsoleOverrides;
}

/** What the consumer is put together from. */
export interface Parts extends Pick<ConsumerOverrides, "causes" | "credentials" | "console"> {
  readonly config: ConsumerConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly stream: Stream;
  readonly store: StateStore;
  readonly objects: ObjectStore;
  readonly miner: TemplateMiner;
  readonly grouper: AlertGrouper;
  readonly budget: ByteBudget;
  readonly metrics: Metrics;
  readonly troubles: Troubles;
  readonly events: EventEmitter<ConsumerEvents>;
  /** What this process is called in the state: unique among the processes and over restarts. */
  readonly owner: string;
}

/** Opens what the configuration names. @throws what opening the state throws */
export async function openParts(config: ConsumerConfig, overrides: ConsumerOverrides): Promise<Parts> {
  const { causes, credentials, console } = overrides;
  useRules(rulesOf(config.redaction));
  const log = overrides.log ?? createLog({ level: config.log.level, secrets: secretsOf(config) });
  const clock = steadyClock(overrides.clock);
  const objects = overrides.objects ?? objectStoreOf(config, credentials);
  const stream = new KinesisStream({ ...config.kinesis, region: config.region, credentials });
  let store: StateStore;
  try {
    store = overrides.store ?? (await openStore(config, credentials));
  } catch (error) {
    stream.close();
    throw error;
  }
  const { miner, grouper } = groupingOf(config, clock);
  const budget = new ByteBudget(config.limits.bufferedBytes);
  const events = new EventEmitter<ConsumerEvents>();
  return {
    config,
    causes,
    credentials,
    console,
    log,
    clock,
    stream,
    store,
    objects,
    miner,
    grouper,
    budget,
    metrics: new Metrics(clock, {
      templates: () => miner.size,
      bufferedBytes: () => budget.used,
      outbox: () => store.outbox.size(),
      incidentsWaiting: () => store.incidents.size(),
    }),
    troubles: new Troubles((what, text) => events.emit("trouble", { what, text })),
    events,
    owner: `${hostname()}-${randomUUID().slice(0, 8)}`,
  };
}
