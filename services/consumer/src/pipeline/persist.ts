import { backoffMs } from "../core/clock.ts";
import { LeaseLostError, ReaderStoppedError } from "../core/errors.ts";
import type { PipelineOptions, ShardContext } from "./stage.ts";

export type Persist = ReturnType<typeof persistence>;

/** What writes to a store until it works: one that fails is no record's fault, so the shard waits and says so. */
export function persistence({ clock, log, metrics, onStoreTrouble }: PipelineOptions) {
  /** @throws LeaseLostError, ReaderStoppedError */
  return async <T>(
    { shardId, signal, touch }: ShardContext,
    store: "state" | "objects",
    write: () => Promise<T>,
  ): Promise<T> => {
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
        await clock.sleep(backoffMs(clock, attempt, 200, 10_000), signal);
      }
    }
  };
}
