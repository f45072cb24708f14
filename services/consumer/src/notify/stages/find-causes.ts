import type { Logger } from "pino";
import type { Clock } from "../../core/clock.ts";
import type { Alert, CauseAnswer, CauseFinder } from "../../core/types.ts";
import type { AlertStage } from "../notifier.ts";

/** An alert without its cause in time is better than a late one. */
const TIMEOUT_MS = 3_000;

/** Looks for the causes of all at the same time: one that takes long must not hold up many. */
export function findCauses(causes: CauseFinder, clock: Clock, log: Logger): AlertStage {
  return (due) =>
    Promise.all(
      due.map(async (one) => ({
        ...one,
        alert: { ...one.alert, ...(await ask(one.alert, one.meta.template)) },
      })),
    );

  async function ask(alert: Alert, template: string): Promise<CauseAnswer> {
    const done = new AbortController();
    try {
      return await Promise.race([
        causes.find(alert, template),
        clock.sleep(TIMEOUT_MS, done.signal).then(() => {
          if (!done.signal.aborted) log.warn({ id: alert.id }, "no cause found in time");
          return { unavailable: `nothing was found out within ${TIMEOUT_MS / 1_000} s` };
        }),
      ]);
    } catch (error) {
      log.warn({ err: error, id: alert.id }, "looking for the cause failed");
      return { unavailable: "the knowledge base could not be asked" };
    } finally {
      done.abort();
    }
  }
}
