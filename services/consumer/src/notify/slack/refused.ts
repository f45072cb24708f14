import type { Alert } from "../../core/types.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { ObjectStore } from "../../state/objects/types.ts";

/** Folder of the alerts that Slack refuses. */
export const REFUSED_ALERTS = "refused_alerts/";

/** Keeps alerts that Slack refuses as objects, with the reason, and counts them once they are durable. */
export function keepRefused(
  objects: ObjectStore,
  metrics: Metrics,
): (alert: Alert, reason: string) => Promise<void> {
  return async (alert, reason) => {
    await objects.put(`${REFUSED_ALERTS}${alert.id}.json`, Buffer.from(JSON.stringify({ reason, alert })));
    metrics.refusedAlerts.inc();
  };
}
