import type { LogRecord } from "@cali/log-record";
import { troubleRecord } from "./trouble-record.ts";

/** More than this share of what a service wrote within five minutes is refused … */
const MOST_REFUSED = 0.05;
/** … and at least so many: then somebody has to hear of it. */
const LEAST_REFUSED = 20;
const WINDOW_MS = 5 * 60_000;
/** Services that are watched at once; the one that was heard of least lately goes. */
const MOST_SERVICES = 1_000;
const MOST_REASONS = 3;
const SAMPLE_LENGTH = 300;
/** How broken JSON names its service. */
const SERVICE = /"(?:service(?:[._]?name)?|app|application)"\s*:\s*"([A-Za-z0-9][A-Za-z0-9._-]{0,62})"/;

interface Window {
  /** ms since the epoch. */
  since: number;
  read: number;
  refused: number;
  reasons: Map<string, number>;
  isNotified: boolean;
}

/**
 * Counts what is read and what is refused of each service, in windows of five minutes by the time of arrival. The first dead letter
 * with which a service passes the share gives a record that says so; it takes the way of every error.
 */
export class DeadLetterShare {
  readonly #windows = new Map<string, Window>();

  read(service: string, arrivedAt: number): void {
    this.#window(service, arrivedAt).read++;
  }

  /** @returns the record to notify, once in a window */
  refused({
    bytes,
    reason,
    arrivedAt,
  }: {
    bytes: Uint8Array;
    reason: string;
    arrivedAt: number;
  }): LogRecord | undefined {
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 2_000)).toString("utf8");
    const service = SERVICE.exec(head)?.[1] ?? "unknown";
    const window = this.#window(service, arrivedAt);
    window.refused++;
    const kind = reason.replace(/[0-9]+/g, "N").slice(0, 100);
    if (window.reasons.has(kind) || window.reasons.size < MOST_REASONS) {
      window.reasons.set(kind, (window.reasons.get(kind) ?? 0) + 1);
    }
    const isTooMuch =
      window.refused >= LEAST_REFUSED && window.refused > (window.read + window.refused) * MOST_REFUSED;
    if (window.isNotified || !isTooMuch) return undefined;
    window.isNotified = true;
    return recordOf(service, arrivedAt, window, head);
  }

  #window(service: string, at: number): Window {
    const known = this.#windows.get(service);
    if (known !== undefined && at < known.since + WINDOW_MS) return known;
    const fresh = { since: at, read: 0, refused: 0, reasons: new Map<string, number>(), isNotified: false };
    this.#windows.delete(service);
    this.#windows.set(service, fresh);
    if (this.#windows.size > MOST_SERVICES) this.#windows.delete(this.#windows.keys().next().value as string);
    return fresh;
  }
}

function recordOf(service: string, at: number, { read, refused, reasons }: Window, head: string): LogRecord {
  const shown = [...reasons].map(([reason, count]) => `  ${count} times ${reason}`);
  const sample = JSON.stringify(head.slice(0, SAMPLE_LENGTH));
  return troubleRecord({
    service,
    at,
    message: "dead letters: more than 5 % of this service's log lines cannot be read",
    lines: [`${refused} of ${read + refused} in dlq/`, ...shown, `  such as ${sample}`],
    code: "DEAD_LETTERS",
  });
}
