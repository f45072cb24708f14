import type { DeadLetterShare } from "../../decode/dead-letter-share.ts";
import type { RejectedPayload } from "../../decode/dead-letters.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { LineStage, Step } from "../stage.ts";

/** Puts a payload aside for `dlq/`. */
export type Refuse = (rejected: RejectedPayload, step: Step) => void;

/** What refuses payloads. When the dead letters of a service are too many, a record that says so is grouped as an error. */
export const refusal =
  (deadLetters: DeadLetterShare, metrics: Metrics, group: LineStage): Refuse =>
  (rejected, step) => {
    step.rejected.push(rejected);
    step.totals.invalid++;
    const record = deadLetters.refused(rejected);
    if (record === undefined) return;
    metrics.deadLetterAlerts.inc();
    group(record, rejected, step);
  };
