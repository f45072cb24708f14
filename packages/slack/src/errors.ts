/** A post that Slack did not take. Its text never holds the webhook's address, which is a secret. */
export class SlackPostError extends Error {
  /**
   * - `busy`: too many messages; wait.
   * - `refused-message`: this message will never be taken; another may.
   * - `refused-webhook`: no message is taken by this webhook, until somebody mends it.
   * - `unreachable`: the message cannot have arrived.
   * - `unclear`: it may have arrived.
   */
  readonly kind: "busy" | "refused-message" | "refused-webhook" | "unreachable" | "unclear";
  /** How long Slack asks to wait, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: SlackPostError["kind"], text: string, retryAfterMs?: number) {
    super(text);
    this.name = "SlackPostError";
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
