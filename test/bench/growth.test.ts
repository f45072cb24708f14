import { describe, expect, it } from "vitest";
import { growthOf, isGrowing, type Sample, WATCHED, type Watched } from "../../bench/growth.ts";

const MINUTES = 10;

/** Ten minutes of samples that hold, with noise, except for what `over` says of a second. */
function samples(over: (at: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: MINUTES * 60 }, (_, at) => ({
    at,
    // A sawtooth: garbage comes and goes.
    heapMiB: 60 + (at % 7),
    rssMiB: 300 + (at % 11),
    handles: 17 + (at % 2),
    lagMs: (at * 37) % 900,
    linesPerSecond: 20_000,
    ...over(at),
  }));
}

const growing = (all: readonly Sample[]) =>
  growthOf(all)
    .filter(isGrowing)
    .map(({ what }) => what);

describe("growth in a soak", () => {
  it("is none where everything holds", () => {
    expect(growing(samples())).toEqual([]);
  });

  it.each<[Watched, number]>([
    ["heapMiB", 0.2],
    ["rssMiB", 0.5],
    ["handles", 0.1],
    ["lagMs", 40],
  ])("of %s is seen, and of nothing else", (what, aSecond) => {
    expect(growing(samples((at) => ({ [what]: 50 + at * aSecond })))).toEqual([what]);
  });

  it("of the first half is warming up", () => {
    const warm = samples((at) => ({ rssMiB: Math.min(600, 100 + at * 2), heapMiB: Math.min(300, at) }));
    expect(growing(warm)).toEqual([]);
  });

  it("is seen under faults that come and go", () => {
    const leaking = samples((at) => ({
      lagMs: Math.floor(at / 75) % 2 ? 3_000 : 100,
      heapMiB: 60 + at * 0.2 + (at % 50),
    }));
    expect(growing(leaking)).toEqual(["heapMiB"]);
  });

  it("is measured from the beginning of the later half to its end", () => {
    const heap = growthOf(samples((at) => ({ heapMiB: 100 + at }))).find(({ what }) => what === "heapMiB");
    expect(heap?.grew).toBeCloseTo(299, 0);
    expect(heap?.mean).toBeCloseTo(549.5, 0);
    expect(heap?.most).toBeCloseTo(54.95, 1);
  });

  it("cannot be denied of too few samples", () => {
    expect(growing(samples().slice(0, 1))).toEqual(Object.keys(WATCHED));
  });
});
