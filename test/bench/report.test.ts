import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromMarkdown } from "mdast-util-from-markdown";
import { describe, expect, it } from "vitest";
import {
  atLeastTimes,
  atMost,
  type Benchmark,
  exponentOf,
  growsLinearly,
  measure,
  NAMES,
  type Result,
  slopeOf,
} from "../../bench/frame.ts";
import { svgOf } from "../../bench/plot.ts";
import { figuresOf, markdownOf, withFigures } from "../../bench/report.ts";

const ROOT = join(import.meta.dirname, "../..");
const README = readFileSync(join(ROOT, "bench/README.md"), "utf8");
const silent = () => undefined;

/** Takes size ^ 1.5 ms, its peer twice its size. */
const made = (over: Partial<Benchmark> = {}): Benchmark => ({
  name: "made",
  unit: "ms",
  better: "less",
  size: "lines",
  sizes: [10, 100, 1_000],
  rounds: 3,
  growth: "figure",
  targets: [
    growsLinearly("CALI"),
    atLeastTimes(2, "peer"),
    atLeastTimes(0.06, "peer"),
    atMost(32, 10, "32 ms at 10"),
  ],
  open: (size) => ({ contenders: { CALI: () => size ** 1.5, peer: () => 2 * size } }),
  ...over,
});

describe("a fit", () => {
  it("finds slope and exponent", () => {
    expect(
      slopeOf([
        [0, 1],
        [1, 3],
        [2, 5],
      ]),
    ).toBeCloseTo(2);
    expect(
      exponentOf([
        [10, 3],
        [100, 300],
      ]),
    ).toBeCloseTo(2);
  });
});

describe("a benchmark", () => {
  it("is measured in turns, beside its peer, at each size", async () => {
    const order: string[] = [];
    const closed: number[] = [];
    const result = await measure(
      made({
        sizes: [1, 2],
        rounds: 2,
        open: (size) => ({
          contenders: {
            CALI: () => order.push(`own ${size}`) && 4,
            peer: async () => order.push(`peer ${size}`) && 8,
          },
          close: () => closed.push(size),
        }),
      }),
      silent,
    );
    expect(order).toEqual(["own 1", "peer 1", "own 1", "peer 1", "own 2", "peer 2", "own 2", "peer 2"]);
    expect(closed).toEqual([1, 2]);
    expect(result.rows[1]).toEqual({ size: 1, contender: "peer", median: 8, least: 8, most: 8, ratio: 2 });
  });

  it("says how it grows, and which targets it reaches", async () => {
    const benchmark = made();
    const result = await measure(benchmark, silent);
    expect(result.growth).toEqual({ CALI: 1.5, peer: 1 });
    expect(benchmark.targets?.map((target) => target.isReached(result))).toEqual([false, false, true, true]);
    const text = markdownOf(benchmark, result);
    expect(text).toContain("| 10 | 31.6 | 20 (0.632 times) |");
    expect(text).toContain("exponent of 1.5 (CALI), 1 (peer)");
    expect(text).toContain("CALI grows by an exponent of at most 1.1: missed.");
  });

  it("of a rate grows by the time that its size takes", async () => {
    const rate = made({
      better: "more",
      growth: "time",
      open: () => ({ contenders: { CALI: () => 100, peer: () => 50 } }),
    });
    const result = await measure(rate, silent);
    expect(result.growth).toEqual({ CALI: 1, peer: 1 });
    expect(result.rows[1]?.ratio).toBe(2);
  });

  it("whose peer is absent says so, and doesn't judge", async () => {
    const alone = made({
      open: () => ({ contenders: { CALI: () => 1 }, absent: ["peer: install it"] }),
    });
    const result = await measure(alone, silent);
    expect(atLeastTimes(1, "peer").isReached(result)).toBeUndefined();
    expect(markdownOf(alone, result)).toContain("- Not measured: peer: install it.");
  });

  it("closes what it opened when a contender fails", async () => {
    let isClosed = false;
    const failing = made({
      open: () => ({
        contenders: {
          CALI: () => {
            throw new Error("broken");
          },
        },
        close: () => {
          isClosed = true;
        },
      }),
    });
    await expect(measure(failing, silent)).rejects.toThrow("broken");
    expect(isClosed).toBe(true);
  });
});

describe("bench/README.md", () => {
  const results = JSON.parse(readFileSync(join(ROOT, "bench/results.json"), "utf8")) as Record<
    string,
    Result
  >;

  it("has a place for each benchmark, and each benchmark has its file", () => {
    for (const name of NAMES) {
      expect(README, name).toContain(`<!-- bench:${name} -->`);
      expect(existsSync(join(ROOT, `bench/${name}.ts`)), name).toBe(true);
    }
    expect(README.match(/<!-- bench:/g)).toHaveLength(NAMES.length);
  });

  it.each(Object.values(results))("says of $name what was measured last", (result) => {
    const figures = figuresOf(README, result.name);
    expect(figures).toContain(`Measured ${result.date}`);
    for (const { median } of result.rows)
      expect(figures).toContain(median.toLocaleString("en", { maximumSignificantDigits: 4 }));
  });

  it("takes new figures between its markers, and nothing else changes", () => {
    const page = "a\n<!-- bench:x -->\n\nold\n\n<!-- /bench:x -->\nb\n";
    const changed = withFigures(page, "x", "new");
    expect(changed).toBe(page.replace("old", "new"));
    expect(figuresOf(changed, "x")).toBe("new");
    expect(() => withFigures(page, "y", "new")).toThrow("<!-- bench:y -->");
  });

  it("is well-formed", () => {
    expect(fromMarkdown(README).children.length).toBeGreaterThan(NAMES.length);
  });
});

describe("a plot", () => {
  it("has a line for each series, and leaves out what has no place on a logarithm", () => {
    const svg = svgOf({
      title: "made <up>",
      x: "lines",
      y: "ms",
      isLog: true,
      series: [
        {
          name: "CALI",
          points: [
            [10, 1],
            [100, 10],
            [1_000, Number.POSITIVE_INFINITY],
          ],
        },
        {
          name: "peer",
          points: [
            [10, 2],
            [100, 20],
            [1_000, 200],
          ],
        },
      ],
    });
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(5);
    expect(svg).toContain("made &#x3C;up>");
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it("of one point, and of the same value everywhere, is a plot", () => {
    for (const points of [
      [[1, 5]],
      [
        [1, 5],
        [2, 5],
      ],
    ] as const) {
      expect(svgOf({ title: "t", x: "x", y: "y", series: [{ name: "s", points }] })).not.toContain("NaN");
    }
  });
});
