import { NamedError } from "@cali/base";

/** An embedder cannot be reached, is too slow, or answers with something else than the vectors asked for. */
export class EmbedderError extends NamedError {}

/** A vector store cannot be reached, is too slow, is damaged, or was made for other vectors. */
export class VectorStoreError extends NamedError {}

/** The model gave no usable answer. The text holds neither the key nor what was asked. */
export class LlmError extends NamedError {
  /**
   * - `unreachable`: no connection, or no answer in time.
   * - `busy`: too many calls (429).
   * - `failed`: its server failed (5xx).
   * - `refused-call`: it doesn't take calls like this one (other 4xx): the key, the address or the model is wrong.
   * - `broken-answer`: what came is no answer as it was asked for.
   * - `declined`: the model declined to answer.
   * - `breaker`: it failed too often lately and is left alone for a while.
   * - `budget`: the hour's budget is spent.
   */
  readonly kind:
    | "unreachable"
    | "busy"
    | "failed"
    | "refused-call"
    | "broken-answer"
    | "declined"
    | "breaker"
    | "budget";
  /** How long it asks to wait, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: LlmError["kind"], text: string, retryAfterMs?: number) {
    super(text);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
