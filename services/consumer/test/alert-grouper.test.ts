import { describe, expect, it } from "vitest";
import type { GroupMeta } from "../src/core/types.ts";
import { Harness, HOUR, MINUTE, record, SECOND, START } from "./support/grouper-harness.ts";

describe("when a group is told of", () => {
  it("at once, when its first line made the template", () => {
    const harness = new Harness();
    harness.line();
    expect(harness.pass(SECOND)).toEqual([
      expect.objectContaining({
        service: "auth",
        level: "ERROR",
        count: 1,
        total: 1,
        suppressed: 0,
        isNew: true,
      }),
    ]);
  });

  it("after the group wait, when the template is known, with all that came meanwhile", () => {
    const harness = new Harness();
    harness.line({ isNew: false });
    harness.pass(10 * SECOND);
    harness.line({ isNew: false });
    expect(harness.pass(19 * SECOND)).toEqual([]);
    expect(harness.pass(2 * SECOND)).toEqual([expect.objectContaining({ count: 2, suppressed: 1 })]);
  });

  it("again after the repeat interval, when it just goes on", () => {
    const harness = new Harness();
    harness.line();
    harness.pass(SECOND);
    let lines = 0;
    for (let minute = 0; minute < 239; minute++) {
      if (minute % 4 === 0 && lines < 9) {
        harness.line();
        lines++;
      }
      expect(harness.pass(MINUTE), `minute ${minute}`).toEqual([]);
      if (lines === 9) break;
    }
    const [alert] = harness.pass(4 * HOUR);
    expect(alert).toMatchObject({ count: lines, suppressed: lines, total: lines + 1, isNew: false });
  });

  it("after the group interval, when it gets graver", () => {
    const harness = new Harness();
    harness.line({ level: "WARN" });
    harness.pass(SECOND);
    harness.line({ level: "FATAL" });
    expect(harness.pass(4 * MINUTE)).toEqual([]);
    expect(harness.pass(2 * MINUTE)).toEqual([expect.objectContaining({ level: "FATAL", count: 1 })]);
  });

  it("after the group interval, when it surges", () => {
    const harness = new Harness();
    harness.line();
    harness.pass(SECOND);
    for (let i = 0; i < 10; i++) harness.line();
    expect(harness.pass(4 * MINUTE)).toEqual([]);
    expect(harness.pass(2 * MINUTE)).toEqual([
      expect.objectContaining({ count: 10, suppressed: 10, total: 11 }),
    ]);
  });

  it("at once, when it comes back after it was quiet for longer than the group interval", () => {
    const harness = new Harness();
    harness.line();
    harness.pass(6 * MINUTE);
    harness.line();
    expect(harness.pass(SECOND)).toEqual([expect.objectContaining({ count: 1, isNew: false })]);
  });

  it("never without a line that was not told of", () => {
    const harness = new Harness();
    harness.line();
    harness.pass(SECOND);
    expect(harness.pass(10 * HOUR)).toEqual([]);
    expect(harness.grouper.nextDueAt()).toBeUndefined();
  });

  it("with at most three different samples, redacted", () => {
    const harness = new Harness();
    for (const user of ["a", "a", "b", "c", "d"]) {
      harness.grouper.observe({
        shardId: "s",
        position: {
          sequenceNumber: String(harness.told.length + user.charCodeAt(0) * 10),
          index: harness.now,
        },
        record: record({
          service: "auth",
          level: "WARN",
          message: `login of ${user}@example.com ${user}`,
          at: harness.now++,
        }),
        fingerprint: "f",
        template: "login of <EMAIL> <*>",
        isNew: true,
        at: harness.now,
      });
    }
    const [alert] = harness.pass(SECOND);
    expect(alert?.samples).toEqual(["login of <email> a", "login of <email> b", "login of <email> c"]);
  });
});

it("leaves no secret in the template that an alert shows", () => {
  const harness = new Harness();
  harness.line({ template: "login failed password=hunter" });
  expect(harness.pass(SECOND)).toEqual([
    expect.objectContaining({ template: "login failed password=<secret>" }),
  ]);
});

