import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LogRecord, logRecordSchema, MAX_LOG_CONTENT_LENGTH, validateRecord } from "../src/index.ts";

function makeRecord(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    timestamp: "2026-01-25T01:02:03.456Z",
    level: "ERROR",
    service: "checkout",
    version: "1.4.2",
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    message: "cannot reserve stock",
    log_content: "cannot reserve stock",
    platform: "eks",
    environment: "dev",
    pod_name: "checkout-7d9f8b6c5-x2x4z",
    ...changes,
  };
}

function reasonFor(value: unknown): string {
  const verdict = validateRecord(value);
  return verdict.ok ? "valid" : verdict.reason;
}

describe("validateRecord", () => {
  it("gives a valid record back", () => {
    const record = makeRecord({ error_code: "DB_POOL_EXHAUSTED" });
    expect(validateRecord(record)).toEqual({ ok: true, record });
  });

  it("allows unknown keys and leaves them out", () => {
    const given = JSON.parse(`{"__proto__": {"polluted": true}, "kubernetes": {}}`);
    const verdict = validateRecord({ ...makeRecord(), ...given, extra: 1 });
    expect(verdict).toEqual({ ok: true, record: makeRecord() });
    expect((verdict as { record: object }).record).not.toHaveProperty("polluted");
  });

  it.each([
    [{ level: "LOUD" }, 'level: given "LOUD", allowed DEBUG, INFO, WARN, ERROR, FATAL'],
    [{ level: 3 }, "level: given 3, allowed DEBUG"],
    [{ level: "error" }, 'level: given "error"'],
    [{ timestamp: 1769302923 }, "timestamp: given 1769302923, allowed an ISO 8601 time in UTC"],
    [{ timestamp: "2026-02-30T01:02:03.456Z" }, 'timestamp: given "2026-02-30T01:02:03.456Z"'],
    [{ timestamp: "2026-01-25T01:02:03Z" }, "timestamp"],
    [{ timestamp: "2026-01-25T01:02:03.456+09:00" }, "timestamp"],
    [{ service: undefined }, "service: given nothing, allowed 1 to 63 letters"],
    [{ service: "<!channel>" }, 'service: given "<!channel>"'],
    [{ message: null }, "message: given null, allowed a text"],
    [{ message: ["a"] }, "message: given an array"],
    [{ message: { a: 1 } }, "message: given an object"],
    [{ pod_name: "" }, 'pod_name: given ""'],
    [{ error_code: 42 }, "error_code: given 42, allowed nothing, or 1 to 64 capital letters"],
    [{ log_content: "x".repeat(MAX_LOG_CONTENT_LENGTH + 1) }, "(262145 characters)"],
  ])("refuses %j with what was given and what is allowed", (changes, said) => {
    expect(reasonFor(makeRecord(changes))).toContain(said);
  });

  it("names every bad field once", () => {
    const reason = reasonFor(makeRecord({ level: 1, service: "", version: undefined }));
    expect(reason.split("; ").map((part) => part.split(":")[0])).toEqual(["level", "service", "version"]);
  });

  it.each([
    [null, "record: given null, allowed an object"],
    [[makeRecord()], "record: given an array, allowed an object"],
    ["text", 'record: given "text", allowed an object'],
    [7, "record: given 7, allowed an object"],
    [undefined, "record: given nothing, allowed an object"],
  ])("refuses %j", (given, said) => {
    expect(reasonFor(given)).toBe(said);
  });

  it("keeps a reason on one line and short, whatever it is given", () => {
    const keys = Object.keys(logRecordSchema.shape);
    const value = fc.oneof(
      fc.dictionary(fc.constantFrom(...keys), fc.anything()),
      fc.dictionary(fc.constantFrom(...keys), fc.string({ minLength: 100, maxLength: 300, unit: "binary" })),
      fc.anything(),
    );
    fc.assert(
      fc.property(value, (given) => {
        const reason = reasonFor(given);
        expect(reason).not.toMatch(/[\r\n]/);
        expect(reason.length).toBeLessThan(5000);
      }),
      { numRuns: 60 },
    );
  });

  it("accepts exactly what it returned", () => {
    const verdict = validateRecord(makeRecord({ extra: true }));
    expect(verdict.ok && validateRecord(verdict.record satisfies LogRecord)).toEqual(verdict);
  });
});
