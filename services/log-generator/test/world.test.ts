import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callersOf } from "../src/catalogue/services.ts";
import { Random } from "../src/random.ts";
import { type Incident, incidents } from "../src/world/incidents.ts";
import { meanLoad, timeOfDayLoad } from "../src/world/load.ts";
import { type Window, Windows } from "../src/world/windows.ts";
import { START } from "./support/lines.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function seen<T extends Window>(windows: Windows<T>, until: number, step: number): T[] {
  const found = new Set<T>();
  for (let time = START; time < START + until; time += step) {
    const window = windows.at(time);
    if (window === undefined) continue;
    expect(time).toBeGreaterThanOrEqual(window.from);
    expect(time).toBeLessThan(window.to);
    found.add(window);
  }
  return [...found];
}

describe("the load", () => {
  it("is 1 on average over a day, lowest at night and highest in the early evening", () => {
    const hours = Array.from({ length: 24 }, (_, hour) => timeOfDayLoad(START + hour * HOUR));
    expect(hours.reduce((sum, load) => sum + load, 0) / 24).toBeCloseTo(1, 6);
    expect([2, 3]).toContain(hours.indexOf(Math.min(...hours)));
    expect([17, 18]).toContain(hours.indexOf(Math.max(...hours)));
    expect(Math.min(...hours)).toBeCloseTo(0.37, 2);
    expect(Math.max(...hours)).toBeCloseTo(1.43, 2);
  });

  it("has the mean of the run for a short run, before 1970 too", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e13, max: 1e13 }), (start) => {
        expect(meanLoad(start, 1_000)).toBeCloseTo(timeOfDayLoad(start), 2);
        expect(meanLoad(start, Number.POSITIVE_INFINITY)).toBe(1);
      }),
    );
  });
});

describe("windows", () => {
  const make = (seed: string, every: number): Windows<Window> =>
    new Windows(
      new Random(seed),
      { start: START, every, share: [0.1, 0.3], longest: 5 * MINUTE },
      (window) => window,
    );

  it("come at the given mean time, the first one early, and never overlap", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 10_000, max: 10 * MINUTE }), (seed, every) => {
        const found = seen(make(seed, every), 100 * every, every / 50);
        expect(found.length).toBeGreaterThan(80);
        expect(found.length).toBeLessThan(125);
        expect(found[0]?.from).toBeLessThan(START + 10_000);
        for (const [index, { from, to }] of found.entries()) {
          expect(to - from).toBeGreaterThan(0);
          expect(from).toBeGreaterThan(found[index - 1]?.to ?? START);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("never come when they are off", () => {
    expect(seen(make("1", 0), 1_000 * HOUR, HOUR)).toEqual([]);
  });
});

describe("incidents", () => {
  const found: Incident[] = seen(incidents(new Random("1"), START, 5 * MINUTE), 24 * HOUR, 5_000);

  it("break different services in different ways", () => {
    expect(found.length).toBeGreaterThan(200);
    expect(new Set(found.map(({ root }) => root)).size).toBe(12);
    expect(new Set(found.map(({ template }) => template.id)).size).toBeGreaterThan(40);
    expect(found.map(({ id }) => id)).toEqual(found.map((_, index) => `inc-${index + 1}`));
  });

  it("start at the root and reach its callers, one hop after the other, with fewer failures each", () => {
    for (const { root, template, from, to, reach } of found) {
      expect(template.id.startsWith(`${root}.`)).toBe(true);
      expect(reach.get(root)).toMatchObject({ from, distance: 0 });
      for (const caller of callersOf(root)) expect(reach.get(caller)?.distance).toBe(1);
      for (const [service, reached] of reach) {
        expect(reached.from).toBeLessThan(to);
        if (service === root) continue;
        const called = [...reach.entries()].filter(([name]) => callersOf(name).includes(service));
        const nearest = called.find(([, { distance }]) => distance === reached.distance - 1)?.[1];
        expect(nearest?.from).toBeLessThan(reached.from);
        expect(nearest?.share).toBeGreaterThan(reached.share);
      }
    }
  });
});
