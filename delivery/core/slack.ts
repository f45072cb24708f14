import { messageOf } from "@cali/base";
import { secureUrl } from "@cali/settings";
import { type SlackMessage, send } from "@cali/slack";
import { SlackError } from "./errors.ts";

/**
 * Posts a message to the webhook of SLACK_WEBHOOK_URL.
 *
 * @param firstWaitMs first wait between two tries, which doubles, ms. Default: 1,000.
 * @throws SlackError, never with the webhook's address.
 */
export async function sendToSlack(url: string, message: SlackMessage, firstWaitMs?: number): Promise<void> {
  if (!secureUrl.safeParse(url).success) {
    throw new SlackError("SLACK_WEBHOOK_URL: given a value that is not shown; allowed: an https URL");
  }
  try {
    await send(url, message, firstWaitMs);
  } catch (error) {
    throw new SlackError(`Slack was not notified: ${messageOf(error)}`, { cause: error });
  }
}
