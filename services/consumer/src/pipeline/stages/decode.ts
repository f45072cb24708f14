import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import { ReaderStoppedError } from "../../core/errors.ts";
import type { Payload } from "../../decode/collector.ts";
import { decodeRecord } from "../../decode/decode.ts";
import { Repeats } from "../repeats.ts";
import type { LineStage, PipelineOptions, Place, Stage, Step } from "../stage.ts";
import type { Refuse } from "./refuse.ts";

/** Longest ms of work between two looks at timers and sockets. */
const SLICE_MS = 25;
/** Payloads between two looks at the clock. */
const PAYLOADS_BETWEEN_LOOKS = 64;
/** A step ends after the record with which this many payloads are refused: they are in memory until it is committed. */
const MOST_REJECTED = 10_000;

/**
 * Takes Kinesis records apart, and each log record through the stages of a line, once. What is no log record, or fails in one
 * of the stages, is refused.
 */
export function decodeRecords(
  { clock, maxDecodedBytes, timeZone: zone }: PipelineOptions,
  lineStages: readonly LineStage[],
  refuse: Refuse,
): Stage {
  const repeats = new Repeats();
  return async (step, { shardId, signal, touch }) => {
    let until = clock.monotonic() + SLICE_MS;
    let unseen = 0;
    while (step.rejected.length < MOST_REJECTED) {
      const source = step.next();
      if (source === undefined) return;
      const { sequenceNumber, arrivedAt } = source;
      const payloads = decodeRecord(source, { maxDecodedBytes, zone, arrival: arrivedAt });
      let index = 0;
      for (const payload of payloads) {
        take(payload, { shardId, position: { sequenceNumber, index: index++ }, arrivedAt }, step);
        if (++unseen < PAYLOADS_BETWEEN_LOOKS) continue;
        unseen = 0;
        if (clock.monotonic() <= until) continue;
        touch();
        await setImmediate();
        if (signal.aborted) throw new ReaderStoppedError(shardId);
        until = clock.monotonic() + SLICE_MS;
      }
    }
  };

  function take(payload: Payload, place: Place, step: Step): void {
    if (!payload.ok) {
      const { bytes, reason } = payload;
      refuse({ ...place, bytes, reason }, step);
      return;
    }
    try {
      const { record } = payload;
      if (repeats.has(record, place)) {
        step.repeated++;
        return;
      }
      for (const stage of lineStages) stage(record, place, step);
      step.totals.valid++;
      step.totals.byLevel[record.level] = (step.totals.byLevel[record.level] ?? 0) + 1;
    } catch (error) {
      step.poisoned++;
      const { name, message } = error instanceof Error ? error : { name: "Error", message: inspect(error) };
      refuse(
        { ...place, bytes: payload.bytes, reason: `processing failed: ${name}: ${message.slice(0, 500)}` },
        step,
      );
    }
  }
}
