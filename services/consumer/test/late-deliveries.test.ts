import fc from "fast-check";
import { expect, it } from "vitest";
import { LateDeliveries } from "../src/decode/late-deliveries.ts";
import { logRecord } from "./support/records.ts";

const AT = Date.parse("2026-01-25T12:00:00Z");
const MINUTE = 60_000;

/** A log that reached the stream at a time, and how old it was then. */
const log = (at: number, ageMs: number, pod = "pay-1") =>
  logRecord({
    pod_name: pod,
    source_id: `5b1c3a52/app/0/stdout/${new Date(at - ageMs).toISOString().replace("Z", "456789Z")}/bc6ad63c`,
  });
const seen = (deliveries: LateDeliveries, count: number, at: number, ageMs: number, pod?: string) =>
  Array.from({ length: count }, () => deliveries.see(log(at, ageMs, pod), at)).filter(
    (one) => one !== undefined,
  );

it("says once in five minutes that logs come late, with how late and whose", () => {
  const deliveries = new LateDeliveries();
  expect(seen(deliveries, 10, AT, 3 * MINUTE)).toEqual([]);
  const [record, ...more] = seen(deliveries, 50, AT + MINUTE, 4 * MINUTE, "cart-1");
  expect(more).toEqual([]);
  expect(record).toMatchObject({
    level: "ERROR",
    service: "fluent-bit",
    error_code: "LATE_DELIVERIES",
    timestamp: "2026-01-25T12:01:00.000Z",
    log_content:
      "deliveries are late: logs reach the stream more than 2 minutes after they were written\n  20 logs so far, the oldest 240 s\n  pods such as pay-1, cart-1",
  });
  expect(seen(deliveries, 50, AT + 4 * MINUTE, 4 * MINUTE)).toEqual([]);
  expect(seen(deliveries, 50, AT + 5 * MINUTE, 4 * MINUTE)).toHaveLength(1);
});

it("says nothing of logs that come in time, few that don't, and logs that have no id of Fluent Bit", () => {
  fc.assert(
    fc.property(fc.integer({ min: -MINUTE, max: 2 * MINUTE - 1 }), fc.string(), (ageMs, id) => {
      const deliveries = new LateDeliveries();
      expect(seen(deliveries, 30, AT, ageMs)).toEqual([]);
      expect(seen(deliveries, 19, AT, 10 * MINUTE)).toEqual([]);
      expect(deliveries.see(logRecord({ source_id: id }), AT)).toBeUndefined();
      expect(deliveries.see(logRecord({}), AT)).toBeUndefined();
    }),
    { numRuns: 30 },
  );
});
