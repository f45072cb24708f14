import { Bot } from "@cali/slack";
import type { Logger } from "pino";
import { ObjectCatalog } from "../cause/knowledge/object-catalog.ts";
import { SeededCatalog } from "../cause/knowledge/seed.ts";
import { Votes } from "../cause/knowledge/votes.ts";
import type { ConsumerConfig } from "../config/load.ts";
import type { Clock } from "../core/clock.ts";
import type { Alert, CauseAnswer } from "../core/types.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { Troubles } from "../ops/troubles.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import type { StateStore } from "../state/types.ts";
import { IncidentIndex } from "./incidents/incident-index.ts";
import { IncidentIndexer } from "./incidents/indexer.ts";
import { LogSender } from "./log-sender.ts";
import { routeOf } from "./routes.ts";
import { Acknowledgements } from "./slack/acknowledgements.ts";
import { ButtonListener } from "./slack/buttons/listener.ts";
import { botDestination, type Destination, showIncident, webhookDestination } from "./slack/destination.ts";
import { IncidentBoard } from "./slack/incident-board.ts";
import { LateCauses } from "./slack/late-causes.ts";
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
  /** Looks for the cause of an alert that was sent without it. Default: nobody does. */
  readonly findLate?: (alert: Alert) => Promise<CauseAnswer>;
}

/** What is at the other end of the senders instead of what is configured. */
export interface Sinks {
  readonly destinations: readonly Destination[];
  readonly index: Pick<IncidentIndex, "bulk">;
}

/** Where a sender sends, and what it knows of what was sent. */
interface To {
  /** Of a route's webhook; undefined: what no route has. */
  readonly name: string | undefined;
  readonly board: IncidentBoard;
  readonly bot: Bot | undefined;
  readonly acknowledgements: Acknowledgements;
}

/** What takes alerts out of the outboxes, as the configuration says: to Slack or else into the log, and into OpenSearch. */
export function openSenders(config: ConsumerConfig, parts: Parts, sinks?: Sinks): Sender[] {
  const indexer = incidentIndexer(config, parts, sinks?.index);
  const { routes } = config.slack;
  const routed = [...new Set(routes.map(({ webhook }) => webhook))];
  const bot = botOf(config);
  const acknowledgements = new Acknowledgements(parts.store.notes);
  const slack = [...routed, undefined].map((name) => {
    const board = boardOf(config, parts, name);
    return { board, sender: slackSender(config, parts, { name, board, bot, acknowledgements }, sinks) };
  });
  const buttons = buttonListener(config, parts, {
    bot,
    acknowledgements,
    boards: slack.map(({ board }) => board),
  });
  return [...slack.map(({ sender }) => sender), ...(buttons ?? []), ...(indexer ? [indexer] : [])];
}

const boardOf = ({ slack }: ConsumerConfig, { store, clock }: Parts, name = "default") =>
  new IncidentBoard({
    notes: store.notes,
    name,
    resolvedAfterMs: slack.resolvedAfterMs,
    now: () => clock.now(),
    lastLines: () => lastLines(store),
  });

function botOf({ slack }: ConsumerConfig): Bot | undefined {
  const { botToken, channel, timeoutMs, apiUrl } = slack;
  if (botToken === undefined || channel === undefined) return undefined;
  return new Bot({ token: botToken, channel, timeoutMs, ...(apiUrl && { apiUrl }) });
}

/** What does what people press, where there are a bot and an app-level token. */
function buttonListener(
  { slack, language }: ConsumerConfig,
  { store, objects, troubles, clock, log }: Parts,
  parts: {
    bot: Bot | undefined;
    acknowledgements: Acknowledgements;
    boards: readonly IncidentBoard[];
  },
): Sender[] | undefined {
  const { bot, acknowledgements, boards } = parts;
  const { appToken, buttonUsers, timeoutMs, apiUrl } = slack;
  if (bot === undefined || appToken === undefined) return undefined;
  const listener = new ButtonListener({
    appToken,
    bot,
    apiUrl,
    timeoutMs,
    objects,
    acknowledgements,
    votes: new Votes(store.notes, new SeededCatalog(new ObjectCatalog(objects))),
    users: buttonUsers,
    language,
    now: () => clock.now(),
    clock,
    log,
    showAcknowledged: async (incident) => {
      for (const board of boards) {
        await showIncident(bot, { board, acknowledgements, language, log }, incident);
      }
    },
    onTrouble: (text) => troubles.set("buttons", text),
  });
  return [listener];
}

