import type { AlertGrouper } from "../../group/alert-grouper.ts";
import type { LineStage, Watcher } from "../stage.ts";
import type { UncommittedTemplates } from "../templates.ts";

/** Finds the template of a WARN, ERROR or FATAL line, and counts the line in its group. */
export const groupErrors =
  (templates: UncommittedTemplates, grouper: AlertGrouper, watcher?: Watcher): LineStage =>
  (record, { shardId, position }, { newFingerprints }) => {
    const { level, timestamp } = record;
    if (level !== "WARN" && level !== "ERROR" && level !== "FATAL") return;
    const at = Date.parse(timestamp);
    const mined = templates.mine(record, at);
    if (mined.isNew) newFingerprints.add(mined.fingerprint);
    watcher?.grouped(record, mined.fingerprint, mined.isNew);
    grouper.observe({ shardId, position, record, ...mined, at });
  };
