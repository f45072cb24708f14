import { BrokenCircuitError } from "cockatiel";
import type OpenAI from "openai";
import { z } from "zod";
import type { LlmConfig } from "../../config/llm.ts";
import { LlmError } from "../errors.ts";
import { ANSWER_SCHEMA } from "./answer.ts";
import type { Budget, Usage } from "./budget.ts";
import { type Caller, caller, llmErrorOf, openAiClient } from "./calls.ts";
import type { Prompt } from "./prompt.ts";

export interface ModelOptions
  extends Pick<LlmConfig, "baseUrl" | "model" | "timeoutMs" | "attempts" | "maxAnswerTokens"> {
  /** Secret. */
  readonly apiKey: string;
  readonly budget: Budget;
  /** Called at each call's end, with what it cost. */
  readonly onCall?: (result: "answered" | LlmError["kind"], usage: Usage) => void;
  /** First wait before another try, ms. Default: 500. */
  readonly firstBackoffMs?: number;
}

/** Longest answer, bytes: many times of what the tokens asked for come to. */
const LARGEST_ANSWER = 256 * 1024;
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
  readonly #repeat: Caller;

  constructor(options: ModelOptions) {
    this.#options = options;
    // Each try has to pass the budget and the breaker.
    this.#client = openAiClient(options, LARGEST_ANSWER);
    this.#repeat = caller(options);
  }

  /** The text of the answer, unread. @throws LlmError, StateUnavailableError */
  async ask(prompt: Prompt, signal?: AbortSignal): Promise<string> {
    try {
      return await this.#repeat(() => this.#call(prompt, signal), signal);
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
      throw llmErrorOf(error);
    }
    const completion = completionSchema.safeParse(answer);
    if (!completion.success) throw new LlmError("broken-answer", "the answer is no chat completion");
    return completion.data;
  }
}

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
