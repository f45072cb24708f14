import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IBackoff,
  type IBackoffFactory,
  type IRetryBackoffContext,
  type RetryPolicy,
  retry,
} from "cockatiel";
import OpenAI from "openai";
import { z } from "zod";
import type { LlmConfig } from "../config-llm.ts";
import { ANSWER_SCHEMA } from "./answer.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import type { Budget, Usage } from "./budget.ts";
import { LlmError } from "./errors.ts";
import type { Prompt } from "./prompt.ts";

export interface ModelOptions
  extends Pick<LlmConfig, "baseUrl" | "model" | "timeoutMs" | "attempts" | "maxAnswerTokens"> {
  /** Secret. */
  readonly apiKey: string;
  readonly budget: Budget;
  /** Told of each call's end, with what it cost. */
  readonly onCall?: (result: "answered" | LlmError["kind"], usage: Usage) => void;
  /** First wait before another try, ms. Default: 500. */
  readonly firstBackoffMs?: number;
}

/** Longest answer, bytes: many times of what the tokens asked for come to. */
const LARGEST_ANSWER = 256 * 1024;
const LONGEST_BACKOFF_MS = 10_000;
/** Failures in a row that open the breaker, and for how long, ms. */
const BREAKER_FAILURES = 5;
const BREAKER_PAUSE_MS = 60_000;
/** Bytes of a token, at least: for calls that don't say what they cost. */
const BYTES_PER_TOKEN = 3;

const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z
    .object({ prompt_tokens: z.int().min(0).max(1e9), completion_tokens: z.int().min(0).max(1e9) })
    .nullish(),
});

/**
 * A language model behind an OpenAI-compatible API. A call has a time limit and a largest answer; one that failed for the
 * moment is repeated after a random, growing wait; after five failures in a row the model is left alone for a minute.
 */
export class Model {
  readonly #options: ModelOptions;
  readonly #client: OpenAI;
  readonly #retry: RetryPolicy;
  readonly #breaker: CircuitBreakerPolicy;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#client = new OpenAI({
      apiKey: options.apiKey,
      baseURL: options.baseUrl,
      timeout: options.timeoutMs,
      // Each call has to pass the budget and the breaker.
      maxRetries: 0,
      organization: null,
      project: null,
      logLevel: "off",
      fetch: boundedFetch(LARGEST_ANSWER),
    });
    this.#retry = retry(
      handleWhen((error) => error instanceof LlmError && RETRIED.has(error.kind)),
      {
        maxAttempts: options.attempts - 1,
        backoff: new AskedBackoff(options.firstBackoffMs ?? 500),
      },
    );
    this.#breaker = circuitBreaker(
      handleWhen((error) => error instanceof LlmError && BREAKING.has(error.kind)),
      { halfOpenAfter: BREAKER_PAUSE_MS, breaker: new ConsecutiveBreaker(BREAKER_FAILURES) },
    );
  }

  /** The text of the answer, unread. @throws LlmError, StateUnavailableError */
  async ask(prompt: Prompt, signal?: AbortSignal): Promise<string> {
    try {
      return await this.#retry.execute(
        () => this.#breaker.execute(() => this.#call(prompt, signal), signal),
        signal,
      );
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error;
      this.#options.onCall?.("breaker", { input: 0, output: 0 });
      throw new LlmError("breaker", "the model failed too often and is left alone for a minute");
    }
  }

  async #call(prompt: Prompt, signal: AbortSignal | undefined): Promise<string> {
    const { budget, onCall, maxAnswerTokens } = this.#options;
    let usage: Usage = { input: 0, output: 0 };
    try {
      await budget.claimCall();
      // Whoever doesn't say what it cost is taken to have used all that it was allowed.
      const most = { input: mostTokens(prompt), output: maxAnswerTokens };
      const completion = await this.#complete(prompt, signal).catch((error: unknown) => {
        if (error instanceof LlmError && UNCLEAR.has(error.kind)) usage = most;
        throw error;
      });
      const said = completion.usage;
      usage = said ? { input: said.prompt_tokens, output: said.completion_tokens } : most;
      const text = textOf(completion);
      onCall?.("answered", usage);
      return text;
    } catch (error) {
      if (error instanceof LlmError) onCall?.(error.kind, usage);
      throw error;
    } finally {
      if (usage.input + usage.output > 0) await budget.spend(usage);
    }
  }

  async #complete({ system, user }: Prompt, signal: AbortSignal | undefined) {
    const { model, maxAnswerTokens } = this.#options;
    let answer: unknown;
    try {
      answer = await this.#client.chat.completions.create(
        {
          model,
          max_completion_tokens: maxAnswerTokens,
          messages: [
            { role: "system", content: system },
            { role: "user", content: user },
          ],
          response_format: {
            type: "json_schema",
            json_schema: { name: "error_cause", strict: true, schema: ANSWER_SCHEMA },
          },
        },
        signal ? { signal } : {},
      );
    } catch (error) {
      throw meaningOf(error);
    }
    const completion = completionSchema.safeParse(answer);
    if (!completion.success) throw new LlmError("broken-answer", "the answer is no chat completion");
    return completion.data;
  }
}

/** What may work when it is tried again. */
const RETRIED: ReadonlySet<LlmError["kind"]> = new Set(["unreachable", "busy", "failed"]);
/** What says that the model, not one question, has a trouble. */
const BREAKING: ReadonlySet<LlmError["kind"]> = new Set(["unreachable", "busy", "failed", "refused-call"]);
/** What may have cost something. */
const UNCLEAR: ReadonlySet<LlmError["kind"]> = new Set(["unreachable", "broken-answer"]);

const mostTokens = ({ system, user }: Prompt) =>
  Math.ceil((Buffer.byteLength(system) + Buffer.byteLength(user)) / BYTES_PER_TOKEN);

function textOf({ choices }: z.output<typeof completionSchema>): string {
  const [choice] = choices;
  if (choice?.message.refusal) throw new LlmError("declined", "the model declined to answer");
  if (choice?.finish_reason === "length") throw new LlmError("broken-answer", "the answer was cut off");
  if (choice?.finish_reason === "content_filter") {
    throw new LlmError("declined", "the answer was withheld by a content filter");
  }
  if (!choice?.message.content) throw new LlmError("broken-answer", "the answer is empty");
  return choice.message.content;
}

function meaningOf(error: unknown): LlmError {
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

/** Random, growing waits, and never less than the server asks for; a wait that is asked for is never longer than ten seconds. */
class AskedBackoff implements IBackoffFactory<IRetryBackoffContext<unknown>> {
  readonly #exponential: IBackoffFactory<IRetryBackoffContext<unknown>>;

  constructor(initialDelay: number) {
    this.#exponential = new ExponentialBackoff({ initialDelay, maxDelay: LONGEST_BACKOFF_MS });
  }

  next(context: IRetryBackoffContext<unknown>): IBackoff<IRetryBackoffContext<unknown>> {
    return asked(this.#exponential.next(context), context);
  }
}

function asked(
  backoff: IBackoff<IRetryBackoffContext<unknown>>,
  { result }: IRetryBackoffContext<unknown>,
): IBackoff<IRetryBackoffContext<unknown>> {
  const error = "error" in result ? result.error : undefined;
  const least = error instanceof LlmError ? (error.retryAfterMs ?? 0) : 0;
  return {
    duration: Math.max(backoff.duration, Math.min(least, LONGEST_BACKOFF_MS)),
    next: (context) => asked(backoff.next(context), context),
  };
}
