import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  chooseThreshold,
  editionOf,
  type Measured,
  MOST_FALSE_HITS,
  qualityAt,
  readPairs,
  similaritiesOf,
  THRESHOLDS,
} from "../scripts/pairs.ts";
import { report, similaritiesSchema } from "../scripts/report.ts";
import { PackagedEmbedder } from "../src/cause/embedding/packaged-embedder.ts";
import { thresholdOf, thresholdsSchema } from "../src/cause/embedding/thresholds.ts";
import { seed } from "../src/cause/knowledge/seed.ts";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const PAIRS = readPairs();
const FOUND = similaritiesSchema.parse(JSON.parse(read("../knowledge/similarities.json")));

describe("the labelled pairs", () => {
  it("are many, of both kinds in both halves, each once, and no error is in both halves", () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(400);
    for (const half of ["choose", "held-out"]) {
      const ofHalf = PAIRS.filter((pair) => pair.half === half);
      expect(ofHalf.length).toBeGreaterThan(PAIRS.length * 0.45);
      expect(ofHalf.filter(({ same }) => same).length).toBeGreaterThan(100);
      expect(ofHalf.filter(({ same }) => !same).length).toBeGreaterThan(200);
    }
    expect(new Set(PAIRS.map(({ a, b }) => [a, b].sort().join("\n"))).size).toBe(PAIRS.length);
    const halvesOf = new Map<string, Set<string>>();
    for (const { a, same, half } of PAIRS) {
      if (same) halvesOf.set(a, (halvesOf.get(a) ?? new Set()).add(half));
    }
    expect([...halvesOf].filter(([, halves]) => halves.size > 1)).toEqual([]);
  });

  it("have errors of the seed and others", () => {
    const seeded = new Set(seed().map(({ entry }) => entry.pattern));
    const known = new Set(PAIRS.map(({ a }) => a));
    const ofSeed = [...known].filter((pattern) => seeded.has(pattern));
    expect(ofSeed.length).toBeGreaterThanOrEqual(60);
    expect(known.size - ofSeed.length).toBeGreaterThanOrEqual(60);
  });
});

describe("the thresholds", () => {
  it("and the picture are what the script makes of the current pairs (npm run thresholds)", () => {
    const { thresholds, picture } = report(PAIRS, FOUND);
    expect(thresholdsSchema.parse(JSON.parse(read("../knowledge/thresholds.json")))).toEqual(thresholds);
    expect(read("../../../docs/pictures/thresholds.svg")).toBe(picture);
    expect(Object.keys(thresholds)).toContain("packaged-en-512");
  });

  it("of the packaged model stand in the docs as they are", () => {
    const docs = read("../../../docs/knowledge.md");
    const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
    const measured = report(PAIRS, FOUND).thresholds["packaged-en-512"];
    if (!measured) return expect.unreachable();
    const { threshold, choosing, heldOut } = measured;
    for (const [half, of] of Object.entries({ choosing, "held out": heldOut })) {
      const { same, different, hits, falseHits, recall, precision, falseHitRate } = of;
      const cells = [same, different, hits, falseHits, ...[recall, precision, falseHitRate].map(percent)];
      expect(docs).toContain(`| packaged-en-512, threshold ${threshold} | ${half} | ${cells.join(" | ")} |`);
    }
  });

  it("have few enough false hits, on the pairs they were not chosen with nearly as well", () => {
    for (const { choosing, heldOut } of Object.values(report(PAIRS, FOUND).thresholds)) {
      expect(choosing.falseHitRate).toBeLessThanOrEqual(MOST_FALSE_HITS);
      expect(heldOut.falseHitRate).toBeLessThan(0.02);
      expect(heldOut.precision).toBeGreaterThan(0.9);
    }
  });

  it("are of what the packaged model finds", async () => {
    const embedder = new PackagedEmbedder({ timeoutMs: 60_000 });
    onTestFinished(() => embedder.close());
    const sample = PAIRS.map((pair, at) => ({
      pair,
      kept: FOUND[embedder.name]?.similarities[at] as number,
    })).filter((_, at) => at % 40 === 0);
    expect(FOUND[embedder.name]?.edition).toBe(editionOf(PAIRS));
    const again = await similaritiesOf(
      sample.map(({ pair }) => pair),
      embedder,
    );
    for (const [at, { kept }] of sample.entries())
      expect(Math.abs((again[at] as number) - kept)).toBeLessThan(0.003);
  });

  it("are the lowest with few enough false hits", () => {
    const pair = (same: boolean, similarity: number, agrees = true): Measured => ({
      half: "choose",
      same,
      similarity,
      agrees,
    });
    const many = Array.from({ length: 199 }, () => pair(false, 0.1));
    // One of 200 may be wrong, so the second-nearest decides.
    const pairs = [...many, pair(false, 0.93), pair(true, 0.8), pair(true, 0.7)];
    expect(chooseThreshold(pairs)).toBe(0.5);
    expect(chooseThreshold([...pairs, pair(false, 0.742)])).toBe(0.745);
    expect(chooseThreshold([...pairs, pair(false, 0.99, false)])).toBe(0.5);
    expect(chooseThreshold(Array.from({ length: 10 }, () => pair(false, 1.2)))).toBe(1);
    expect(qualityAt(pairs, 0.75)).toMatchObject({ hits: 1, falseHits: 1, recall: 0.5, precision: 0.5 });
    expect(THRESHOLDS).toEqual([...THRESHOLDS].sort((a, b) => a - b));
  });

  it("are there for what was measured only, and are left out when the pairs have changed", () => {
    expect(thresholdOf("packaged-en-512")).toBeGreaterThan(0.5);
    expect(thresholdOf("another-model-512")).toBeUndefined();
    expect(thresholdOf("toString")).toBeUndefined();
    expect(report(PAIRS.slice(1), FOUND).thresholds).toEqual({});
  });
});
