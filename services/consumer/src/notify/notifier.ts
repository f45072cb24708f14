import type { Logger } from "pino";
import { again } from "../core/again.ts";
import type { Clock } from "../core/clock.ts";
import type { AlertGrouper, DueAlert } from "../group/alert-grouper.ts";

/** One thing that is done with alerts that are due. @returns those that go on to the next stage */
export type AlertStage = (
  due: readonly DueAlert[],
  signal?: AbortSignal,
) => readonly DueAlert[] | Promise<readonly DueAlert[]>;

export interface NotifierOptions {
  readonly grouper: AlertGrouper;
  /** In their order; the last one makes the alerts durable and confirms them. */
  readonly stages: readonly AlertStage[];
  readonly clock: Clock;
  readonly log: Logger;
  onTrouble?(text: string | undefined): void;
  /** Called after each look at what is due, once that is kept. */
  onLook?(): void;
}

/** Longest ms between two looks at the groups. */
const TICK_MS = 200;
/** Alerts that go through the stages together. */
const AT_ONCE = 16;

/** Takes what is due through the stages, into the outbox. */
export class Notifier {
  readonly #options: NotifierOptions;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Runs until `signal` aborts. A store that cannot be written is waited for. */
  run(signal: AbortSignal): Promise<void> {
    return again({
      ...this.#options,
      work: async () => {
        await this.flush(signal);
        this.#options.onLook?.();
        return TICK_MS;
      },
      signal,
      trouble: "alerts cannot be kept",
      logged: "alerts wait: the state store failed",
    });
  }

  /** Commits everything that is due now. */
  async flush(signal?: AbortSignal): Promise<void> {
    const { grouper, clock, stages } = this.#options;
    const next = grouper.nextDueAt();
    if (next === undefined || next > clock.now()) return;
    const due = grouper.due(clock.now());
    for (let from = 0; from < due.length; from += AT_ONCE) {
      let some: readonly DueAlert[] = due.slice(from, from + AT_ONCE);
      for (const stage of stages) {
        if (signal?.aborted) return;
        some = await stage(some, signal);
      }
    }
  }
}
