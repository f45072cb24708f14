import type { Logger } from "pino";
import type { ConsumerConfig } from "../config/load.ts";
import type { Clock } from "../core/clock.ts";
import type { Alert } from "../core/types.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { Troubles } from "../ops/troubles.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import type { StateStore } from "../state/types.ts";
import { IncidentIndex } from "./incidents/incident-index.ts";
import { IncidentIndexer } from "./incidents/indexer.ts";
import { LogSender } from "./log-sender.ts";
import { routeOf } from "./routes.ts";
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
  const { routes } = config.slack;
  const routed = [...new Set(routes.map(({ webhook }) => webhook))];
  return [...routed, undefined].map((name) => slackSender(config, parts, name)).concat(indexer ?? []);
}

/** What sends the alerts of a webhook's routes, or of none: each on its own, so that none waits for another webhook. */
function slackSender({ slack, links }: ConsumerConfig, parts: Parts, name: string | undefined): Sender {
  const { store, objects, metrics, troubles, log } = parts;
  const { webhookUrl, fallbackWebhookUrl, webhooks, routes, ...options } = slack;
  const takes = (alert: Alert) => routeOf(alert, routes) === name;
  const own = name === undefined ? undefined : webhooks[name];
  const [url, ...fallbackUrls] = [own, webhookUrl, fallbackWebhookUrl].filter((one) => one !== undefined);
  if (url === undefined || (name === undefined && webhookUrl === undefined)) {
    log.warn("no Slack webhook is configured: alerts go to this log alone");
    return new LogSender({ ...parts, outbox: store.outbox, takes });
  }
  return new SlackSender({
    ...options,
    url,
    fallbackUrls,
    outbox: store.outbox,
    takes,
    log: name === undefined ? log : log.child({ webhook: name }),
    links,
    onRefused: keepRefused(objects, metrics),
    onTrouble: (text) => troubles.set("slack", text, name),
    onDiverted: (text) => {
      if (text !== undefined) metrics.diverted.inc({ webhook: name ?? "default" });
      troubles.set("webhook", text, name);
    },
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
