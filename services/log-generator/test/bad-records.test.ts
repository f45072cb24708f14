import {
  LINE_START_PATTERN,
  MAX_LOG_CONTENT_LENGTH,
  parseLine,
  toRecord,
  validateRecord,
} from "@cali/log-record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BAD_KINDS, type Bad, badJson, badText } from "../src/bad-records.ts";
import { makeLines, PLACE } from "./support/lines.ts";

const lines = makeLines({ count: 2_000, noiseShare: 0.3 });
const bad: fc.Arbitrary<Bad> = fc.record({
  kind: fc.constantFrom(...BAD_KINDS),
  variant: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

function whyRefused(json: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return "not JSON";
  }
  const verdict = validateRecord(value);
  return verdict.ok ? "valid" : verdict.reason;
}

describe("bad records", () => {
  it("are refused as JSON, for the reason that their kind names", () => {
    fc.assert(
      fc.property(fc.constantFrom(...lines), bad, ({ line, pod }, flaw) => {
        const json = badJson(toRecord(line, { ...PLACE, pod_name: pod }), flaw);
        const reason = whyRefused(json);
        expect(reason).not.toBe("valid");
        expect(reason === "not JSON").toBe(flaw.kind === "broken");
        expect(reason.includes("given nothing")).toBe(flaw.kind === "missing-field");
        expect(json.length > MAX_LOG_CONTENT_LENGTH).toBe(flaw.kind === "oversize");
        expect(json.length).toBeLessThan(800_000);
      }),
      { numRuns: 300 },
    );
  });

  it("are one line of text that starts like a line and is none, or is too large", () => {
    fc.assert(
      fc.property(fc.constantFrom(...lines), bad, ({ line }, flaw) => {
        const text = badText(line, flaw);
        expect(text).toMatch(new RegExp(LINE_START_PATTERN));
        expect(text).not.toContain("\n");
        if (flaw.kind === "oversize") {
          expect(parseLine(text).message.length).toBeGreaterThan(MAX_LOG_CONTENT_LENGTH);
        } else expect(() => parseLine(text)).toThrow("allowed");
      }),
      { numRuns: 300 },
    );
  });
});
