import { type Console, type ConsoleOptions, Feed, startConsole } from "@cali/console";
import type { Logger } from "pino";
import { z } from "zod";
import { ObjectCatalog } from "../cause/knowledge/object-catalog.ts";
import { SeededCatalog } from "../cause/knowledge/seed.ts";
import { Votes } from "../cause/knowledge/votes.ts";
import type { ConsumerConfig } from "../config/load.ts";
import type { Clock } from "../core/clock.ts";
import type { Alert } from "../core/types.ts";
import type { TemplateMiner } from "../group/template-miner.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { Troubles } from "../ops/troubles.ts";
import { redact } from "../redact/redact.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import type { StateStore } from "../state/types.ts";
import { messageIn } from "./message.ts";
import { tryLines } from "./try-line.ts";

/** What a program that holds a consumer may want of its console besides. */
export type ConsoleOverrides = Partial<Pick<ConsoleOptions, "views" | "asks" | "tellsToken">>;

export interface ConsoleParts {
  readonly config: ConsumerConfig;
  readonly store: StateStore;
  readonly objects: ObjectStore;
  readonly miner: TemplateMiner;
  readonly metrics: Metrics;
  readonly troubles: Troubles;
  readonly clock: Clock;
  readonly log: Logger;
  readonly console?: ConsoleOverrides;
}

/** The console beside a consumer. */
export interface OpenConsole {
  readonly url: string;
  readonly feed: Feed;
  alert(alert: Alert): void;
  close(): Promise<void>;
}

const voteSchema = z.object({
  entry: z.string().regex(/^[0-9a-f]{16}$/),
  vote: z.enum(["confirmed", "rejected"]),
});
/** All who use the page are one voter. */
const VOTER = "console";

/** Starts the console's page, where a port is configured. A console that cannot start says so in the log: the consumer goes on. */
export async function openConsole(parts: ConsoleParts): Promise<OpenConsole | undefined> {
  const { config, metrics, miner, troubles, clock, log } = parts;
  const { port } = config.console;
  if (port === undefined) return undefined;
  let console: Console;
  try {
    console = await startConsole({ views: ["live"], ...optionsOf(parts), port });
  } catch (error) {
    log.error({ err: error, port }, "the console cannot start; the consumer goes on without it");
    return undefined;
  }
  const onFailure = (error: unknown) => log.error({ err: error }, "the console was not told something");
  const feed = new Feed({
    console,
    redact,
    templateOf: (fingerprint) => miner.get(fingerprint)?.template,
    gauges: () => ({ lagMs: metrics.lagMs(), templates: miner.size, troubles: troubles.list() }),
    now: () => clock.now(),
    onFailure,
  });
  feed.start();
  log.info({ address: console.url }, "the console's page is served");
  return {
    url: console.url,
    feed,
    alert: (alert) => {
      try {
        feed.alert(shown(alert, config, clock.now()));
      } catch (error) {
        onFailure(error);
      }
    },
    close: async () => {
      feed.stop();
      await console.close();
    },
  };
}

function optionsOf(parts: ConsoleParts): Omit<ConsoleOptions, "port" | "views"> {
  const { config, store, objects, clock, log } = parts;
  const catalog = new SeededCatalog(new ObjectCatalog(objects));
  const votes = new Votes(store.notes, catalog);
  const { asks, ...overrides } = parts.console ?? {};
  return {
    ...overrides,
    asks: { ...asks, try: tryLines(catalog, { zone: config.logs.timeZone, now: () => clock.now() }) },
    changes: {
      vote: async (input) => {
        const { entry, vote } = voteSchema.parse(input);
        const voted = await votes.cast(entry, VOTER, vote);
        return typeof voted === "string" ? { said: voted } : { said: voted.state, votes: voted.votes };
      },
    },
    ...(config.console.token !== undefined && { token: config.console.token }),
    onFailure: (error) => log.error({ err: error }, "the console's thread has ended"),
  };
}

function shown(alert: Alert, { links }: ConsumerConfig, at: number) {
  const { id, fingerprint, service, level, cause, incident } = alert;
  return {
    ...{ id, at, fingerprint, service, level },
    ...messageIn(alert, links),
    ...(cause?.tier && { tier: cause.tier }),
    ...(cause?.entry && { entry: cause.entry }),
    isProposed: cause?.origin === "proposed",
    ...(incident && { incident: incident.id }),
  };
}