describe("a clock that jumps", () => {
  it("back makes nobody wait for it to catch up", () => {
    const harness = new Harness();
    harness.line();
    harness.pass(SECOND);
    harness.now -= 24 * HOUR;
    harness.line({ level: "FATAL" });
    expect(harness.pass(6 * MINUTE)).toEqual([expect.objectContaining({ level: "FATAL" })]);
  });

  it("forth tells earlier, and nothing twice", () => {
    const harness = new Harness();
    harness.line();
    harness.pass(SECOND);
    harness.line();
    harness.now += 24 * HOUR;
    expect(harness.pass(SECOND)).toHaveLength(1);
    expect(harness.pass(HOUR)).toEqual([]);
  });
});

describe("inhibition", () => {
  const dependencies = { checkout: ["payment"], gateway: ["checkout"] };

  it("keeps those quiet that depend on a service in trouble, at any distance, and tells of them when it is over", () => {
    const harness = new Harness({ dependencies, inhibitWindowMs: 5 * MINUTE });
    harness.line({ service: "payment", template: "pool is empty" });
    harness.pass(SECOND);
    harness.line({ service: "checkout", template: "payment failed" });
    harness.line({ service: "gateway", template: "checkout failed" });
    expect(harness.pass(4 * MINUTE)).toEqual([]);
    const told = harness.pass(3 * MINUTE).map(({ service }) => service);
    expect(told.sort()).toEqual(["checkout", "gateway"]);
  });

  it("shows what it keeps quiet in the root's alert", () => {
    const harness = new Harness({ dependencies });
    harness.line({ service: "checkout", template: "payment failed" });
    harness.line({ service: "checkout", template: "payment failed" });
    harness.line({ service: "payment", template: "pool is empty" });
    expect(harness.pass(SECOND)).toEqual([
      expect.objectContaining({ service: "payment", muted: [{ by: "checkout", count: 2 }] }),
    ]);
  });

  it("does not follow from a warning", () => {
    const harness = new Harness({ dependencies });
    harness.line({ service: "payment", template: "slow", level: "WARN" });
    harness.line({ service: "checkout", template: "payment failed" });
    expect(harness.pass(SECOND)).toHaveLength(2);
  });

  it("never holds back what is FATAL, however long an error of a dependency goes on", () => {
    const harness = new Harness({ dependencies: { gateway: ["auth"] } });
    for (let minute = 0; minute < 24 * 60; minute++) {
      harness.line({ service: "auth", template: "feature flag new-login is unknown" });
      if (minute === 90) harness.line({ service: "gateway", template: "panic: nil map", level: "FATAL" });
      const told = harness.pass(MINUTE).filter(({ service }) => service === "gateway");
      expect(told).toHaveLength(minute === 90 ? 1 : 0);
    }
  });

  it("holds nothing back for longer than 30 minutes, a restart included", () => {
    const options = { dependencies };
    const before = new Harness(options);
    before.line({ service: "payment", template: "pool is empty" });
    before.line({ service: "checkout", template: "payment failed" });
    before.pass(2 * MINUTE);
    const harness = new Harness(options);
    harness.now = before.now;
    harness.grouper.restore(before.grouper.takeDirty("shard-1"), []);
    const told: string[] = [];
    for (let minute = 2; minute < 60; minute++) {
      harness.line({ service: "payment", template: "pool is empty" });
      harness.line({ service: "checkout", template: "payment failed" });
      for (const { template } of harness.pass(MINUTE)) told.push(`${minute} ${template}`);
    }
    expect(told.filter((text) => text.endsWith("payment failed"))).toEqual(["29 payment failed"]);
  });

  it("silences neither of two that depend on each other", () => {
    const harness = new Harness({ dependencies: { a: ["b"], b: ["a"] } });
    harness.line({ service: "a" });
    harness.line({ service: "b" });
    expect(harness.pass(SECOND)).toHaveLength(2);
  });
});

