import { setTimeout as pause } from "node:timers/promises";
import { IncomingWebhook } from "@slack/webhook";
import { messageOf, SlackError } from "../errors.ts";
import { secureUrl } from "../url.ts";
import type { SlackMessage } from "./blocks.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const RETRIES = 3;
const TOO_MANY_REQUESTS = 429;
/** A longer limit is not waited for: the job would be paid for meanwhile. */
const LONGEST_WAIT_SECONDS = 60;

/**
 * Posts a message to an incoming webhook; errors of Slack's servers, of the network, and limits are waited out.
 *
 * @param retryPauseMs first pause between retries, which doubles.
 * @throws SlackError, never with the webhook's address.
 */
export async function send(url: string, message: SlackMessage, retryPauseMs = 1_000): Promise<void> {
  if (!secureUrl.safeParse(url).success) {
    throw new SlackError("SLACK_WEBHOOK_URL: given a value that is not shown; allowed: an https URL");
  }
  const webhook = new IncomingWebhook(url, {
    timeout: REQUEST_TIMEOUT_MS,
    retryConfig: { retries: RETRIES, minTimeout: retryPauseMs },
    fetch: withinLimits,
  });
  try {
    await webhook.send({ text: message.text, blocks: structuredClone(message.blocks) as never });
  } catch (error) {
    const said = messageOf(error).replaceAll(url, "the webhook");
    throw new SlackError(`Slack was not notified: ${said}`, { cause: error });
  }
}

/** The client gives up at once when Slack says that there were too many messages: waits as long as Slack says, and sends again. */
async function withinLimits(...request: Parameters<typeof fetch>): Promise<Response> {
  const [url, { signal: _, ...options } = {}] = request;
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    const isLimited = response.status === TOO_MANY_REQUESTS && seconds <= LONGEST_WAIT_SECONDS;
    if (!isLimited || attempt >= RETRIES) return response;
    await pause(seconds * 1000);
  }
}
