import type { Logger } from "pino";
import type { ConsumerConfig } from "../../config/load.ts";
import type { Outbox } from "../../core/types.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { ObjectStore } from "../../state/objects/types.ts";
import { IncidentIndex } from "./incident-index.ts";
import { IncidentIndexer } from "./indexer.ts";

/** What the configuration says of incidents: an indexer, or none without an endpoint. */
export function openIndexer(
  { openSearch, region }: ConsumerConfig,
  parts: {
    readonly waiting: Outbox;
    readonly objects: ObjectStore;
    readonly metrics: Metrics;
    readonly log: Logger;
    readonly credentials?: { accessKeyId: string; secretAccessKey: string };
    readonly onTrouble: (text: string | undefined) => void;
  },
): IncidentIndexer | undefined {
  const { endpoint, batch, maxWaiting } = openSearch;
  const { waiting, objects, metrics, log, credentials, onTrouble } = parts;
  if (endpoint === undefined) return undefined;
  return new IncidentIndexer({
    waiting,
    objects,
    index: new IncidentIndex({ ...openSearch, endpoint, region, ...(credentials && { credentials }) }),
    batch,
    maxWaiting,
    log,
    onTrouble,
    onIndexed: (count) => metrics.incidents.inc({ result: "indexed" }, count),
    onRefused: (count) => metrics.incidents.inc({ result: "refused" }, count),
  });
}
