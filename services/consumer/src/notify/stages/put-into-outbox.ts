import type { Logger } from "pino";
import type { Alert } from "../../core/types.ts";
import type { AlertGrouper } from "../../group/alert-grouper.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { StateStore } from "../../state/types.ts";
import type { AlertStage } from "../notifier.ts";

export interface OutboxOptions {
  readonly grouper: AlertGrouper;
  readonly store: StateStore;
  /** Whether alerts are indexed as incidents, too. */
  readonly index: boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  onAlert?(alert: Alert): void;
}

/** Claims each group and puts its alert into the outbox, in one commit, before the sender may see it. */
export function putIntoOutbox(options: OutboxOptions): AlertStage {
  const { grouper, store, index, metrics, log, onAlert } = options;
  return async (due, signal) => {
    for (const { meta, along = [], alert } of due) {
      if (signal?.aborted) break;
      const result = await store.commitNotification({ meta, along, alert, index });
      if (!result.committed) {
        log.debug({ fingerprint: meta.fingerprint }, "another process has notified this group");
        grouper.restore([], [result.current]);
        continue;
      }
      for (const one of [meta, ...along]) grouper.confirm(one);
      metrics.alerts.inc();
      if (alert.suppressed > 0) metrics.suppressed.inc(alert.suppressed);
      onAlert?.(alert);
    }
    return [];
  };
}
