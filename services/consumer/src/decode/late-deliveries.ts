import type { LogRecord } from "@cali/log-record";
import { troubleRecord } from "./trouble-record.ts";

/** A log that reached the stream so long after its container wrote it was held back: Fluent Bit sends every second. */
const LATE_MS = 2 * 60_000;
/** So many of them within five minutes: then somebody has to hear of it. */
const LEAST_LATE = 20;
const WINDOW_MS = 5 * 60_000;
const MOST_PODS = 5;

interface Window {
  /** ms since the epoch. */
  since: number;
  late: number;
  longestMs: number;
  pods: Set<string>;
  isNotified: boolean;
}

/**
 * Finds that Fluent Bit cannot deliver: it tries again for ever and keeps on disk what the stream doesn't take, so nothing fails, and
 * what comes through comes late. The age of a log is the time between its container's runtime, which its `source_id` has, and
 * the stream's. Logs of other senders have none. The log with which a window of five minutes has too many gives a record that
 * says so; it takes the way of every error.
 */
export class LateDeliveries {
  #window: Window = fresh(Number.NEGATIVE_INFINITY);

  /** @returns the record to notify, once in a window */
  see({ source_id, pod_name }: LogRecord, arrivedAt: number): LogRecord | undefined {
    if (source_id === undefined) return undefined;
    // UID/container/run/stream/time/hash, as helm-values/fluent-bit-values.yaml makes it.
    const ageMs = arrivedAt - Date.parse(source_id.split("/")[4] ?? "");
    if (!(ageMs >= LATE_MS)) return undefined;
    if (arrivedAt >= this.#window.since + WINDOW_MS) this.#window = fresh(arrivedAt);
    const window = this.#window;
    window.late++;
    window.longestMs = Math.max(window.longestMs, ageMs);
    if (window.pods.size < MOST_PODS) window.pods.add(pod_name);
    if (window.isNotified || window.late < LEAST_LATE) return undefined;
    window.isNotified = true;
    return recordOf(window, arrivedAt);
  }
}

const fresh = (since: number): Window => ({
  since,
  late: 0,
  longestMs: 0,
  pods: new Set(),
  isNotified: false,
});

const recordOf = ({ late, longestMs, pods }: Window, at: number): LogRecord =>
  troubleRecord({
    service: "fluent-bit",
    at,
    message: "deliveries are late: logs reach the stream more than 2 minutes after they were written",
    lines: [
      `  ${late} logs so far, the oldest ${Math.round(longestMs / 1_000)} s`,
      `  pods such as ${[...pods].join(", ")}`,
    ],
    code: "LATE_DELIVERIES",
  });
