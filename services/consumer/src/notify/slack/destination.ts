import { messageOf } from "@cali/base";
import type { Language } from "@cali/settings";
import { type Bot, context, type MessagePlace, type SlackMessage, section, Webhook } from "@cali/slack";
import type { Logger } from "pino";
import type { Alert } from "../../core/types.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import type { IncidentBoard } from "./incident-board.ts";
import { textsOf } from "./texts.ts";

/** What a message is about. */
export interface About {
  /** Of one incident alone: its id. */
  readonly incident?: string | undefined;
  readonly alerts: readonly Alert[];
  /** What has become of the incident, as a line of Slack's markup. */
  readonly status: string;
}

/** Where messages go. */
export interface Destination {
  /** Whether what is over is said in a thread, where it is no message of its own. */
  readonly hasThreads?: true;
  /**
   * @returns where the message is, if it can be changed
   * @throws SlackPostError
   */
  post(message: SlackMessage | { text: string }, about: About): Promise<MessagePlace | undefined>;
  /**
   * Changes a message that it posted; the same again changes nothing.
   * @param incident id of the incident that it is about, if it is of one alone
   * @throws SlackPostError
   */
  change?(place: MessagePlace, message: SlackMessage, incident: string | undefined): Promise<void>;
}

/** A webhook, which knows neither threads nor changes nor buttons. */
export const webhookDestination = (options: ConstructorParameters<typeof Webhook>[0]): Destination => {
  const webhook = new Webhook(options);
  return {
    post: async (message) => {
      await webhook.post(withoutButtons(message));
      return undefined;
    },
  };
};

const withoutButtons = (message: SlackMessage | { text: string }) =>
  "blocks" in message
    ? { ...message, blocks: message.blocks.filter(({ type }) => type !== "actions") }
    : message;

interface First {
  readonly place: MessagePlace;
  readonly message: SlackMessage;
  /** What had become of the incident when it was changed last. */
  readonly status?: string;
}

interface BotParts {
  readonly board: IncidentBoard;
  readonly acknowledgements: Acknowledgements;
  /** Default: English. */
  readonly language?: Language;
  readonly log: Logger;
}

/** A bot: an incident is one message, which is kept up to date, and what comes later is in its thread. */
export function botDestination(bot: Bot, parts: BotParts): Destination {
  const { board, log } = parts;
  return {
    hasThreads: true,
    async post(message, { incident, alerts, status }) {
      const kept = incident === undefined ? undefined : await board.first(incident);
      if (incident === undefined || kept === undefined) {
        const place = await bot.post(message);
        if (incident !== undefined && "blocks" in message)
          await board.keepFirst(incident, JSON.stringify({ place, message } satisfies First));
        return place;
      }
      const place = await bot.post(message, (JSON.parse(kept) as First).place);
      try {
        await showIncident(bot, parts, incident, status);
      } catch (error) {
        // The thread has it.
        log.warn(
          { reason: messageOf(error), alerts: alerts.length },
          "an incident's message was not changed",
        );
      }
      return place;
    },
    async change(place, message, incident) {
      const kept = incident === undefined ? undefined : await board.first(incident);
      const first = kept === undefined ? undefined : (JSON.parse(kept) as First);
      if (incident === undefined || first?.place.ts !== place.ts) return bot.update(place, message);
      // What has become of the incident stays above it.
      await board.keepFirst(incident, JSON.stringify({ ...first, message } satisfies First));
      await showIncident(bot, parts, incident);
    },
  };
}

/**
 * Changes an incident's first message to what has become of it, and who looks after it.
 * @param given a line of Slack's markup; default: what it was
 * @throws SlackPostError
 */
export async function showIncident(
  bot: Bot,
  { board, acknowledgements, language }: BotParts,
  incident: string,
  given?: string,
): Promise<void> {
  const kept = await board.first(incident);
  if (kept === undefined) return;
  const { place, message, status: before } = JSON.parse(kept) as First;
  const status = given ?? before;
  if (status !== undefined && status !== before)
    await board.keepFirst(incident, JSON.stringify({ place, message, status } satisfies First));
  const by = await acknowledgements.of(incident);
  const about = [
    ...(status === undefined ? [] : [section(status)]),
    ...(by === undefined
      ? []
      : context([
          textsOf(language).acknowledgedAt(`<@${by.user}>`, new Date(by.at).toISOString().slice(0, 16)),
        ])),
  ];
  await bot.update(place, { ...message, blocks: [...about, ...message.blocks] });
}
