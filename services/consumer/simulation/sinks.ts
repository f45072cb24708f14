import { type MessagePlace, SlackPostError } from "@cali/slack";
import type { Alert, CauseFinder } from "../src/core/types.ts";
import { OpenSearchError } from "../src/notify/incidents/errors.ts";
import type { BulkResult } from "../src/notify/incidents/incident-index.ts";
import type { Sinks } from "../src/notify/open.ts";
import { detailedOf } from "../src/notify/slack/alert-message.ts";
import { textsOf } from "../src/notify/slack/texts.ts";
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
  /** Alerts whose cause was not known when they were sent, and may be later. */
  readonly awaited = new Set<string>();
  /** How often the cause of each of them was told by a message of its own, without a mark that says that it may be a repeat. */
  readonly lateCauses = new Map<string, number>();
  /** Whose late cause Slack takes from nobody. */
  readonly refusedCauses = new Set<string>();
  /** Whose message was changed, to say the cause. */
  readonly changed = new Set<string>();

  refuse(message: unknown): void {
    const late = lateCauseIn(message);
    if (late !== undefined) this.refusedCauses.add(late.id);
  }

  /** Takes a message about alerts, or about the late cause of one. */
  take(message: unknown, alerts: readonly Alert[]): void {
    for (const { id, mayBeRepeat } of alerts)
      this.arrivals.set(id, (this.arrivals.get(id) ?? 0) + (mayBeRepeat ? 0 : 1));
    const detailed = detailedOf(alerts);
    // One that Slack took as text alone says nothing of causes, and has no place for a later one.
    const hasBlocks = typeof message === "object" && message !== null && "blocks" in message;
    if (hasBlocks && detailed?.unavailable !== undefined && detailed.cause === undefined)
      this.awaited.add(detailed.id);
    const late = lateCauseIn(message);
    if (late !== undefined)
      this.lateCauses.set(late.id, (this.lateCauses.get(late.id) ?? 0) + (late.mayBeRepeat ? 0 : 1));
  }
}

const TEXTS = textsOf();
const OF_THE_ALERT = new RegExp(TEXTS.ofTheAlert("`([^`]+)`"));

function lateCauseIn(message: unknown): { id: string; mayBeRepeat: boolean } | undefined {
  const text = JSON.stringify(message);
  const id = OF_THE_ALERT.exec(text)?.[1];
  return id === undefined ? undefined : { id, mayBeRepeat: text.includes(TEXTS.mayBeRepeat) };
}

/** What is known of every error, once it can be asked. */
const CAUSE = {
  cause: "the pool is too small",
  action: "enlarge it",
  origin: "confirmed",
  tier: "hash",
} as const;

/** Incidents in OpenSearch, by the id of their alert. */
export type VirtualIndex = Set<string>;

/** Slack and OpenSearch as a process sees them. */
export function sinksOf(
  life: Life,
  network: Network,
  { channel, index, isBot }: { channel: VirtualChannel; index: VirtualIndex; isBot: boolean },
): Sinks {
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
        post: async (message, { alerts }) => {
          await network.call(life, {
            ...post,
            what: `post ${alerts.map(({ id, mayBeRepeat }) => (mayBeRepeat ? `${id} again` : id)).join(", ")}`,
            effect: () => channel.take(message, alerts),
            failure: (fault) => {
              if (fault === "rejected") channel.refuse(message);
              return post.failure(fault);
            },
          });
          return isBot ? { channel: "C1", ts: alerts[0]?.id ?? "none" } : undefined;
        },
        ...(isBot && {
          change: ({ ts }: MessagePlace) =>
            network.call(life, { ...post, what: `change ${ts}`, effect: () => void channel.changed.add(ts) }),
        }),
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
      effect: () => ({ cause: CAUSE }),
    }),
});
