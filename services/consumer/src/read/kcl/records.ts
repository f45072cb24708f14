import { aggregateOf } from "../../decode/decode.ts";
import type { StreamRecord } from "../records.ts";
import type { KclRecord } from "./messages.ts";

/**
 * The records as Kinesis has them. The daemon takes KPL's aggregates apart; they are put together again, so that a payload has the same
 * position however it was read.
 */
export function streamRecords(records: readonly KclRecord[]): StreamRecord[] {
  const found: { first: KclRecord; datas: Buffer[] }[] = [];
  for (const record of records) {
    const data = Buffer.from(record.data, "base64");
    const last = found.at(-1);
    if (last?.first.sequenceNumber === record.sequenceNumber) last.datas.push(data);
    else found.push({ first: record, datas: [data] });
  }
  return found.map(({ first, datas }) => ({
    sequenceNumber: first.sequenceNumber,
    arrivedAt: first.approximateArrivalTimestamp ?? 0,
    data: datas.length === 1 ? (datas[0] as Buffer) : aggregateOf(datas),
  }));
}