/** What sends the alerts of a webhook's routes, or of none: each on its own, so that none waits for another webhook. */
function slackSender(config: ConsumerConfig, parts: Parts, to: To, sinks: Sinks | undefined): Sender {
  const { store, objects, metrics, troubles, log, clock, findLate: find } = parts;
  const { routes, paceMs, digestAbove, appToken } = config.slack;
  const { name, board, bot } = to;
  const takes = (alert: Alert) => routeOf(alert, routes) === name;
  const destinations = sinks?.destinations ?? destinationsOf(config, to, log);
  if (destinations.length === 0) {
    log.warn("no Slack webhook is configured: alerts go to this log alone");
    return new LogSender({ ...parts, outbox: store.outbox, takes });
  }
  return new SlackSender({
    destinations,
    board,
    lateCauses: find && new LateCauses({ notes: store.notes, name: name ?? "default", find, clock, log }),
    paceMs,
    digestAbove,
    outbox: store.outbox,
    takes,
    clock,
    log: name === undefined ? log : log.child({ webhook: name }),
    links: {
      ...config.links,
      language: config.language,
      buttons: bot !== undefined && appToken !== undefined,
    },
    onRefused: keepRefused(objects, metrics),
    onTrouble: (text) => troubles.set("slack", text, name),
    onDiverted: (text) => {
      if (text !== undefined) metrics.diverted.inc({ webhook: name ?? "default" });
      troubles.set("webhook", text, name);
    },
  });
}

/** A route's webhook, or the bot; then what takes their messages while they are refused. */
function destinationsOf(
  { slack, language }: ConsumerConfig,
  { name, bot, ...kept }: To,
  log: Logger,
): Destination[] {
  const { webhookUrl, fallbackWebhookUrl, webhooks, timeoutMs } = slack;
  const own = name === undefined ? undefined : webhooks[name];
  // The fallback alone is nowhere that alerts were meant to go.
  const isAnywhere = bot !== undefined || own !== undefined || webhookUrl !== undefined;
  const byWebhook = (urls: readonly (string | undefined)[]) =>
    [...new Set(urls)].flatMap((url) => (url === undefined ? [] : webhookDestination({ url, timeoutMs })));
  if (!isAnywhere) return [];
  return [
    ...byWebhook([own]),
    ...(bot === undefined ? [] : [botDestination(bot, { ...kept, language, log })]),
    ...byWebhook([webhookUrl, fallbackWebhookUrl].filter((url) => url !== own)),
  ];
}

/** When the last line of each group was logged, whichever replica read it. */
async function lastLines(store: StateStore): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, number>();
  for (const { checkpoint } of await store.shards()) {
    for (const { fingerprint, lastSeen } of await store.loadContributions(checkpoint.shardId))
      last.set(fingerprint, Math.max(lastSeen, last.get(fingerprint) ?? 0));
  }
  return last;
}

function incidentIndexer(
  { openSearch, region }: ConsumerConfig,
  parts: Parts,
  given: Sinks["index"] | undefined,
): IncidentIndexer | undefined {
  const { store, objects, metrics, troubles, clock, log, credentials } = parts;
  const { endpoint, batch, maxWaiting } = openSearch;
  if (endpoint === undefined) return undefined;
  return new IncidentIndexer({
    waiting: store.incidents,
    objects,
    index:
      given ?? new IncidentIndex({ ...openSearch, endpoint, region, ...(credentials && { credentials }) }),
    batch,
    maxWaiting,
    clock,
    log,
    onTrouble: (text) => troubles.set("incidents", text),
    onIndexed: (count) => metrics.incidents.inc({ result: "indexed" }, count),
    onRefused: (count) => metrics.incidents.inc({ result: "refused" }, count),
  });
}
