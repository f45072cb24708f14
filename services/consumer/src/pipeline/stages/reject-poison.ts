import { MAX_ATTEMPTS } from "../careful.ts";
import type { Stage } from "../stage.ts";
import type { Refuse } from "./refuse.ts";

/** Refuses, unread, the record on which one process after the other ended. */
export const rejectPoison =
  (refuse: Refuse): Stage =>
  (step, { shardId }) => {
    const { attempts, from } = step;
    if (from > 0 || attempts < MAX_ATTEMPTS) return;
    const reason = `the process ended ${attempts - 1} times while it worked on this record`;
    for (let source = step.next(); source; source = step.next()) {
      const { sequenceNumber, arrivedAt, data: bytes } = source;
      refuse({ shardId, position: { sequenceNumber, index: 0 }, arrivedAt, bytes, reason }, step);
      step.poisoned++;
    }
  };
