import type { PipelineOptions, Stage } from "../stage.ts";

/** Counts what is durable now. */
export const reportCommit =
  ({ metrics, onCommit }: PipelineOptions): Stage =>
  ({ totals: delta, poisoned, repeated, newTemplates, batch }, { shardId }) => {
    metrics.onCommit(shardId, delta);
    if (poisoned > 0) metrics.poisoned.inc(poisoned);
    if (repeated > 0) metrics.repeated.inc(repeated);
    if (newTemplates.length > 0) metrics.templates.inc(newTemplates.length);
    onCommit?.({ shardId, delta, behindMs: batch.behindMs });
  };
