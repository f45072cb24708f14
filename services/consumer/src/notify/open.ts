import type { Logger } from "pino";
import type { ConsumerConfig } from "../config/load.ts";
import type { Clock } from "../core/clock.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { Troubles } from "../ops/troubles.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import type { StateStore } from "../state/types.ts";
import { IncidentIndex } from "./incidents/incident-index.ts";
import { IncidentIndexer } from "./incidents/indexer.ts";
import { LogSender } from "./log-sender.ts";
import { keepRefused } from "./slack/refused.ts";
import { SlackSender } from "./slack/sender.ts";

/** Sends what is in an outbox until `signal` aborts. */
interface Sender {
  run(signal: AbortSignal): Promise<void>;
}

interface Parts {
  readonly store: StateStore;
  readonly objects: ObjectStore;
  readonly metrics: Metrics;
  readonly troubles: Troubles;
  readonly clock: Clock;
  readonly log: Logger;
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** What takes alerts out of the outboxes, as the configuration says: to Slack or else into the log, and into OpenSearch. */
export function openSenders(config: ConsumerConfig, parts: Parts): Sender[] {
  const indexer = incidentIndexer(config, parts);
  return [
    slackSender(config, parts) ?? new LogSender({ ...parts, outbox: parts.store.outbox }),
    ...(indexer ? [indexer] : []),
  ];
}

function slackSender({ slack, links }: ConsumerConfig, parts: Parts): SlackSender | undefined {
  const { store, objects, metrics, troubles, log } = parts;
  const { webhookUrl, fallbackWebhookUrl, ...options } = slack;
  if (webhookUrl === undefined) {
    log.warn("no Slack webhook is configured: alerts go to this log alone");
    return undefined;
  }
  return new SlackSender({
    ...options,
    url: webhookUrl,
    outbox: store.outbox,
    log,
    links,
    onRefused: keepRefused(objects, metrics),
    ...(fallbackWebhookUrl !== undefined && { fallbackUrl: fallbackWebhookUrl }),
    onTrouble: (text) => troubles.set("slack", text),
    onDiverted: (text) => troubles.set("webhook", text),
  });
}

function incidentIndexer({ openSearch, region }: ConsumerConfig, parts: Parts): IncidentIndexer | undefined {
  const { store, objects, metrics, troubles, log, credentials } = parts;
  const { endpoint, batch, maxWaiting } = openSearch;
  if (endpoint === undefined) return undefined;
  return new IncidentIndexer({
    waiting: store.incidents,
    objects,
    index: new IncidentIndex({ ...openSearch, endpoint, region, ...(credentials && { credentials }) }),
    batch,
    maxWaiting,
    log,
    onTrouble: (text) => troubles.set("incidents", text),
    onIndexed: (count) => metrics.incidents.inc({ result: "indexed" }, count),
    onRefused: (count) => metrics.incidents.inc({ result: "refused" }, count),
  });
}
