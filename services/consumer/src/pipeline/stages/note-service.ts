import type { DeadLetterShare } from "../../decode/dead-letter-share.ts";
import type { AlertGrouper } from "../../group/alert-grouper.ts";
import type { LineStage } from "../stage.ts";

/** Notes for a line's service that one more was readable, and which version of it runs. */
export const noteService =
  (deadLetters: DeadLetterShare, grouper: AlertGrouper): LineStage =>
  (record, { arrivedAt }) => {
    deadLetters.read(record.service, arrivedAt);
    grouper.see(record);
  };
