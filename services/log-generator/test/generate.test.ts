import { parseLine, toRecord, validateRecord } from "@cali/log-record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callersOf } from "../src/catalogue/services.ts";
import { asJson, asText, type GeneratedLine, type GenerateOptions, generate } from "../src/generate.ts";
import { labelOf } from "../src/labels.ts";
import { makeLines, PLACE, START } from "./support/lines.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const options: fc.Arbitrary<GenerateOptions> = fc.record({
  seed: fc.string(),
  start: fc.integer({ min: 0, max: Date.parse("2100-01-01") }),
  rate: fc.double({ min: 0.1, max: 50_000, noNaN: true }),
  count: fc.integer({ min: 1, max: 200 }),
  badShare: fc.double({ min: 0, max: 1, noNaN: true }),
  noiseShare: fc.double({ min: 0, max: 1, noNaN: true }),
  incidentEvery: fc.constantFrom(0, 5_000, 60_000),
  burstEvery: fc.constantFrom(0, 5_000, 60_000),
});

describe("generate", () => {
  it("gives the same lines for the same options, byte for byte", () => {
    fc.assert(
      fc.property(options, (given) => {
        const [one, other] = [[...generate(given)], [...generate(given)]];
        expect(one).toHaveLength(given.count ?? 0);
        expect(one.map(asText)).toEqual(other.map(asText));
        expect(one.map((line) => asJson(line, PLACE))).toEqual(other.map((line) => asJson(line, PLACE)));
        expect(one.map(labelOf)).toEqual(other.map(labelOf));
      }),
      { numRuns: 40 },
    );
  });

  it("gives other lines for another seed", () => {
    const [one, other] = [makeLines({ seed: "1" }), makeLines({ seed: "2" })];
    expect(one.map(asText)).not.toEqual(other.map(asText));
  });

  it("labels every line as what it is, and valid exactly if it is valid", () => {
    fc.assert(
      fc.property(options, (given) => {
        let last = given.start;
        for (const [index, generated] of [...generate(given)].entries()) {
          const label = labelOf(generated);
          const { line } = generated;
          expect(label).toMatchObject({
            index,
            level: line.level,
            service: line.service,
            traceId: line.traceId,
          });
          expect(label.timestamp).toBe(new Date(Math.floor(generated.at)).toISOString());
          expect(label.template.startsWith(`${line.service}.`)).toBe(true);
          expect(label.cause === null).toBe(line.level === "DEBUG" || line.level === "INFO");
          expect(generated.at).toBeGreaterThanOrEqual(last);
          last = generated.at;
          expect(isValidJson(asJson(generated, PLACE))).toBe(label.valid);
          if (label.valid) expect(parseLine(asText(generated))).toEqual(line);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("keeps the rate: a run of a given length has rate times length lines", () => {
    for (const [rate, seconds] of [
      [0.2, 86_400],
      [1_000, 10],
      [20_000, 2],
      [0.5, 600],
    ] as const) {
      const lines = makeLines({ rate, duration: seconds * 1_000, count: undefined, burstEvery: 0 });
      expect(lines.length / (rate * seconds)).toBeCloseTo(1, 2);
      expect(lines.at(-1)?.at).toBeLessThan(START + seconds * 1_000);
    }
  });

  it("follows the time of day", () => {
    const lines = makeLines({ rate: 0.2, duration: 24 * HOUR, count: undefined, burstEvery: 0 });
    const perHour = new Array<number>(24).fill(0);
    for (const { at } of lines) {
      const hour = Math.floor((at - START) / HOUR);
      perHour[hour] = (perHour[hour] ?? 0) + 1;
    }
    expect(perHour[17]).toBeGreaterThan(3 * (perHour[2] ?? 0));
  });

  it("has bursts that multiply the load for a while", () => {
    const lines = makeLines({ rate: 5, duration: 2 * HOUR, count: undefined, burstEvery: 10 * MINUTE });
    const perFiveSeconds = new Array<number>(1_440).fill(0);
    for (const { at } of lines) {
      const slot = Math.floor((at - START) / 5_000);
      perFiveSeconds[slot] = (perFiveSeconds[slot] ?? 0) + 1;
    }
    const usual = [...perFiveSeconds].sort((one, other) => one - other)[720] ?? 0;
    const busy = perFiveSeconds.filter((count) => count > 1.7 * usual).length;
    expect(busy).toBeGreaterThan(10);
    expect(busy).toBeLessThan(288);
  });

  it("mixes requests, each with one trace through several services", () => {
    const traces = Map.groupBy(makeLines({ count: 5_000 }), ({ line }) => line.traceId);
    const spans = [...traces.values()];
    const services = spans.map((lines) => new Set(lines.map(({ line }) => line.service)).size);
    expect(spans.length).toBeGreaterThan(200);
    expect(Math.max(...services)).toBeGreaterThan(7);
    const mixed = spans.filter(
      (lines) => (lines.at(-1)?.index ?? 0) - (lines[0]?.index ?? 0) >= lines.length,
    );
    expect(mixed.length).toBeGreaterThan(100);
  });

  it("reports mostly normal work", () => {
    const levels = Map.groupBy(makeLines({ count: 50_000 }), ({ line }) => line.level);
    const share = (level: "DEBUG" | "INFO" | "WARN" | "ERROR" | "FATAL"): number =>
      (levels.get(level)?.length ?? 0) / 50_000;
    expect(share("INFO")).toBeGreaterThan(0.6);
    expect(share("DEBUG")).toBeGreaterThan(0.1);
    expect(share("WARN") + share("ERROR") + share("FATAL")).toBeLessThan(0.1);
    expect(Math.min(share("WARN"), share("ERROR"), share("FATAL"))).toBeGreaterThan(0);
  });
});

describe("incidents in the lines", () => {
  const lines = makeLines({ count: 60_000, incidentEvery: MINUTE, noiseShare: 0 });
  const affected = lines.filter(({ incident }) => incident !== undefined);

  it("are the only errors when there is no noise", () => {
    const wrong = lines.filter(({ line }) => line.level !== "INFO" && line.level !== "DEBUG");
    expect(affected.map(({ index }) => index)).toEqual(wrong.map(({ index }) => index));
    expect(affected.length).toBeGreaterThan(500);
  });

  it("show their root at the root service, and what follows at services that depend on it", () => {
    const dependants = (service: string): string[] =>
      callersOf(service).flatMap((caller) => [caller, ...dependants(caller)]);
    for (const generated of affected) {
      const { isRoot, rootService, rootTemplate, rootCause, template, service, cause } = labelOf(generated);
      if (isRoot)
        expect({ service, template, cause }).toEqual({
          service: rootService,
          template: rootTemplate,
          cause: rootCause,
        });
      else {
        expect(dependants(rootService ?? "")).toContain(service);
        expect(cause).toBe("upstream-fails");
      }
    }
    const incidents = Map.groupBy(affected, ({ incident }) => incident?.id);
    const spread = [...incidents.values()].filter((group) => group.some((line) => !labelOf(line).isRoot));
    expect(spread.length).toBeGreaterThan(3);
  });

  it("reach a caller later than the root, in the root's own trace", () => {
    const roots = new Map<string, GeneratedLine>();
    for (const generated of affected) {
      const { incident, isRoot, traceId } = labelOf(generated);
      if (isRoot) roots.set(`${incident}/${traceId}`, generated);
      else expect(roots.get(`${incident}/${traceId}`)?.at).toBeLessThan(generated.at);
    }
  });

  it("bring stack traces in the shape of the service's language", () => {
    const withStack = affected.filter(({ line }) => line.stack.length > 0);
    expect(withStack.length).toBeGreaterThan(100);
    expect(withStack.length).toBeLessThan(affected.length);
  });

  it("do not happen when they are off", () => {
    const calm = makeLines({ count: 20_000, incidentEvery: 0 });
    expect(calm.some(({ incident }) => incident !== undefined)).toBe(false);
    expect(calm.some(({ line }) => line.level === "ERROR")).toBe(true);
  });
});

describe("bad records in the lines", () => {
  it("come at the given share, in all kinds, and change no other line", () => {
    const [clean, dirty] = [makeLines({ count: 20_000 }), makeLines({ count: 20_000, badShare: 0.1 })];
    const bad = dirty.filter((line) => line.bad !== undefined);
    expect(Math.abs(bad.length - 2_000)).toBeLessThan(200);
    expect(new Set(bad.map((line) => line.bad?.kind)).size).toBe(4);
    const rest = dirty.filter((line) => line.bad === undefined);
    expect(rest.map(asText)).toEqual(rest.map(({ index }) => asText(clean[index] as GeneratedLine)));
  });
});

function isValidJson(text: string): boolean {
  try {
    return validateRecord(JSON.parse(text)).ok;
  } catch {
    return false;
  }
}

describe("asJson", () => {
  it("is the record of the line with its origin", () => {
    const [generated] = makeLines({ count: 1 });
    if (generated === undefined) throw new Error("no line");
    const record = toRecord(generated.line, { ...PLACE, pod_name: generated.pod });
    expect(JSON.parse(asJson(generated, PLACE))).toEqual(record);
    expect(generated.pod).toMatch(/^gateway-[0-9a-f]{9}-[0-9a-f]{5}$/);
  });
});
