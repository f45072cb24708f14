import { messageOf } from "@cali/base";
import type { Logger } from "pino";
import { backoffMs, type Clock } from "./clock.ts";

export interface AgainOptions {
  /** What is done; the ms until it is done again. */
  readonly work: () => Promise<number>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
  /** What is wrong while it fails, such as `counts cannot be read`. */
  readonly trouble: string;
  /** The log's line of a failure. */
  readonly logged: string;
  /** Called with each failure, and with nothing when it works again. */
  onTrouble?: ((text: string | undefined) => void) | undefined;
}

/** Does something again and again until `signal` aborts. What fails is waited for, longer and longer, and is no end. */
export async function again(options: AgainOptions): Promise<void> {
  const { work, signal, clock, log, trouble, logged, onTrouble } = options;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const pauseMs = await work();
      if (failures > 0) onTrouble?.(undefined);
      failures = 0;
      await clock.sleep(pauseMs, signal);
    } catch (error) {
      // What was cut off is no failure.
      if (signal.aborted) return;
      failures++;
      onTrouble?.(`${trouble}: ${messageOf(error)}`);
      // The first, second, fourth, eighth … time.
      if ((failures & (failures - 1)) === 0) log.error({ err: error, failures }, logged);
      await clock.sleep(backoffMs(clock, failures, 200, 10_000), signal);
    }
  }
}
