import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";

const draws = (random: Random, count = 50): number[] =>
  Array.from({ length: count }, () => random.fraction());

describe("Random", () => {
  it("gives the same numbers for the same seed and others for another", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(draws(new Random(one))).toEqual(draws(new Random(one)));
        if (one !== other) expect(draws(new Random(one))).not.toEqual(draws(new Random(other)));
      }),
    );
  });

  it("gives these numbers for seed 1, on every machine and in every version", () => {
    const random = new Random("1");
    expect([random.between(0, 999_999), random.hex(8), random.between(0, 999_999)]).toMatchInlineSnapshot(`
      [
        432344,
        "35b141d8",
        95385,
      ]
    `);
  });

  it("forks sources that don't depend on one another", () => {
    const one = new Random("1");
    const fork = draws(one.fork("a"));
    draws(one);
    expect(draws(one.fork("a"))).toEqual(fork);
    expect(draws(one.fork("b"))).not.toEqual(fork);
  });

  it("spreads evenly", () => {
    const random = new Random("even");
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 20_000; draw += 1) {
      const digit = random.between(0, 9);
      counts[digit] = (counts[digit] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it("stays within its bounds", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.nat(), fc.nat(40), (seed, least, span, digits) => {
        const random = new Random(seed);
        const drawn = random.between(least, least + span);
        expect(drawn).toBeGreaterThanOrEqual(least);
        expect(drawn).toBeLessThanOrEqual(least + span);
        expect(random.hex(digits)).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
        expect([1, 2, 3]).toContain(random.pickSkewed([1, 2, 3]));
      }),
    );
  });

  it("picks the first far more often than the last when skewed", () => {
    const random = new Random("skewed");
    const values = Array.from({ length: 20 }, (_, index) => index);
    const picked = Array.from({ length: 5_000 }, () => random.pickSkewed(values));
    const often = (value: number): number => picked.filter((pick) => pick === value).length;
    expect(often(0)).toBeGreaterThan(8 * often(19));
    expect(often(19)).toBeGreaterThan(0);
  });
});
