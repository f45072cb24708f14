import { SlackPostError } from "@cali/slack";
import type { CauseFinder } from "../src/core/types.ts";
import { OpenSearchError } from "../src/notify/incidents/errors.ts";
import type { BulkResult } from "../src/notify/incidents/incident-index.ts";
import type { Sinks } from "../src/notify/open.ts";
import type { Fault, Network } from "./network.ts";
import type { Life } from "./time.ts";

const SLACK_FAILURES: Record<Fault, SlackPostError["kind"]> = {
  refused: "busy",
  lost: "unclear",
  slow: "unclear",
  hung: "unclear",
  rejected: "refused-message",
};
const RETRY_AFTER_MS = 1_000;
const TIMEOUT_MS = 10_000;

/** What a Slack channel shows. */
export class VirtualChannel {
  /** How often each alert stands there without a mark that says that it may be a repeat, by its id. */
  readonly arrivals = new Map<string, number>();
}

/** Incidents in OpenSearch, by the id of their alert. */
export type VirtualIndex = Set<string>;

/** Slack and OpenSearch as a process sees them. */
export function sinksOf(life: Life, network: Network, channel: VirtualChannel, index: VirtualIndex): Sinks {
  const post = {
    port: "slack" as const,
    timeoutMs: TIMEOUT_MS,
    failure: (fault: Fault) =>
      new SlackPostError(SLACK_FAILURES[fault], fault, fault === "refused" ? RETRY_AFTER_MS : undefined),
  };
  const unavailable = (fault: Fault) => new OpenSearchError("unavailable", fault);
  return {
    destinations: [
      {
        post: async (_, { alerts }) => {
          await network.call(life, {
            ...post,
            what: `post ${alerts.map(({ id, mayBeRepeat }) => (mayBeRepeat ? `${id} again` : id)).join(", ")}`,
            effect: () => {
              for (const { id, mayBeRepeat } of alerts) {
                const unmarked = channel.arrivals.get(id) ?? 0;
                channel.arrivals.set(id, unmarked + (mayBeRepeat ? 0 : 1));
              }
            },
          });
          return undefined;
        },
      },
    ],
    index: {
      bulk: (incidents) =>
        network.call(life, {
          port: "search",
          timeoutMs: TIMEOUT_MS,
          what: `bulk ${incidents.map(({ alert_id }) => alert_id).join(", ")}`,
          failure: unavailable,
          effect: (): BulkResult => {
            const ids = incidents.map(({ alert_id }) => alert_id);
            for (const id of ids) index.add(id);
            return { indexed: ids, refused: [], failed: [] };
          },
        }),
    },
  };
}

/** What looks for causes, as a process sees it. */
export const causesOf = (life: Life, network: Network): CauseFinder => ({
  find: ({ id }) =>
    network.call(life, {
      port: "causes",
      what: `cause of ${id}`,
      timeoutMs: TIMEOUT_MS,
      failure: (fault) => new Error(fault),
      effect: () => ({}),
    }),
});
