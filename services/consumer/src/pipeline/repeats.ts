import type { LogRecord } from "@cali/log-record";
import type { Place } from "./stage.ts";

/** Ids that are remembered at least, the newest: at 1,000 lines a second those of 100 s, in about 30 MB. */
const MOST_REMEMBERED = 100_000;

/**
 * Finds logs that were sent again: Fluent Bit sends all of a chunk again when the stream refuses one record of it, and after a kill
 * what it had not noted as sent. They have the same `source_id` at another place of the stream; the same place read again (a
 * batch that was not committed) is no repeat. A log without an id is never one. Kept in memory alone: what was first read
 * before a restart, or by another process, counts again.
 */
export class Repeats {
  readonly #most: number;
  #young = new Map<string, string>();
  #old = new Map<string, string>();

  constructor(most = MOST_REMEMBERED) {
    this.#most = most;
  }

  /** Whether the log was read before, at another place; it is known from now on. */
  has(
    record: Pick<LogRecord, "source_id">,
    { shardId, position }: Pick<Place, "shardId" | "position">,
  ): boolean {
    const id = record.source_id;
    if (id === undefined) return false;
    const place = `${shardId} ${position.sequenceNumber} ${position.index}`;
    const known = this.#young.get(id) ?? this.#old.get(id);
    if (known !== undefined) return known !== place;
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, place);
    return false;
  }
}
