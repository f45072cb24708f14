import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { meaningOf, SILENT } from "./bot.ts";
import { SlackPostError } from "./errors.ts";

export interface ListenOptions {
  /** App-level token with the scope `connections:write`, `xapp-…`. Secret. */
  readonly appToken: string;
  /** Longest time until a connection is there, ms. */
  readonly timeoutMs: number;
  /** Address of the Web API, with a slash at its end, for tests. Default: Slack's own. */
  readonly apiUrl?: string;
  /** Ends the connection. */
  readonly signal: AbortSignal;
  /** The connection is there. */
  readonly onConnected: () => void;
  /**
   * Somebody pressed a button: Slack's `block_actions`, unchecked. Slack has its answer when it resolves, within 3 s or it shows whoever
   * pressed that it failed; with nothing, when it rejects. Default of Slack: no answer is a failure that may be tried again.
   */
  readonly onInteraction: (body: unknown) => Promise<void>;
}

/**
 * One connection of Slack's Socket Mode, over which it says what people press. Slack ends each after some hours; the next one is up to the
 * caller. Resolves when it has ended.
 * @throws SlackPostError when there is none
 */
export async function listen(options: ListenOptions): Promise<void> {
  const { appToken, timeoutMs, apiUrl, signal, onConnected, onInteraction } = options;
  if (signal.aborted) return;
  // It takes a second to load, and most programs press nothing.
  const { SocketModeClient } = await import("@slack/socket-mode");
  const client = new SocketModeClient({
    appToken,
    // Its own attempts end the process when one of them is refused.
    autoReconnectEnabled: false,
    logger: SILENT,
    clientOptions: {
      timeout: timeoutMs,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
      ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    },
  });
  const ended = new Promise<void>((resolve) => client.once("disconnected", () => resolve()));
  // What follows an error is a disconnection.
  client.on("error", () => undefined);
  client.on("interactive", ({ ack, body }: { ack: () => Promise<void>; body: unknown }) => {
    onInteraction(body)
      .then(() => ack())
      // Slack shows it to whoever pressed; a connection that is gone cannot be answered.
      .catch(() => undefined);
  });
  const waiting = new AbortController();
  const late = sleep(timeoutMs, "late", { signal: waiting.signal }).catch(() => "late");
  const aborted = once(signal, "abort", { signal: waiting.signal }).then(
    () => "aborted",
    () => "aborted",
  );
  try {
    const start = client.start().then(
      () => "connected",
      (error: unknown) => {
        // Nothing: the connection was closed before Slack's hello.
        throw error instanceof Error
          ? meaningOf(error)
          : new SlackPostError("unreachable", "Slack closed the connection");
      },
    );
    const what = await Promise.race([start, late, aborted]);
    if (what === "late") throw new SlackPostError("unreachable", "Slack said no hello in time");
    if (what === "connected") {
      onConnected();
      await Promise.race([ended, aborted]);
    }
  } finally {
    waiting.abort();
    // Closing may take as long as Slack takes to answer.
    client.disconnect().catch(() => undefined);
  }
}
