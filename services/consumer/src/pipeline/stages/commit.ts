import { addTotals } from "../../core/totals.ts";
import type { TemplateState } from "../../core/types.ts";
import { noteChanges } from "../../state/changes.ts";
import { MOST_CAREFUL } from "../careful.ts";
import type { Persist } from "../persist.ts";
import type { PipelineOptions, Stage } from "../stage.ts";
import type { UncommittedTemplates } from "../templates.ts";

/** Moves the shard's checkpoint past the step, in one commit with its templates and counts. */
export const commitStep =
  (
    persist: Persist,
    { store, isFollowed = false }: Pick<PipelineOptions, "store" | "isFollowed">,
    templates: UncommittedTemplates,
  ): Stage =>
  async (step, context) => {
    const { batch, contributions, leftBehind, newTemplates } = step;
    const { shardId, sequenceNumber, totals, changes } = context.checkpoint;
    const changed = [...contributions.map(({ fingerprint }) => fingerprint), ...leftBehind];
    const last = step.end > 0 ? batch.records.at(step.end - 1) : undefined;
    const checkpoint = {
      shardId,
      sequenceNumber: last?.sequenceNumber ?? sequenceNumber,
      ended: batch.last && step.endsBatch,
      totals: addTotals(totals, step.totals),
      // Progress: the steps stay as careful as they are until the batch is over, but nobody is suspected any more.
      attempts: step.endsBatch ? 0 : Math.min(step.attempts, MOST_CAREFUL),
      ...(isFollowed && { changes: noteChanges(changes, changed) }),
    };
    let pending: TemplateState[] = [];
    const commit = () => {
      // At each attempt anew: another shard may have committed newer forms, which must not be overwritten.
      pending = templates.pending(newTemplates);
      const { lease } = context;
      return store.commitBatch({ lease, checkpoint, templates: pending, contributions, leftBehind });
    };
    await persist(context, "state", commit);
    templates.confirm(pending, newTemplates);
    context.checkpoint = checkpoint;
  };
