import type { LlmConfig } from "../../config/llm.ts";
import type { Clock } from "../../core/clock.ts";
import type { Notes } from "../../state/types.ts";
import { LlmError } from "../errors.ts";

const HOUR_MS = 3_600_000;
const SPENT = "llm-spent";

type Limits = Pick<
  LlmConfig,
  | "maxCallsPerHour"
  | "maxTokensPerHour"
  | "maxUsdPerHour"
  | "usdPerMillionInputTokens"
  | "usdPerMillionOutputTokens"
>;

/** Tokens of a call, asked and answered. */
export interface Usage {
  readonly input: number;
  readonly output: number;
}

/** What may be spent in an hour, over all replicas and restarts: it is counted in the state. */
export class Budget {
  readonly #notes: Notes;
  readonly #clock: Clock;
  readonly #limits: Limits;

  constructor(notes: Notes, clock: Clock, limits: Limits) {
    this.#notes = notes;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Counts a call before it is made. @throws LlmError `budget`, StateUnavailableError */
  async claimCall(): Promise<void> {
    const { maxCallsPerHour, maxTokensPerHour, maxUsdPerHour } = this.#limits;
    const spent = await this.#count({ calls: 1, input: 0, output: 0 });
    const usd = this.usdOf(spent);
    const over =
      spent.calls > maxCallsPerHour
        ? `${maxCallsPerHour} calls`
        : spent.input + spent.output >= maxTokensPerHour
          ? `${maxTokensPerHour} tokens`
          : usd >= maxUsdPerHour
            ? `${maxUsdPerHour} USD`
            : undefined;
    if (over !== undefined) throw new LlmError("budget", `the hour's budget of ${over} is spent`);
  }

  /** Counts what a call cost. @throws StateUnavailableError */
  async spend({ input, output }: Usage): Promise<void> {
    await this.#count({ calls: 0, input, output });
  }

  usdOf({ input, output }: Usage): number {
    const { usdPerMillionInputTokens, usdPerMillionOutputTokens } = this.#limits;
    return (input * usdPerMillionInputTokens + output * usdPerMillionOutputTokens) / 1_000_000;
  }

  async #count(amounts: { calls: number; input: number; output: number }) {
    const hour = Math.floor(this.#clock.now() / HOUR_MS);
    const { calls = 0, input = 0, output = 0 } = await this.#notes.count(SPENT, hour, amounts);
    return { calls, input, output };
  }
}
