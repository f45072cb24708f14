import { describe, expect, it } from "vitest";
import { TemplateMiner } from "../src/group/template-miner.ts";
import { groupingAccuracy, LOG_SETS, logSet } from "./support/log-sets.ts";

describe("grouping accuracy", () => {
  const accuracyOf = (name: string) => {
    const set = logSet(name, 2_000);
    const miner = new TemplateMiner();
    const first = set.map(({ text }) => miner.add(name, text, 1).fingerprint);
    return groupingAccuracy(
      set.map(({ template }) => template),
      first.map((fingerprint) => miner.resolve(fingerprint)),
    );
  };

  it.each(LOG_SETS)("of lines like %s is 0.8 at least", (name) => {
    expect(accuracyOf(name)).toBeGreaterThanOrEqual(0.8);
  });

  it("is 0.95 at least on average", () => {
    const sum = LOG_SETS.reduce((total, name) => total + accuracyOf(name), 0);
    expect(sum / LOG_SETS.length).toBeGreaterThanOrEqual(0.95);
  });

  it("counts a template that was split, and two that were merged, as wrong", () => {
    expect(groupingAccuracy([0, 0, 1, 1], ["a", "a", "b", "b"])).toBe(1);
    expect(groupingAccuracy([0, 0, 1, 1], ["a", "c", "b", "b"])).toBe(0.5);
    expect(groupingAccuracy([0, 0, 1, 2], ["a", "a", "b", "b"])).toBe(0.5);
  });
});
