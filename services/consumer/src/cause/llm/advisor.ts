import { randomBytes } from "node:crypto";
import { parseJson } from "@cali/base";
import type { Logger } from "pino";
import { z } from "zod";
import type { LlmConfig } from "../../config/llm.ts";
import type { Clock } from "../../core/clock.ts";
import type { Notes } from "../../state/types.ts";
import { LlmError } from "../errors.ts";
import { type Proposal, proposalSchema, readAnswer } from "./answer.ts";
import type { Model } from "./model.ts";
import { type Prompt, promptFor, type Question } from "./prompt.ts";
import { Tokenizer } from "./tokens.ts";

export interface LlmAdvisorOptions extends Pick<LlmConfig, "linkHosts" | "tokenKey"> {
  readonly model: Pick<Model, "ask">;
  /** Part of what an answer is remembered by. */
  readonly modelName: string;
  readonly notes: Notes;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when the model gives no answers, with the reason, and with nothing when it does. */
  readonly onTrouble?: (text: string | undefined) => void;
}

/** What is remembered of a question that was asked. */
const rememberedSchema = z.strictObject({
  /** ms since the epoch. */
  at: z.number(),
  /** Null: the model doesn't know, or its answer was of no use. */
  proposal: proposalSchema.nullable(),
});

const TOKEN_KEY = "llm-token-key";
const ANSWERS = "llm-answer#";

/**
 * Asks the model for causes. A template is asked for once: its answer is kept in the state, also that there was none, and
 * whoever asks at the same time waits for the same call. A model that fails is asked again by the next alert.
 */
export class LlmAdvisor {
  readonly #options: LlmAdvisorOptions;
  readonly #asking = new Map<string, Promise<Proposal | undefined>>();
  #tokenizer: Promise<Tokenizer> | undefined;

  constructor(options: LlmAdvisorOptions) {
    this.#options = options;
  }

  /** What the model proposes; nothing: it doesn't know. @throws LlmError, StateUnavailableError */
  async propose(question: Question, signal?: AbortSignal): Promise<Proposal | undefined> {
    const prompt = promptFor(question, await this.#openTokenizer());
    const key = `${ANSWERS}${this.#options.modelName}#${prompt.hash}`;
    const known = this.#asking.get(key);
    if (known) return known;
    const asking = this.#answer(key, prompt, signal).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #answer(key: string, prompt: Prompt, signal: AbortSignal | undefined): Promise<Proposal | undefined> {
    const { notes, clock, onTrouble } = this.#options;
    // What cannot be read is asked for again.
    const remembered = rememberedSchema.safeParse(parseJson((await notes.get(key)) ?? "")).data;
    if (remembered) return remembered.proposal ?? undefined;
    try {
      const proposal = await this.#ask(prompt, signal);
      onTrouble?.(undefined);
      await notes.set(key, JSON.stringify({ at: clock.now(), proposal: proposal ?? null }));
      return proposal;
    } catch (error) {
      if (error instanceof LlmError) onTrouble?.(`no causes are proposed: ${error.message}`);
      throw error;
    }
  }

  /** An answer that is of no use counts as none: the same question would cost as much again. */
  async #ask(prompt: Prompt, signal: AbortSignal | undefined): Promise<Proposal | undefined> {
    const { model, linkHosts, log } = this.#options;
    try {
      return readAnswer(await model.ask(prompt, signal), { restore: prompt.restore, linkHosts });
    } catch (error) {
      const isUseless = error instanceof LlmError && /^(broken-answer|declined)$/.test(error.kind);
      if (!isUseless) throw error;
      log.warn({ reason: error.message, question: prompt.hash }, "the model's answer is of no use");
      return undefined;
    }
  }

  #openTokenizer(): Promise<Tokenizer> {
    this.#tokenizer ??= this.#makeTokenizer().catch((error: unknown) => {
      this.#tokenizer = undefined;
      throw error;
    });
    return this.#tokenizer;
  }

  async #makeTokenizer(): Promise<Tokenizer> {
    const { tokenKey, notes } = this.#options;
    return new Tokenizer(tokenKey ?? (await notes.claim(TOKEN_KEY, randomBytes(32).toString("hex"))));
  }
}
