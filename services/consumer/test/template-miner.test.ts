import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TemplateState } from "../src/core/types.ts";
import { TemplateMiner, WILDCARD } from "../src/group/template-miner.ts";
import { groupingAccuracy, LOG_SETS, logSet } from "./support/log-sets.ts";

const words = fc.array(
  fc.constantFrom("disk", "of", "node", "is", "full", "user", "a17", "b9", "10.0.0.1", "42"),
  {
    minLength: 1,
    maxLength: 6,
  },
);
const lines = fc.array(
  words.map((list) => list.join(" ")),
  { minLength: 1, maxLength: 60 },
);

describe("TemplateMiner", () => {
  it("gives lines that differ in what varies one template", () => {
    const miner = new TemplateMiner();
    const first = miner.add("auth", "login of alice failed after 3 tries", 1);
    const second = miner.add("auth", "login of bob failed after 17 tries", 2);
    expect(first).toMatchObject({ isNew: true, template: "login of alice failed after <NUM> tries" });
    expect(second).toEqual({
      fingerprint: first.fingerprint,
      template: "login of <*> failed after <NUM> tries",
      isNew: false,
    });
    expect(miner.size).toBe(1);
  });

  it("keeps services apart", () => {
    const miner = new TemplateMiner();
    const fingerprints = ["auth", "cart"].map((service) => miner.add(service, "disk is full", 1).fingerprint);
    expect(new Set(fingerprints).size).toBe(2);
  });

  it("keeps lines of other lengths and other beginnings apart", () => {
    const miner = new TemplateMiner();
    const all = ["disk is full", "disk is nearly full", "memory is full", "full is memory"];
    expect(new Set(all.map((line) => miner.add("s", line, 1).fingerprint)).size).toBe(4);
  });

  it("gives the same fingerprint in another process that sees the same line first", () => {
    const one = new TemplateMiner().add("auth", "user 17 is locked", 1);
    const other = new TemplateMiner().add("auth", "user 99 is locked", 2);
    expect(one.fingerprint).toBe(other.fingerprint);
    expect(one.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  it("never changes a template's fingerprint when it becomes more general", () => {
    fc.assert(
      fc.property(lines, (texts) => {
        const miner = new TemplateMiner();
        const matches = texts.map((text) => miner.add("s", text, 1));
        const known = new Set(matches.filter(({ isNew }) => isNew).map(({ fingerprint }) => fingerprint));
        expect(matches.every(({ fingerprint }) => known.has(fingerprint))).toBe(true);
        for (const { fingerprint } of matches) expect(miner.get(fingerprint)?.service).toBe("s");
      }),
    );
  });

  it("matches after a restart as it would have without", () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const kept = new Map<string, TemplateState>();
        const miner = new TemplateMiner();
        for (const text of before) {
          miner.add("s", text, 1);
          for (const state of miner.takeDirty()) kept.set(state.fingerprint, state);
        }
        const restarted = new TemplateMiner();
        restarted.restore([...kept.values()]);
        expect(restarted.size).toBe(miner.size);
        for (const text of after) {
          expect(restarted.add("s", text, 2)).toEqual(miner.add("s", text, 2));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("takes to the state what is new or different, and not every line", () => {
    const miner = new TemplateMiner();
    miner.add("s", "user alice left", 1);
    expect(miner.takeDirty()).toEqual([
      expect.objectContaining({ tokens: ["user", "alice", "left"], count: 1, firstSeen: 1, lastSeen: 1 }),
    ]);
    for (let i = 0; i < 1_000; i++) miner.add("s", "user alice left", 2);
    expect(miner.takeDirty()).toHaveLength(1);
    miner.add("s", "user alice left", 3);
    expect(miner.takeDirty()).toEqual([]);
    miner.add("s", "user bob left", 4);
    expect(miner.takeDirty()).toEqual([expect.objectContaining({ tokens: ["user", WILDCARD, "left"] })]);
  });

  it("keeps its bound, and lets those go that were unseen the longest", () => {
    const miner = new TemplateMiner({ maxTemplates: 50 });
    const word = (i: number) =>
      String.fromCharCode(97 + (i % 26)) + String.fromCharCode(97 + Math.floor(i / 26));
    const first = miner.add("s", "the one that is always there", 0).fingerprint;
    for (let i = 0; i < 500; i++) {
      miner.add("s", `${word(i)} ${word(i + 1)}`, i);
      miner.add("s", "the one that is always there", i);
      expect(miner.size).toBeLessThanOrEqual(51);
    }
    expect(miner.get(first)).toBeDefined();
    const again = miner.add("s", `${word(0)} ${word(1)}`, 1_000);
    expect(again.isNew).toBe(true);
  });

  it("keeps its bound over many services", () => {
    const miner = new TemplateMiner({ maxTemplates: 50 });
    for (let i = 0; i < 1_000; i++) miner.add(`service-${i}`, "disk is full", i);
    expect(miner.size).toBeLessThanOrEqual(51);
  });

  it("puts words beyond the most of a place into one branch", () => {
    const miner = new TemplateMiner({ maxChildren: 10 });
    const name = (i: number) =>
      `x${"abcdefghijklmnopqrstuvwxyz"[i % 26]}${"abcdefghijklmnopqrstuvwxyz"[Math.floor(i / 26)]}`;
    for (let i = 0; i < 200; i++) miner.add("s", `${name(i)} has no room left on its disk`, 1);
    expect(miner.size).toBeLessThanOrEqual(11);
  });

  it.each([
    "",
    " ",
    "\n\t",
    "x".repeat(100_000),
    "a ".repeat(100_000),
    "🙂 ".repeat(2_000),
    "\u0000",
    "<*> <NUM>",
    "__proto__ constructor",
  ])("takes any text: %#", (text) => {
    const miner = new TemplateMiner();
    const first = miner.add("s", text, 1);
    expect(first.isNew).toBe(true);
    expect(miner.add("s", text, 2)).toMatchObject({ fingerprint: first.fingerprint, isNew: false });
    expect(first.template.length).toBeLessThan(12_000);
  });
});

describe("grouping accuracy", () => {
  const accuracyOf = (name: string) => {
    const set = logSet(name, 2_000);
    const miner = new TemplateMiner();
    const groups = set.map(({ text }) => miner.add(name, text, 1).fingerprint);
    return groupingAccuracy(
      set.map(({ template }) => template),
      groups,
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
