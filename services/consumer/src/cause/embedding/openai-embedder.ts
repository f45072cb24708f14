import { BrokenCircuitError } from "cockatiel";
import type OpenAI from "openai";
import { z } from "zod";
import { EmbedderError, LlmError } from "../errors.ts";
import { type Caller, type CallOptions, caller, llmErrorOf, openAiClient } from "../llm/calls.ts";
import type { Embedder } from "./types.ts";
import { unitVectors } from "./vectors.ts";

export interface OpenAiEmbedderOptions extends CallOptions {
  /** Secret. */
  readonly apiKey: string;
  /** Address of an OpenAI-compatible API, such as https://api.openai.com/v1. */
  readonly baseUrl: string;
  /** A model that can be asked for a number of dimensions, such as text-embedding-3-small. */
  readonly model: string;
  readonly dimensions: number;
  /** Longest time of one try, ms. */
  readonly timeoutMs: number;
}

/** Texts of one call. */
const BATCH = 100;
/** Bytes that one number takes in an answer, at most, and what is around them. */
const BYTES_PER_NUMBER = 32;
const BYTES_AROUND = 64 * 1024;

const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()) })),
});

/**
 * A model behind the `/embeddings` of an OpenAI-compatible API. A try has a time limit and a largest answer; one that failed for
 * the moment is repeated after a random, growing wait; after five failures in a row the API is left alone for a minute.
 */
export class OpenAiEmbedder implements Embedder {
  readonly name: string;
  readonly dimensions: number;
  readonly #model: string;
  readonly #client: OpenAI;
  readonly #call: Caller;
  readonly #closing = new AbortController();

  constructor(options: OpenAiEmbedderOptions) {
    const { model, dimensions } = options;
    this.name = `${model}-${dimensions}`;
    this.dimensions = dimensions;
    this.#model = model;
    this.#client = openAiClient(options, BATCH * dimensions * BYTES_PER_NUMBER + BYTES_AROUND);
    this.#call = caller(options);
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    const { signal } = this.#closing;
    const vectors: Float32Array[] = [];
    try {
      for (let from = 0; from < texts.length; from += BATCH) {
        const batch = texts.slice(from, from + BATCH);
        vectors.push(...(await this.#call(() => this.#embedBatch(batch, signal), signal)));
      }
    } catch (error) {
      if (error instanceof EmbedderError) throw error;
      if (signal.aborted) throw new EmbedderError("the embedder is closed");
      if (error instanceof BrokenCircuitError) {
        throw new EmbedderError("the embedding model failed too often and is left alone for a minute");
      }
      if (error instanceof LlmError) throw new EmbedderError(`no embedding: ${error.message}`);
      throw error;
    }
    return vectors;
  }

  /** Calls that wait fail. */
  async close(): Promise<void> {
    this.#closing.abort();
  }

  async #embedBatch(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    let answer: unknown;
    try {
      answer = await this.#client.embeddings.create(
        {
          model: this.#model,
          dimensions: this.dimensions,
          // The API takes no empty text.
          input: texts.map((text) => text || " "),
          encoding_format: "float",
        },
        { signal },
      );
    } catch (error) {
      throw llmErrorOf(error);
    }
    const parsed = answerSchema.safeParse(answer);
    if (!parsed.success) throw new EmbedderError("the answer is no list of embeddings");
    const byIndex = new Map(parsed.data.data.map(({ index, embedding }) => [index, embedding]));
    const inOrder = texts.map((_, index) => byIndex.get(index));
    if (parsed.data.data.length !== texts.length || !inOrder.every((vector) => vector !== undefined)) {
      throw new EmbedderError(
        `the answer has ${parsed.data.data.length} embeddings, ${texts.length} were asked for, each once`,
      );
    }
    return unitVectors(inOrder, this.dimensions);
  }
}
