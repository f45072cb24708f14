import type { SinkError } from "../errors.ts";
import type { GeneratedLine } from "../generate.ts";

/** What became of the lines that a sink was given. After `close`, every one of them is either accepted or refused. */
export interface SinkCounters {
  /** The other side has confirmed them. */
  accepted: number;
  /** Times that a line was sent again. */
  retried: number;
  /** Not confirmed, and will not be sent again. */
  refused: number;
  /** Refused lines by what was said about them. */
  reasons: Record<string, number>;
}

/** Where lines go. */
export interface Sink {
  /**
   * Takes a line. Holds only a bounded amount: when it returns a promise, wait for it before the next line.
   * Never throws; a line that cannot be delivered is counted as refused.
   */
  write(line: GeneratedLine): Promise<void> | undefined;
  /**
   * Delivers what it still holds and frees its resources.
   * @param abort when it fires, what is not confirmed yet is refused, at once.
   */
  close(abort: AbortSignal): Promise<void>;
  readonly counters: Readonly<SinkCounters>;
  /** Set once no line can be delivered any more: stop then. */
  readonly failure: SinkError | undefined;
}

export function emptyCounters(): SinkCounters {
  return { accepted: 0, retried: 0, refused: 0, reasons: {} };
}

export function refuse(counters: SinkCounters, lines: number, reason: string): void {
  if (lines === 0) return;
  counters.refused += lines;
  counters.reasons[reason] = (counters.reasons[reason] ?? 0) + lines;
}
