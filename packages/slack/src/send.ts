import { setTimeout as pause } from "node:timers/promises";
import pRetry from "p-retry";
import type { SlackMessage } from "./blocks.ts";
import { SlackPostError } from "./errors.ts";
import { Webhook } from "./webhook.ts";

const RETRIES = 3;
/** A longer limit is not waited for: the job would be paid for meanwhile. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Posts a message to an incoming webhook; errors of Slack's servers, of the network, and limits are waited out.
 *
 * @param firstWaitMs first wait between two tries, which doubles, ms.
 * @throws SlackPostError, never with the webhook's address.
 */
export async function send(url: string, message: SlackMessage, firstWaitMs = 1_000): Promise<void> {
  const webhook = new Webhook({ url });
  await pRetry(() => webhook.post(message), {
    retries: RETRIES,
    minTimeout: firstWaitMs,
    shouldRetry: async ({ error }) => {
      if (!(error instanceof SlackPostError) || error.kind.startsWith("refused")) return false;
      const { retryAfterMs = 0 } = error;
      if (retryAfterMs > LONGEST_WAIT_MS) return false;
      await pause(retryAfterMs);
      return true;
    },
  });
}
