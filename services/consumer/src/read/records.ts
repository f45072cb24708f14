import { NamedError } from "@cali/base";

/** One record of a shard, as Kinesis stores it. */
export interface StreamRecord {
  /** Decimal, up to 56 digits; grows within its shard. */
  sequenceNumber: string;
  /** ms since the epoch when Kinesis took it; the same on every read. */
  arrivedAt: number;
  data: Uint8Array;
  /** The same as text, where that is quick to have and the data is UTF-8. */
  readonly text?: string | undefined;
}

/** What there is of an array of records, which need not be one. */
export type Records = Pick<readonly StreamRecord[], "length" | "at">;

export interface ReadResult {
  records: Records;
  /** Where to go on; nothing: the shard is closed and this was the last of it. */
  next?: string;
  /** ms between the last record read and the newest of the shard; 0: caught up. */
  behindMs: number;
  /** Bytes of the records' data. */
  bytes: number;
  /** Gives the answer's memory back at once; its records cannot be read any more. */
  release?(): void;
}

/** Kinesis answered something that does not fit its own documentation. */
export class KinesisAnswerError extends NamedError {}
