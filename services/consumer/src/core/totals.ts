import type { Level } from "@cali/log-record";

/** What became of a shard's payloads since its first record: exact, since it is committed with the checkpoint. */
export interface ShardTotals {
  /** Kinesis records. */
  records: number;
  /** Payloads that are valid log records. */
  valid: number;
  /** Payloads in dlq/. */
  invalid: number;
  byLevel: Partial<Record<Level, number>>;
}

export const noTotals = (): ShardTotals => ({ records: 0, valid: 0, invalid: 0, byLevel: {} });

export function addTotals(a: ShardTotals, b: ShardTotals): ShardTotals {
  const byLevel = { ...a.byLevel };
  for (const [level, count] of Object.entries(b.byLevel) as [keyof typeof byLevel, number][]) {
    byLevel[level] = (byLevel[level] ?? 0) + count;
  }
  return {
    records: a.records + b.records,
    valid: a.valid + b.valid,
    invalid: a.invalid + b.invalid,
    byLevel,
  };
}
