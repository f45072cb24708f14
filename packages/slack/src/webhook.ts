import { withoutControls } from "@cali/base";
import { IncomingWebhook, IncomingWebhookHTTPError, IncomingWebhookRequestError } from "@slack/webhook";
import type { SlackMessage } from "./blocks.ts";
import { SlackPostError } from "./errors.ts";
import { retryAfterMs, unanswered } from "./network.ts";

export interface WebhookOptions {
  /** Secret. */
  readonly url: string;
  /** Longest time of one post, ms. Default: 10,000. */
  readonly timeoutMs?: number;
}

const LONGEST_BODY = 200;

/** Slack's incoming webhook, with what its answers mean. */
export class Webhook {
  readonly #webhook: IncomingWebhook;
  readonly #url: string;
  #retryAfter: string | null = null;

  constructor({ url, timeoutMs = 10_000 }: WebhookOptions) {
    this.#url = url;
    this.#webhook = new IncomingWebhook(url, {
      timeout: timeoutMs,
      // The library doesn't tell the headers of a refusal.
      fetch: async (input: string | URL | Request, init?: RequestInit) => {
        const response = await fetch(input, init);
        this.#retryAfter = response.headers.get("retry-after");
        return response;
      },
    });
  }

  /** @throws SlackPostError */
  async post(message: SlackMessage | { text: string }): Promise<void> {
    this.#retryAfter = null;
    let answer: string;
    try {
      ({ text: answer } = await this.#webhook.send({ ...message, unfurl_links: false, unfurl_media: false }));
    } catch (error) {
      throw this.#meaningOf(error);
    }
    // A proxy or a login page answers 200, too.
    if (answer.trim() !== "ok") throw new SlackPostError("unclear", "the answer to a post is not Slack's");
  }

  #meaningOf(error: unknown): SlackPostError {
    if (error instanceof IncomingWebhookHTTPError) {
      const { statusCode, body } = error;
      const text =
        `Slack answered ${statusCode} ${this.#withoutAddress(String(body ?? "")).slice(0, LONGEST_BODY)}`.trim();
      if (statusCode === 429) return new SlackPostError("busy", text, retryAfterMs(this.#retryAfter));
      if (statusCode >= 500) return new SlackPostError("unclear", text, retryAfterMs(this.#retryAfter));
      // Slack says 403, 404 and 410 of the webhook or its channel. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
      const isMessage = statusCode === 400 || statusCode === 413;
      return new SlackPostError(isMessage ? "refused-message" : "refused-webhook", text);
    }
    return unanswered(error instanceof IncomingWebhookRequestError ? error.original : error);
  }

  /** A proxy's page may say what was asked for. */
  #withoutAddress(text: string): string {
    const { pathname } = URL.parse(this.#url) ?? { pathname: "" };
    return [this.#url, pathname]
      .filter((secret) => secret.length > 1)
      .reduce((rest, secret) => rest.replaceAll(secret, "(the webhook)"), withoutControls(text));
  }
}
