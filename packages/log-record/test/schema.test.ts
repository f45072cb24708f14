import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type LogRecord,
  logRecordSchema,
  MAX_LOG_CONTENT_LENGTH,
  MAX_MESSAGE_LENGTH,
  ownRecord,
  validateRecord,
} from "../src/index.ts";

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

describe("ownRecord", () => {
  const KEYS = Object.keys(logRecordSchema.shape) as (keyof LogRecord)[];
  const FULL = makeRecord({
    error_code: "DB_POOL_EXHAUSTED",
    error_type: "KeyError",
    level_source: "text",
    timestamp_source: "runtime",
    source_id: "8f1c/app/0/stderr/2026-01-25T01:02:03.456789Z/0a1b2c3d",
    truncated: true,
  });

  it("has every field of the schema in its sample", () => {
    expect(Object.keys(FULL).sort()).toEqual([...KEYS].sort());
    expect(ownRecord({ ...FULL, extra: 1 })).toEqual(FULL);
  });

  /** What both take and what both refuse: as JSON has it, so no key is undefined. */
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.constantFrom(
      "",
      " ",
      "-",
      "a",
      "A",
      "a\n",
      "-a",
      "4XX",
      "서비스",
      "a/b",
      "a+b",
      "a:b",
      "2024-02-29T00:00:00.000Z",
    ),
    fc.constantFrom(
      "2025-02-29T00:00:00.000Z",
      "2025-01-01T24:00:00.000Z",
      "panic",
      "arrival",
      "fatal",
      "FATAL",
    ),
    fc.constantFrom(63, 64, 65, 128, 129, 253, 254, 256, 257).map((length) => "a".repeat(length)),
    fc.constantFrom(MAX_MESSAGE_LENGTH, MAX_LOG_CONTENT_LENGTH).map((length) => "\u00e9".repeat(length)),
    fc.constantFrom(MAX_MESSAGE_LENGTH, MAX_LOG_CONTENT_LENGTH).map((length) => "a".repeat(length + 1)),
    fc.constantFrom(...Object.values(FULL).filter((value) => typeof value === "string")),
  );
  const values = fc.oneof(
    { weight: 6, arbitrary: texts },
    fc.constantFrom<unknown>(null, true, false, 0, 1e300, [], ["a"], {}, { level: "INFO" }),
  );
  const changed = fc.record({
    from: fc.constantFrom(makeRecord(), FULL),
    changes: fc.dictionary(fc.constantFrom(...KEYS, "extra"), values, { maxKeys: 3 }),
    without: fc.subarray(KEYS, { maxLength: 1 }),
  });

  it("takes what the schema takes, and gives what it gives", () => {
    fc.assert(
      fc.property(changed, ({ from, changes, without }) => {
        const given: Record<string, unknown> = { ...from, ...changes };
        for (const key of without) delete given[key];
        const { data } = logRecordSchema.safeParse(given);
        expect(ownRecord(given)).toEqual(data);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes no value for a list's or another's", () => {
    expect(ownRecord([FULL])).toBeUndefined();
    expect(ownRecord({})).toBeUndefined();
  });
});
