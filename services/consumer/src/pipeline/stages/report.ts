import type { ShardTotals } from "../../core/totals.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { Stage } from "../stage.ts";

/** A step of a shard that is durable. `delta` is what it added. */
export interface Commit {
  readonly shardId: string;
  readonly delta: ShardTotals;
  readonly behindMs: number;
}

/** Counts what is durable now. */
export const reportCommit =
  (metrics: Metrics, onCommit: ((commit: Commit) => void) | undefined): Stage =>
  ({ totals: delta, poisoned, newTemplates, batch }, { shardId }) => {
    metrics.onCommit(shardId, delta);
    if (poisoned > 0) metrics.poisoned.inc(poisoned);
    if (newTemplates.length > 0) metrics.templates.inc(newTemplates.length);
    onCommit?.({ shardId, delta, behindMs: batch.behindMs });
  };
