import type { LineStage, Watcher } from "../stage.ts";

/** Shows each line to whoever watches. */
export const watchLines =
  (watcher: Watcher): LineStage =>
  (record) =>
    watcher.line(record);
