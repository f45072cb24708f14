import { describe, expect, it } from "vitest";
import { Harness, HOUR, MINUTE, record, SECOND, START } from "./support/grouper-harness.ts";
import { at, meta } from "./support/groups.ts";
import { logRecord } from "./support/records.ts";

describe("an alert, word for word", () => {
  const line = { code: "DB-42", content: "disk is full\n\tat com.acme.Disk.write(Disk.java:3)" };

  it("has the error code, the counts and the places of a new group", () => {
    const harness = new Harness();
    harness.line(line);
    harness.now += SECOND;
    harness.line({ ...line, shardId: "shard-2", level: "FATAL" });
    const [due, ...more] = harness.grouper.due(harness.now);
    expect(more).toEqual([]);
    expect(due).toEqual({
      meta: {
        fingerprint: "auth:disk is full",
        service: "auth",
        template: "disk is full",
        level: "FATAL",
        errorCode: "DB-42",
        createdAt: START,
        notifiedAt: START + SECOND,
        notifiedTotals: { "shard-1": 1, "shard-2": 1 },
        notifiedSpans: { "shard-1": { from: at(1), upTo: at(1) }, "shard-2": { from: at(2), upTo: at(2) } },
        notifications: 1,
      },
      alert: {
        id: `auth:disk is full-${START.toString(36)}-1`,
        fingerprint: "auth:disk is full",
        service: "auth",
        level: "FATAL",
        template: "disk is full",
        errorCode: "DB-42",
        count: 2,
        total: 2,
        suppressed: 1,
        firstSeen: START,
        lastSeen: START + SECOND,
        samples: [line.content, line.content],
        isNew: true,
        muted: [],
        version: "1.2.3",
        podName: "checkout-7d4b9c-x2x1z",
        platform: "eks",
        environment: "test",
        traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
        ownFrames: ["com.acme.Disk.write"],
        rate: [...Array(19).fill(0), 2],
      },
    });
  });

  it("has no error code where there is none, and takes a later line's", () => {
    const harness = new Harness();
    harness.line();
    const [first] = harness.grouper.due(harness.now);
    expect(first?.alert).not.toHaveProperty("errorCode");
    expect(first?.meta).not.toHaveProperty("errorCode");
    expect(first?.alert).not.toHaveProperty("isSymptom");
    expect(first?.alert).not.toHaveProperty("mayBeCausedBy");
    expect(first?.alert).not.toHaveProperty("changed");
    harness.line({ code: "E-1" });
    harness.line({ code: "E-2" });
    expect(harness.grouper.due(harness.now)[0]?.alert.errorCode).toBe("E-1");
  });

  it("goes on from what was notified: number, counts and code, over a restart", () => {
    const before = new Harness();
    before.line(line);
    const [due] = before.grouper.due(before.now);
    if (!due) return expect.unreachable();
    before.grouper.confirm(due.meta);
    const harness = new Harness();
    harness.now = before.now;
    harness.grouper.restore(before.grouper.takeDirty("shard-1"), [due.meta]);
    harness.grouper.observe({
      shardId: "shard-1",
      position: at(9),
      record: record({ service: "auth", level: "ERROR", message: "disk is full", at: harness.now }),
      fingerprint: "auth:disk is full",
      template: "disk is full",
      isNew: false,
      at: harness.now,
    });
    harness.now += 5 * HOUR;
    expect(harness.grouper.due(harness.now)).toEqual([
      {
        meta: {
          ...due.meta,
          notifiedAt: harness.now,
          notifications: 2,
          notifiedTotals: { "shard-1": 2 },
          notifiedSpans: { "shard-1": { from: at(1), upTo: at(9) } },
        },
        alert: expect.objectContaining({
          id: `auth:disk is full-${START.toString(36)}-2`,
          errorCode: "DB-42",
          count: 1,
          total: 2,
          suppressed: 1,
          isNew: false,
        }),
      },
    ]);
  });

  it("says that it is a symptom, and of which service", () => {
    const harness = new Harness({ dependencies: { auth: ["ldap"] } });
    harness.line({ service: "ldap" });
    harness.line({ template: "ldap timed out", level: "FATAL" });
    const symptom = harness.grouper.due(harness.now).find(({ alert }) => alert.service === "auth")?.alert;
    expect(symptom).toMatchObject({ isSymptom: true });
    expect(symptom).not.toHaveProperty("mayBeCausedBy");
    harness.line({ service: "ldap", template: "panic", level: "FATAL" });
    const again = harness.grouper.due(harness.now).find(({ alert }) => alert.service === "auth")?.alert;
    expect(again).toMatchObject({ isSymptom: true, mayBeCausedBy: ["ldap"] });
  });

  it("leaves a tally that a crash took back as it was notified", () => {
    const harness = new Harness();
    harness.line();
    harness.line({ shardId: "shard-2" });
    const notifiedSpans = { "shard-1": { from: at(1), upTo: at(50) } };
    const known = meta({
      fingerprint: "auth:disk is full",
      notifiedTotals: { "shard-1": 40 },
      notifiedSpans,
    });
    harness.grouper.restore([], [known]);
    harness.now += 5 * HOUR;
    const [due] = harness.grouper.due(harness.now);
    expect(due?.meta.notifiedTotals).toEqual({ "shard-1": 40, "shard-2": 1 });
    expect(due?.meta.notifiedSpans).toEqual({
      "shard-1": { from: at(1), upTo: at(50) },
      "shard-2": { from: at(2), upTo: at(2) },
    });
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

describe("a grouper", () => {
  it("knows service and template of a state's counts from who describes them", () => {
    const harness = new Harness({
      describe: (fingerprint) => ({ service: `of ${fingerprint}`, template: "t" }),
    });
    const known = new Harness();
    known.line();
    // As an earlier consumer wrote them.
    const counts = known.grouper.takeDirty("shard-1").map(({ context: _, ...rest }) => rest);
    harness.grouper.restore(counts, []);
    expect(harness.grouper.due(START).map(({ alert }) => [alert.service, alert.template])).toEqual([
      ["of auth:disk is full", "t"],
    ]);
  });

  it("gives alerts of one service one incident, and keeps it", () => {
    const harness = new Harness();
    harness.line();
    harness.line({ template: "no route" });
    const alerts = harness.grouper.due(START).map(({ alert }) => alert);
    const incidents = alerts.map((alert) => harness.grouper.incidentOf(alert));
    expect(incidents).toEqual(Array(2).fill({ id: alerts[0]?.id, services: ["auth"] }));
  });

  it("has to be asked when the wait of its first group is over, and at once when one has to go", () => {
    const harness = new Harness({ maxGroups: 1 });
    harness.line({ isNew: false });
    expect(harness.grouper.nextDueAt()).toBe(START + 30 * SECOND);
    harness.line({ isNew: false, template: "other" });
    expect(harness.grouper.nextDueAt()).toBe(Number.NEGATIVE_INFINITY);
  });

  it("takes a group for a symptom once a line of it was one", () => {
    const harness = new Harness();
    harness.line({ template: "call timed out" });
    harness.grouper.observe({
      shardId: "shard-1",
      position: at(9),
      record: record({ service: "auth", level: "ERROR", message: "call ended", at: START }),
      fingerprint: "auth:call timed out",
      template: "call <*>",
      isNew: false,
      at: START,
    });
    expect(harness.grouper.due(START)[0]?.alert).toMatchObject({ isSymptom: true, count: 2 });
  });
});
