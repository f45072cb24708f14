import { messageOf } from "@cali/base";
import { type Bot, type MessagePlace, type SlackMessage, section, Webhook } from "@cali/slack";
import type { Logger } from "pino";
import type { Alert } from "../../core/types.ts";
import type { IncidentBoard } from "./incident-board.ts";

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
  /** @throws SlackPostError */
  post(message: SlackMessage | { text: string }, about: About): Promise<void>;
}

/** A webhook, which knows neither threads nor changes. */
export const webhookDestination = (options: ConstructorParameters<typeof Webhook>[0]): Destination => {
  const webhook = new Webhook(options);
  return { post: (message) => webhook.post(message) };
};

interface First {
  readonly place: MessagePlace;
  readonly message: SlackMessage;
}

/** A bot: an incident is one message, which is kept up to date, and what comes later is in its thread. */
export function botDestination(bot: Bot, board: IncidentBoard, log: Logger): Destination {
  return {
    hasThreads: true,
    async post(message, { incident, alerts, status }) {
      const kept = incident === undefined ? undefined : await board.first(incident);
      if (kept === undefined) {
        const place = await bot.post(message);
        if (incident !== undefined && "blocks" in message)
          await board.keepFirst(incident, JSON.stringify({ place, message } satisfies First));
        return;
      }
      const { place, message: first } = JSON.parse(kept) as First;
      await bot.post(message, place);
      try {
        await bot.update(place, { ...first, blocks: [section(status), ...first.blocks] });
      } catch (error) {
        // The thread has it.
        log.warn(
          { reason: messageOf(error), alerts: alerts.length },
          "an incident's message was not changed",
        );
      }
    },
  };
}
