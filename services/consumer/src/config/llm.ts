import { z } from "zod";
import { count, httpUrl, MINUTE, ms } from "./values.ts";

const usd = (fallback: number, maximum: number, what: string) =>
  z.number().min(0).max(maximum).default(fallback).describe(`${what} Unit: USD. Default: ${fallback}.`);

/** The language model that is asked for causes nobody knows yet. */
export const llmSchema = z.strictObject({
  apiKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Key of the API. Secret: only CALI_LLM_API_KEY, CALI_LLM_API_KEY_FILE or OPENAI_API_KEY. Default: none, no model is asked.",
    ),
  baseUrl: httpUrl
    .default("https://api.openai.com/v1")
    .describe(
      "Address of an OpenAI-compatible API. Default: the environment variable OPENAI_BASE_URL, or https://api.openai.com/v1.",
    ),
  model: z
    .string()
    .regex(/^[\w./:@-]{1,200}$/)
    .default("gpt-4.1-mini")
    .describe("Model; it has to take a strict JSON schema. Default: gpt-4.1-mini."),
  timeoutMs: ms(20_000, 100, 2 * MINUTE, "Longest time of one call."),
  attempts: count(3, 1, 5, "Most calls for one template, the first one included."),
  maxCallsPerHour: count(60, 0, 100_000, "Most calls in an hour, over all replicas."),
  maxTokensPerHour: count(
    200_000,
    0,
    1_000_000_000,
    "Most tokens in an hour, over all replicas; the call that reaches it is the last.",
  ),
  maxUsdPerHour: usd(
    0.5,
    10_000,
    "Most money in an hour, over all replicas; the call that reaches it is the last.",
  ),
  usdPerMillionInputTokens: usd(0.4, 10_000, "Price of what is asked; the default is gpt-4.1-mini's."),
  usdPerMillionOutputTokens: usd(1.6, 10_000, "Price of what is answered; the default is gpt-4.1-mini's."),
  maxAnswerTokens: count(600, 50, 10_000, "Most tokens of an answer."),
  linkHosts: z
    .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/))
    .max(100)
    .default([])
    .describe(
      "Hosts that an answer may link to, such as docs.example.org; other links are taken out. Default: none.",
    ),
  tokenKey: z
    .string()
    .min(16)
    .optional()
    .describe(
      "Key of the tokens that stand for secrets and names in what is asked. Secret: only CALI_LLM_TOKEN_KEY or CALI_LLM_TOKEN_KEY_FILE. Default: a random one, kept in the state.",
    ),
});

export type LlmConfig = z.output<typeof llmSchema>;
