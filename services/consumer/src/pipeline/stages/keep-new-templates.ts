import { ReaderStoppedError } from "../../core/errors.ts";
import type { NewTemplate } from "../../core/types.ts";
import type { AlertGrouper } from "../../group/alert-grouper.ts";
import type { Persist } from "../persist.ts";
import type { Stage } from "../stage.ts";
import type { UncommittedTemplates } from "../templates.ts";

/** Takes the counts that the commit will hold, and keeps the templates that are new with them, in `new_errors/`. */
export const keepNewTemplates =
  (
    persist: Persist,
    { templates, grouper }: { templates: UncommittedTemplates; grouper: AlertGrouper },
    keep: (templates: readonly NewTemplate[]) => Promise<void>,
  ): Stage =>
  async (step, context) => {
    // Counts that wait belong to whoever reads the shard now.
    if (context.signal.aborted) throw new ReaderStoppedError(context.shardId);
    step.leftBehind = grouper.takeLeftBehind(context.shardId);
    step.contributions = grouper.takeDirty(context.shardId);
    const counted = step.contributions.map(({ fingerprint }) => fingerprint);
    // Kinds that are counted together have no counts of their own.
    step.newTemplates = templates.newOf(new Set([...step.newFingerprints, ...counted]));
    const { newTemplates } = step;
    if (newTemplates.length > 0) await persist(context, "objects", () => keep(newTemplates));
  };
