import type { RejectedPayload } from "../../decode/dead-letters.ts";
import type { Persist } from "../persist.ts";
import type { Stage } from "../stage.ts";

/** Keeps what was refused, in `dlq/`. */
export const keepDeadLetters =
  (persist: Persist, keep: (rejected: RejectedPayload[]) => Promise<void>): Stage =>
  async ({ rejected }, context) => {
    if (rejected.length > 0) await persist(context, "objects", () => keep(rejected));
  };
