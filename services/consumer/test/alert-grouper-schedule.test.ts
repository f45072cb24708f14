import { describe, expect, it } from "vitest";
import { Harness, HOUR, MINUTE, record, SECOND } from "./support/grouper-harness.ts";

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

  it("not as one that came back, when it mostly pauses for so long", () => {
    const harness = new Harness();
    for (let line = 0; line < 2; line++) {
      harness.line();
      harness.pass(12 * MINUTE);
    }
    expect(harness.notified).toHaveLength(2);
    for (let line = 0; line < 6; line++) {
      harness.line();
      expect(harness.pass(12 * MINUTE)).toEqual([]);
    }
    // Three times as long is over.
    harness.pass(25 * MINUTE);
    harness.line();
    expect(harness.pass(SECOND)).toMatchObject([{ count: 7, total: 9 }]);
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
