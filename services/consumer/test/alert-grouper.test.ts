import type { Level } from "@cali/log-record";
import { describe, expect, it } from "vitest";
import type { GroupMeta } from "../src/core/types.ts";
import { Dependencies } from "../src/group/dependencies.ts";
import { Harness, HOUR, MINUTE, record, SECOND, START } from "./support/grouper-harness.ts";
import { logRecord } from "./support/records.ts";

describe("when a group is notified", () => {
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

  it("never without a line that was not notified", () => {
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
          sequenceNumber: String(harness.notified.length + user.charCodeAt(0) * 10),
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

  it("forth notifies earlier, and nothing twice", () => {
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

  it("keeps those quiet that depend on a service in trouble, at any distance, and notifies them when it is over", () => {
    const harness = new Harness({ dependencies, inhibitWindowMs: 5 * MINUTE });
    harness.line({ service: "payment", template: "pool is empty" });
    harness.pass(SECOND);
    harness.line({ service: "checkout", template: "payment timed out" });
    harness.line({ service: "gateway", template: "checkout does not answer" });
    expect(harness.pass(4 * MINUTE)).toEqual([]);
    const notified = harness.pass(3 * MINUTE).map(({ service }) => service);
    expect(notified.sort()).toEqual(["checkout", "gateway"]);
  });

  it("shows what it keeps quiet in the root's alert", () => {
    const harness = new Harness({ dependencies });
    harness.line({ service: "checkout", template: "payment timed out" });
    harness.line({ service: "checkout", template: "payment timed out" });
    harness.line({ service: "payment", template: "pool is empty" });
    expect(harness.pass(SECOND)).toEqual([
      expect.objectContaining({ service: "payment", muted: [{ by: "checkout", count: 2 }] }),
    ]);
  });

  it("does not follow from a warning", () => {
    const harness = new Harness({ dependencies });
    harness.line({ service: "payment", template: "slow", level: "WARN" });
    harness.line({ service: "checkout", template: "payment timed out" });
    expect(harness.pass(SECOND)).toHaveLength(2);
  });

  it("never holds back what is FATAL, however long an error of a dependency goes on", () => {
    const harness = new Harness({ dependencies: { gateway: ["auth"] } });
    for (let minute = 0; minute < 24 * 60; minute++) {
      harness.line({ service: "auth", template: "feature flag new-login is unknown" });
      if (minute === 90) harness.line({ service: "gateway", template: "panic: nil map", level: "FATAL" });
      const notified = harness.pass(MINUTE).filter(({ service }) => service === "gateway");
      expect(notified).toHaveLength(minute === 90 ? 1 : 0);
    }
  });

  it("holds nothing back for longer than 30 minutes, a restart included", () => {
    const options = { dependencies };
    const before = new Harness(options);
    before.line({ service: "payment", template: "pool is empty" });
    before.line({ service: "checkout", template: "payment timed out" });
    before.pass(2 * MINUTE);
    const harness = new Harness(options);
    harness.now = before.now;
    harness.grouper.restore(before.grouper.takeDirty("shard-1"), []);
    const notified: string[] = [];
    for (let minute = 2; minute < 60; minute++) {
      harness.line({ service: "payment", template: "pool is empty" });
      harness.line({ service: "checkout", template: "payment timed out" });
      for (const { template } of harness.pass(MINUTE)) notified.push(`${minute} ${template}`);
    }
    expect(notified.filter((text) => text.endsWith("payment timed out"))).toEqual(["29 payment timed out"]);
  });

  it("says what may have caused it, when the half hour is over", () => {
    const harness = new Harness({ dependencies });
    for (let minute = 0; minute < 31; minute++) {
      harness.line({ service: "payment", template: "pool is empty" });
      harness.line({ service: "checkout", template: "payment timed out" });
      harness.pass(MINUTE);
    }
    expect(harness.notified.find(({ service }) => service === "checkout")?.mayBeCausedBy).toEqual([
      "payment",
    ]);
  });

  it.each<[string, Level, string]>([
    ["does not read as a symptom", "ERROR", "coupon is unknown"],
    ["is graver", "FATAL", "payment timed out"],
  ])("holds back nothing that %s", (_, level, template) => {
    const harness = new Harness({ dependencies });
    harness.line({ service: "payment", template: "pool is empty" });
    harness.line({ service: "checkout", template, level });
    expect(harness.pass(SECOND).map(({ service }) => service)).toContain("checkout");
  });

  it("learns who depends on whom from symptoms that name a service", () => {
    const harness = new Harness();
    harness.line({ service: "payment", template: "pool is empty" });
    harness.pass(SECOND);
    for (const what of ["payment timed out", "connection to payment refused", "payment does not answer"]) {
      harness.line({ service: "checkout", template: what });
    }
    expect(harness.pass(MINUTE)).toEqual([]);
  });

  it("learns it from traces that a symptom shares with an error", () => {
    const dependencies = new Dependencies({});
    const line = (service: string, message: string, trace_id: string) =>
      dependencies.learn(logRecord({ service, message, trace_id, level: "ERROR" }));
    for (const trace of ["a", "b", "c"]) {
      expect(line("payment", "pool is empty", trace)).toBe(false);
      expect(line("checkout", "upstream request timed out", trace)).toBe(true);
    }
    expect(dependencies.explains("payment", "checkout")).toBe(true);
    expect(dependencies.explains("checkout", "payment")).toBe(false);
  });

  it("silences neither of two that depend on each other", () => {
    const harness = new Harness({ dependencies: { a: ["b"], b: ["a"] } });
    harness.line({ service: "a" });
    harness.line({ service: "b" });
    expect(harness.pass(SECOND)).toHaveLength(2);
  });
});

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

describe("what an alert says of its lines", () => {
  it("names version, pod, trace, own frames, the rate, and a version that is new", () => {
    const harness = new Harness();
    const see = (version: string) => harness.grouper.see(logRecord({ service: "auth", version }));
    see("1.2.3");
    harness.now += 3 * HOUR;
    see("1.2.4");
    see("1.2.3");
    const started = harness.now;
    harness.pass(MINUTE);
    const content = "boom\n\tat com.acme.A.run(A.java:3)";
    harness.line({ template: "boom", content });
    expect(harness.pass(SECOND)).toEqual([
      expect.objectContaining({
        version: "1.2.3",
        podName: "checkout-7d4b9c-x2x1z",
        traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
        ownFrames: ["com.acme.A.run"],
        rate: [...Array(19).fill(0), 1],
        changed: { version: "1.2.4", since: started, before: "1.2.3" },
      }),
    ]);
  });
});

describe("silences", () => {
  const silence = { service: "auth", level: "ERROR", errorCode: "E1", template: "disk" } as const;

  it("hold back what they fit while they last, and notify it after", () => {
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

describe("several replicas", () => {
  it("counts the lines of all shards it reads together", () => {
    const harness = new Harness();
    harness.line({ shardId: "a" });
    harness.line({ shardId: "b" });
    expect(harness.pass(SECOND)).toEqual([expect.objectContaining({ count: 2, total: 2 })]);
  });

  it("takes over what another one notified of a group, and notifies its own lines later", () => {
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
