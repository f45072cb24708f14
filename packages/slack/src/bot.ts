import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from "@slack/web-api";
import type { SlackMessage } from "./blocks.ts";
import { SlackPostError } from "./errors.ts";
import { unanswered } from "./network.ts";

export interface BotOptions {
  /** Bot token, `xoxb-…`. Secret. */
  readonly token: string;
  /** Id or name of the channel that the bot is a member of. */
  readonly channel: string;
  /** Longest time of one call, ms. Default: 10,000. */
  readonly timeoutMs?: number;
  /** Address of the Web API, with a slash at its end, for tests. Default: Slack's own. */
  readonly apiUrl?: string;
}

/** Where a message is. */
export interface MessagePlace {
  /** Id of the channel. */
  readonly channel: string;
  readonly ts: string;
}

/** What Slack says of a message, not of the channel or the token. https://docs.slack.dev/reference/methods/chat.postMessage */
const OF_THE_MESSAGE =
  /^(?:invalid_blocks|invalid_blocks_format|msg_too_long|msg_blocks_too_long|no_text|invalid_arguments|too_many_attachments|message_not_found|cant_update_message|edit_window_closed)$/;
const OF_SLACK = /^(?:internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org)$/;

/** It says what it has to say by its errors. */
export const SILENT = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

/** Slack's Web API as a bot: messages that can be answered in a thread and changed. */
export class Bot {
  readonly #client: WebClient;
  readonly #channel: string;

  constructor({ token, channel, timeoutMs = 10_000, apiUrl }: BotOptions) {
    this.#channel = channel;
    this.#client = new WebClient(token, {
      timeout: timeoutMs,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
      logger: SILENT,
      ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    });
  }

  /**
   * Posts a message.
   * @param under the message in whose thread it goes; default: the channel
   * @throws SlackPostError
   */
  async post(message: SlackMessage | { text: string }, under?: MessagePlace): Promise<MessagePlace> {
    const { channel, ts } = await this.#call(() =>
      this.#client.chat.postMessage({
        channel: under?.channel ?? this.#channel,
        ...message,
        unfurl_links: false,
        unfurl_media: false,
        ...(under && { thread_ts: under.ts }),
      }),
    );
    if (channel === undefined || ts === undefined)
      throw new SlackPostError("unclear", "the answer to a post is not Slack's");
    return { channel, ts };
  }

  /** Changes a message. @throws SlackPostError */
  async update({ channel, ts }: MessagePlace, message: SlackMessage): Promise<void> {
    await this.#call(() => this.#client.chat.update({ channel, ts, ...message }));
  }

  /** The id of the workspace that the bot is in. @throws SlackPostError */
  async team(): Promise<string> {
    const { team_id: team } = await this.#call(() => this.#client.auth.test());
    if (team === undefined) throw new SlackPostError("unclear", "the answer to auth.test is not Slack's");
    return team;
  }

  /** Says something that only one person sees. @throws SlackPostError */
  async whisper(user: string, text: string, { channel, ts }: MessagePlace): Promise<void> {
    await this.#call(() => this.#client.chat.postEphemeral({ channel, user, text, thread_ts: ts }));
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw meaningOf(error);
    }
  }
}

/** What a failed call of the Web API means. */
export function meaningOf(error: unknown): SlackPostError {
  if (error instanceof WebAPIRateLimitedError)
    return new SlackPostError("busy", "Slack answered 429", error.retryAfter * 1_000);
  if (error instanceof WebAPIPlatformError) {
    const { error: code } = error.data;
    const kind = OF_THE_MESSAGE.test(code)
      ? "refused-message"
      : OF_SLACK.test(code)
        ? "unclear"
        : "refused-webhook";
    return new SlackPostError(kind, `Slack answered ${code.slice(0, 100)}`);
  }
  if (error instanceof WebAPIHTTPError)
    return new SlackPostError(
      error.statusCode >= 500 ? "unclear" : "refused-webhook",
      `Slack answered ${error.statusCode}`,
    );
  return unanswered(error instanceof WebAPIRequestError ? error.original : error);
}
