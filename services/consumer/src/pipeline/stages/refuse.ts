import type { DeadLetterShare } from "../../decode/dead-letter-share.ts";
import type { RejectedPayload } from "../../decode/dead-letters.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { LineStage, Step, Watcher } from "../stage.ts";

/** Puts a payload aside for `dlq/`. */
export type Refuse = (rejected: RejectedPayload, step: Step) => void;

interface Parts {
  readonly deadLetters: DeadLetterShare;
  readonly metrics: Metrics;
  readonly watcher?: Watcher | undefined;
}

/** What refuses payloads. When the dead letters of a service are too many, a record that says so is grouped as an error. */
export const refusal =
  ({ deadLetters, metrics, watcher }: Parts, group: LineStage): Refuse =>
  (rejected, step) => {
    step.rejected.push(rejected);
    step.totals.invalid++;
    watcher?.refused(rejected);
    const record = deadLetters.refused(rejected);
    if (record === undefined) return;
    metrics.deadLetterAlerts.inc();
    group(record, rejected, step);
  };
