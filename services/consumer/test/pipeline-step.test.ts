import { describe, expect, it } from "vitest";
import { MAX_ATTEMPTS, MOST_CAREFUL, stepSize } from "../src/pipeline/careful.ts";
import { Step } from "../src/pipeline/stage.ts";

describe("a step", () => {
  const batch = (count: number, last = false) => ({
    records: Array.from({ length: count }, (_, place) => ({
      sequenceNumber: String(place),
      arrivedAt: 0,
      data: Buffer.from(""),
    })),
    last,
    behindMs: 0,
  });

  it("has as many records as it may, from its place on", () => {
    const step = new Step(batch(5), { from: 1, size: 3, attempts: 0 });
    const taken = [];
    for (let one = step.next(); one; one = step.next()) taken.push(one.sequenceNumber);
    expect(taken).toEqual(["1", "2", "3"]);
    expect([step.end, step.endsBatch, step.totals.records]).toEqual([4, false, 3]);
    const rest = new Step(batch(5), { from: 4, size: 3, attempts: 0 });
    expect([rest.next()?.sequenceNumber, rest.next(), rest.end, rest.endsBatch]).toEqual([
      "4",
      undefined,
      5,
      true,
    ]);
    expect(new Step(batch(0), { from: 0, size: 3, attempts: 0 }).endsBatch).toBe(true);
  });

  it("has fewer records the more processes have worked on its batch, and one alone at last", () => {
    const all = Number.POSITIVE_INFINITY;
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 99].map(stepSize)).toEqual([all, all, 625, 39, 2, 1, 1, 1, 1, 1]);
    // Three tries of the record that stands alone.
    expect([MOST_CAREFUL, MAX_ATTEMPTS]).toEqual([5, 8]);
  });
});