describe("silences", () => {
  const silence = { service: "auth", level: "ERROR", errorCode: "E1", template: "disk" } as const;

  it("hold back what they fit while they last, and tell of it after", () => {
    const harness = new Harness({ silences: [{ ...silence, from: START, until: START + HOUR }] });
    harness.line({ code: "E1" });
    harness.line({ template: "other", code: "E1" });
    expect(harness.pass(59 * MINUTE).map(({ template }) => template)).toEqual(["other"]);
    expect(harness.pass(2 * MINUTE)).toEqual([
      expect.objectContaining({ template: "disk is full", count: 1 }),
    ]);
  });

  it.each<[string, object]>([
    ["another service", { service: "cart" }],
    ["another level", { level: "WARN" }],
    ["another error code", { errorCode: "E2" }],
    ["a text that the template doesn't have", { template: "memory" }],
    ["another time", { from: START + HOUR }],
  ])("do not fit %s", (_, change) => {
    const harness = new Harness({
      silences: [{ ...silence, from: START, until: START + 2 * HOUR, ...change }],
    });
    harness.line({ code: "E1" });
    expect(harness.pass(SECOND)).toHaveLength(1);
  });
});

describe("bounds", () => {
  it("lets groups go that were told of, the longest quiet first", () => {
    const harness = new Harness({ maxGroups: 10 });
    for (let i = 0; i < 50; i++) {
      harness.line({ template: `t${i}` });
      harness.pass(SECOND);
      expect(harness.grouper.size).toBeLessThanOrEqual(10);
    }
    expect(harness.told).toHaveLength(50);
  });

  it("lets groups go, too, that only other replicas have lines of", () => {
    const harness = new Harness({ maxGroups: 10 });
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

  it("tells of a group before it lets it go", () => {
    const harness = new Harness({ maxGroups: 10 });
    for (let i = 0; i < 50; i++) harness.line({ template: `t${i}`, isNew: false });
    harness.pass(SECOND);
    expect(harness.grouper.size).toBeLessThanOrEqual(10);
    harness.pass(MINUTE);
    expect(new Set(harness.told.map(({ template }) => template)).size).toBe(50);
  });

  it("goes on counting when a group comes again that was let go", () => {
    const harness = new Harness({ maxGroups: 1 });
    const metas: GroupMeta[] = [];
    const tell = () => {
      for (const { meta, alert } of harness.grouper.due(harness.now)) {
        metas.push(meta);
        harness.told.push(alert);
        harness.grouper.confirm(meta);
      }
    };
    harness.line({ template: "a" });
    tell();
    harness.line({ template: "b" });
    tell();
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
    tell();
    expect(harness.told.filter(({ template }) => template === "a").map(({ count }) => count)).toEqual([1, 1]);
    expect(new Set(harness.told.map(({ id }) => id)).size).toBe(3);
  });
});

describe("several replicas", () => {
  it("counts the lines of all shards it reads together", () => {
    const harness = new Harness();
    harness.line({ shardId: "a" });
    harness.line({ shardId: "b" });
    expect(harness.pass(SECOND)).toEqual([expect.objectContaining({ count: 2, total: 2 })]);
  });

  it("takes over what another one told of a group, and tells later of its own lines", () => {
    const harness = new Harness();
    harness.line();
    const [due] = harness.grouper.due(harness.now);
    if (!due) throw new Error("nothing is due");
    harness.grouper.restore([], [{ ...due.meta, notifiedTotals: { "another-shard": 5 } }]);
    expect(harness.pass(HOUR)).toEqual([]);
    expect(harness.pass(4 * HOUR)).toEqual([expect.objectContaining({ count: 1, isNew: false })]);
  });

  it("forgets the lines of a shard that another one goes on with", () => {
    const harness = new Harness();
    harness.line({ isNew: false });
    harness.grouper.dropShard("shard-1");
    expect(harness.pass(HOUR)).toEqual([]);
    expect(harness.grouper.takeDirty("shard-1")).toEqual([]);
  });
});
