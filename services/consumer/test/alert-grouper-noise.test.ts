import { describe, expect, it } from "vitest";
import type { GroupMeta } from "../src/core/types.ts";
import { Harness, HOUR, MINUTE, SECOND, START } from "./support/grouper-harness.ts";

describe("noise", () => {
  const sentence = (at: number) =>
    Array.from({ length: 6 }, (_, word) => `w${"abcdefghij"[(at >> word) % 10]}${"klmnop"[word]}`).join(" ");

  it("makes one alert of new kinds without end, which is counted on", () => {
    const harness = new Harness();
    for (let at = 0; at < 1_000; at++) {
      harness.line({ template: `Unexpected system error: ${sentence(at)} ${at}` });
      harness.pass(SECOND);
    }
    expect(harness.notified.length).toBeLessThanOrEqual(25);
    harness.pass(5 * HOUR);
    const last = harness.notified.filter(({ template }) => template.includes("new kinds in auth")).at(-1);
    expect(last?.template).toMatch(/^\d+ new kinds in auth, most often: Unexpected system error/);
    expect(harness.notified.reduce((sum, { count }) => sum + count, 0)).toBe(1_000);
  });

  it("has kinds apart again when they come slowly, and those of other services and FATAL ones always", () => {
    const harness = new Harness({ newKindsAnHour: 2 });
    for (let at = 0; at < 6; at++) harness.line({ template: `kind ${at}` });
    harness.line({ service: "cart", template: "its own" });
    harness.line({ template: "panic", level: "FATAL" });
    expect(harness.pass(SECOND).map(({ template }) => template)).toEqual(
      expect.arrayContaining(["kind 0", "kind 1", "its own", "panic"]),
    );
    harness.pass(2 * HOUR);
    harness.line({ template: "kind 9" });
    expect(harness.pass(SECOND).map(({ template }) => template)).toEqual(["kind 9"]);
  });

  it("notifies warnings once they are many in a short time", () => {
    const harness = new Harness({ warnLeastLines: 3, warnWindowMs: 10 * MINUTE });
    for (let line = 0; line < 5; line++) {
      harness.line({ level: "WARN" });
      expect(harness.pass(6 * MINUTE)).toEqual([]);
    }
    harness.line({ level: "WARN" });
    harness.line({ level: "WARN" });
    expect(harness.pass(SECOND)).toEqual([expect.objectContaining({ count: 7 })]);
  });

  it("notifies an error at once, however few warnings its group had", () => {
    const harness = new Harness({ warnLeastLines: 3 });
    harness.line({ level: "WARN" });
    harness.line({ level: "ERROR" });
    expect(harness.pass(SECOND)).toEqual([expect.objectContaining({ count: 2, level: "ERROR" })]);
  });

  it("notifies only FATAL and, if known, others while it learns; later of what gets worse", () => {
    const harness = new Harness();
    harness.grouper.learnUntil(START + 10 * MINUTE);
    harness.line({ template: "usual" });
    harness.line({ template: "panic", level: "FATAL" });
    expect(
      harness.grouper.due(harness.now).map(({ alert, onlyIfKnown }) => [alert.template, onlyIfKnown]),
    ).toEqual([
      ["usual", true],
      ["panic", undefined],
    ]);
    for (const { meta, onlyIfKnown } of harness.grouper.due(harness.now)) {
      if (onlyIfKnown) harness.grouper.leaveForLater(meta);
      else harness.grouper.confirm(meta);
    }
    harness.line({ template: "usual" });
    expect(harness.pass(20 * MINUTE)).toEqual([]);
    harness.line({ template: "unusual" });
    expect(harness.pass(SECOND).map(({ template }) => template)).toEqual(["unusual"]);
    for (let line = 0; line < 10; line++) harness.line({ template: "usual" });
    expect(harness.pass(SECOND).map(({ template, count }) => [template, count])).toEqual([["usual", 12]]);
  });
});

describe("bounds", () => {
  it("lets groups go that were notified, the longest quiet first", () => {
    const harness = new Harness({ maxGroups: 10, newKindsAnHour: 1_000 });
    for (let i = 0; i < 50; i++) {
      harness.line({ template: `t${i}` });
      harness.pass(SECOND);
      expect(harness.grouper.size).toBeLessThanOrEqual(10);
    }
    expect(harness.notified).toHaveLength(50);
  });

  it("lets groups go, too, that only other replicas have lines of", () => {
    const harness = new Harness({ maxGroups: 10, newKindsAnHour: 1_000 });
    harness.line();
    const [due] = harness.grouper.due(harness.now);
    if (!due) throw new Error("nothing is due");
    const metas = Array.from({ length: 100 }, (_, i) => ({
      ...due.meta,
      fingerprint: `f${i}`,
      notifiedTotals: {},
    }));
    harness.grouper.restore([], metas);
    for (let i = 0; i < 120; i++) harness.line({ template: `t${i}` });
    harness.pass(SECOND);
    expect(harness.grouper.size).toBeLessThanOrEqual(130);
    for (let i = 0; i < 120; i++) {
      harness.line({ template: `u${i}` });
      harness.pass(SECOND);
    }
    expect(harness.grouper.size).toBeLessThanOrEqual(11);
  });

  it("notifies a group before it lets it go", () => {
    const harness = new Harness({ maxGroups: 10, newKindsAnHour: 1_000 });
    for (let i = 0; i < 50; i++) harness.line({ template: `t${i}`, isNew: false });
    harness.pass(SECOND);
    expect(harness.grouper.size).toBeLessThanOrEqual(10);
    harness.pass(MINUTE);
    expect(new Set(harness.notified.map(({ template }) => template)).size).toBe(50);
  });

  it("goes on counting when a group comes again that was let go", () => {
    const harness = new Harness({ maxGroups: 1 });
    const metas: GroupMeta[] = [];
    const notify = () => {
      for (const { meta, alert } of harness.grouper.due(harness.now)) {
        metas.push(meta);
        harness.notified.push(alert);
        harness.grouper.confirm(meta);
      }
    };
    harness.line({ template: "a" });
    notify();
    harness.line({ template: "b" });
    notify();
    harness.line({ template: "a", isNew: false });
    // The store knows the group, and says so.
    harness.grouper.restore(
      [],
      metas.filter(({ template }) => template === "a"),
    );
    const [contribution] = harness.grouper
      .takeDirty("shard-1")
      .filter(({ fingerprint }) => fingerprint === "auth:a");
    expect(contribution?.count).toBe(2);
    harness.now += 5 * HOUR;
    notify();
    expect(harness.notified.filter(({ template }) => template === "a").map(({ count }) => count)).toEqual([
      1, 1,
    ]);
    expect(new Set(harness.notified.map(({ id }) => id)).size).toBe(3);
  });
});
