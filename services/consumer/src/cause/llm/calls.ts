import { ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import OpenAI from "openai";
import pRetry from "p-retry";
import { sleep } from "../../core/clock.ts";
import { LlmError } from "../errors.ts";
import { boundedFetch } from "./bounded-fetch.ts";

export interface CallOptions {
  /** Most tries of a call, the first one included. */
  readonly attempts: number;
  /** First wait before another try, ms. Default: 500. */
  readonly firstBackoffMs?: number;
}

const LONGEST_BACKOFF_MS = 10_000;
/** Failures in a row that open the breaker, and for how long, ms. */
const BREAKER_FAILURES = 5;
const BREAKER_PAUSE_MS = 60_000;

/** What may work when it is tried again. */
const RETRIED: ReadonlySet<LlmError["kind"]> = new Set(["unreachable", "busy", "failed"]);
/** What says that the model, not one question, has a trouble. */
const BREAKING: ReadonlySet<LlmError["kind"]> = new Set(["unreachable", "busy", "failed", "refused-call"]);
/** A client of an OpenAI-compatible API that tries once, within a time, and reads `largest` bytes of an answer at most. */
export function openAiClient(
  { apiKey, baseUrl, timeoutMs }: { apiKey: string; baseUrl: string; timeoutMs: number },
  largest: number,
): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: baseUrl,
    timeout: timeoutMs,
    maxRetries: 0,
    organization: null,
    project: null,
    logLevel: "off",
    fetch: boundedFetch(largest),
  });
}

/** Does a call, and does it again where that may help. @throws what `call` does; cockatiel's BrokenCircuitError; the signal's reason */
export type Caller = <T>(call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Repeats what failed with an LlmError for the moment, after random, growing waits and what the server asks for, ten seconds at most;
 * after five failures in a row it lets nothing through for a minute and throws cockatiel's BrokenCircuitError.
 */
export function caller({ attempts, firstBackoffMs = 500 }: CallOptions): Caller {
  const breaker = circuitBreaker(
    handleWhen((error) => error instanceof LlmError && BREAKING.has(error.kind)),
    { halfOpenAfter: BREAKER_PAUSE_MS, breaker: new ConsecutiveBreaker(BREAKER_FAILURES) },
  );
  return (call, signal) =>
    pRetry(() => breaker.execute(call), {
      retries: attempts - 1,
      minTimeout: firstBackoffMs,
      maxTimeout: LONGEST_BACKOFF_MS,
      randomize: true,
      ...(signal && { signal }),
      async shouldRetry({ error }) {
        if (!(error instanceof LlmError) || !RETRIED.has(error.kind)) return false;
        await sleep(Math.min(error.retryAfterMs ?? 0, LONGEST_BACKOFF_MS), signal);
        return true;
      },
    });
}

/** What went wrong in a call of the `openai` package. The text holds neither the key nor what was asked. */
export function llmErrorOf(error: unknown): LlmError {
  if (error instanceof LlmError) return error;
  if (error instanceof OpenAI.APIConnectionError) {
    // What `fetch` refused is below.
    if (error.cause instanceof LlmError) return error.cause;
    const isLate = error instanceof OpenAI.APIConnectionTimeoutError;
    return new LlmError("unreachable", isLate ? "no answer in time" : "the model cannot be reached");
  }
  if (error instanceof OpenAI.APIError && typeof error.status === "number") {
    const { status } = error;
    const text = `the model's server answered ${status}`;
    if (status === 429) return new LlmError("busy", text, retryAfterMs(error.headers));
    if (status === 408 || status >= 500) return new LlmError("failed", text);
    return new LlmError("refused-call", text);
  }
  if (error instanceof OpenAI.APIUserAbortError) return new LlmError("unreachable", "the call was given up");
  return new LlmError("broken-answer", `the answer cannot be read: ${(error as Error).name}`);
}

function retryAfterMs(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
