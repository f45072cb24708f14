import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import type { Alert, Outbox } from "../core/types.ts";

/** Where alerts go when no Slack webhook is configured: into the program's own log. */
export class LogSender {
  readonly #outbox: Outbox;
  readonly #takes: (alert: Alert) => boolean;
  readonly #clock: Clock;
  readonly #log: Logger;

  /** @param options `takes` says which alerts */
  constructor(options: { outbox: Outbox; takes: (alert: Alert) => boolean; clock: Clock; log: Logger }) {
    this.#outbox = options.outbox;
    this.#takes = options.takes;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const items = await this.#outbox.pending(50, this.#takes);
      for (const { alert } of items)
        this.#log.warn({ alert, ageMs: this.#clock.now() - alert.lastSeen }, "alert");
      const ids = items.map((item) => item.id);
      if (ids.length > 0) await this.#outbox.markSent(ids);
      await this.#clock.sleep(ids.length > 0 ? 0 : 500, signal);
    }
  }
}
