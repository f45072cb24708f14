import type { Logger } from "pino";
import { backoffMs, sleep } from "../core/clock.ts";
import { LeaseLostError, ReaderStoppedError } from "../core/errors.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { ShardContext } from "./stage.ts";

/** Writes to a store until it works. @throws LeaseLostError, ReaderStoppedError */
export type Persist = <T>(
  context: ShardContext,
  store: "state" | "objects",
  write: () => Promise<T>,
) => Promise<T>;

/** A store that fails is no record's fault: the shard waits and says so. */
export function persistence({
  log,
  metrics,
  onStoreTrouble,
}: {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Why a store cannot be written now; nothing: it can again. */
  onStoreTrouble?(shardId: string, text: string | undefined): void;
}): Persist {
  return async ({ shardId, signal, touch }, store, write) => {
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) throw new ReaderStoppedError(shardId);
      try {
        const result = await write();
        touch();
        if (attempt > 1) {
          log.info({ shardId, store }, "the store can be written again");
          onStoreTrouble?.(shardId, undefined);
        }
        return result;
      } catch (error) {
        if (error instanceof LeaseLostError) throw error;
        touch();
        metrics.storeFailures.inc({ store });
        const { name, message } = error as Error;
        const text = `${store === "state" ? "state" : "object"} store: ${name}: ${message}`;
        onStoreTrouble?.(shardId, text);
        // The first, second, fourth, eighth … time.
        if ((attempt & (attempt - 1)) === 0) {
          log.error(
            { shardId, store, attempt, err: error },
            `nothing is acknowledged, the shard waits: ${text}`,
          );
        }
        await sleep(backoffMs(attempt, 200, 10_000), signal);
      }
    }
  };
}
