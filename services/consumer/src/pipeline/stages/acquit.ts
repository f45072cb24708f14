import type { StateStore } from "../../state/types.ts";
import { MAX_ATTEMPTS, MOST_CAREFUL } from "../careful.ts";
import type { Persist } from "../persist.ts";
import type { Stage } from "../stage.ts";

/**
 * The process survived the record that is suspected most: what ends it later, such as somebody's SIGKILL during the commit,
 * must not be blamed on the record.
 */
export const acquitSuspect =
  (persist: Persist, store: StateStore): Stage =>
  async ({ from, attempts }, context) => {
    if (from > 0 || attempts < MOST_CAREFUL || attempts >= MAX_ATTEMPTS) return;
    const checkpoint = { ...context.checkpoint, attempts: MOST_CAREFUL - 1 };
    const commit = () =>
      store.commitBatch({ lease: context.lease, checkpoint, templates: [], contributions: [] });
    await persist(context, "state", commit);
  };
