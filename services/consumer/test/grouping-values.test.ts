import type { Level } from "@cali/log-record";
import { describe, expect, it } from "vitest";
import type { Contribution, GroupMeta, Position } from "../src/core/types.ts";
import { Dependencies, isSymptom } from "../src/group/dependencies.ts";
import { type Group, hasCaughtUp, newGroup, noteLine, rank, rateOf, totalsOf } from "../src/group/group.ts";
import { GroupBook } from "../src/group/group-book.ts";
import { Inhibition } from "../src/group/inhibition.ts";
import { dueAt, noteRate, type ScheduleOptions } from "../src/group/schedule.ts";
import { silencedUntil } from "../src/group/silences.ts";
import { addSample, newTally, notifiedOf, type Tally } from "../src/group/tally.ts";
import { Versions } from "../src/group/versions.ts";
import { Harness, HOUR, MINUTE, record, SECOND, START } from "./support/grouper-harness.ts";
import { logRecord } from "./support/records.ts";

const at = (sequenceNumber: number, index = 0): Position => ({
  sequenceNumber: String(sequenceNumber),
  index,
});
const tally = (over: Partial<Tally> = {}): Tally => ({ ...newTally(at(1), START), ...over });
const meta = (over: Partial<GroupMeta> = {}): GroupMeta => ({
  fingerprint: "f",
  service: "auth",
  template: "disk is full",
  level: "ERROR",
  createdAt: START,
  notifiedAt: START,
  notifiedTotals: {},
  notifications: 1,
  ...over,
});
function group(tallies: Readonly<Record<string, Partial<Tally>>> = {}, over: Partial<Group> = {}): Group {
  const made = newGroup({
    fingerprint: "f",
    service: "auth",
    template: "disk is full",
    createdAt: START,
    startsNew: false,
  });
  for (const [shardId, one] of Object.entries(tallies)) made.tallies.set(shardId, tally(one));
  return Object.assign(made, over);
}

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

describe("what a shard brought", () => {
  it("is given to the state once, each count with its places", () => {
    const harness = new Harness();
    harness.line({ level: "WARN" });
    harness.now += MINUTE;
    harness.line({ content: "disk is full on /data" });
    expect(harness.grouper.takeDirty("shard-1")).toEqual([
      {
        shardId: "shard-1",
        fingerprint: "auth:disk is full",
        count: 2,
        byLevel: { WARN: 1, ERROR: 1 },
        firstSeen: START,
        lastSeen: START + MINUTE,
        samples: ["disk is full", "disk is full on /data"],
        from: at(1),
        upTo: at(2),
        told: 0,
        pendingSince: START,
      },
    ]);
    expect(harness.grouper.takeDirty("shard-1")).toEqual([]);
    expect(harness.grouper.takeDirty("shard-2")).toEqual([]);
  });

  it("counts no position twice, and says so", () => {
    const harness = new Harness();
    expect(harness.line()).toBe(true);
    const again = {
      shardId: "shard-1",
      position: at(1),
      record: record({ service: "auth", level: "ERROR", message: "disk is full", at: START }),
      fingerprint: "auth:disk is full",
      template: "disk is full",
      isNew: false,
      at: START,
    } as const;
    expect(harness.grouper.observe(again)).toBe(false);
    expect(harness.grouper.observe({ ...again, position: at(1, 1) })).toBe(true);
    expect(harness.grouper.due(START)[0]?.alert.count).toBe(2);
  });

  it("is described by who knows the template, and is nobody's where nobody does", () => {
    const contribution: Contribution = {
      shardId: "s",
      fingerprint: "f",
      count: 3,
      byLevel: { ERROR: 3 },
      firstSeen: START,
      lastSeen: START + SECOND,
      samples: ["connection refused"],
      upTo: at(3),
    };
    const restored = (describe?: (fingerprint: string) => { service: string; template: string }) => {
      const book = new GroupBook({
        maxGroups: 10,
        groupIntervalMs: MINUTE,
        now: () => START + HOUR,
        describe,
      });
      book.restore([contribution], []);
      return book.get("f");
    };
    expect(restored((one) => ({ service: `of ${one}`, template: "t" }))).toMatchObject({
      service: "of f",
      template: "t",
      startsNew: true,
      createdAt: START + HOUR,
      observedAt: START + SECOND,
      isSymptom: true,
    });
    const unknown = restored();
    expect(unknown).toMatchObject({ service: "unknown", template: "" });
    expect(unknown?.tallies.get("s")).toEqual({
      notified: 0,
      pendingSince: START + HOUR,
      count: 3,
      byLevel: { ERROR: 3 },
      firstSeen: START,
      lastSeen: START + SECOND,
      samples: ["connection refused"],
      upTo: at(3),
    });
  });

  it("is forgotten with its shard, and a group with the last of it", () => {
    const harness = new Harness();
    harness.line();
    harness.line({ shardId: "shard-2", template: "other" });
    harness.grouper.dropShard("shard-1");
    expect(harness.grouper.size).toBe(1);
    expect(harness.grouper.takeDirty("shard-1")).toEqual([]);
    expect(harness.grouper.due(START).map(({ alert }) => alert.template)).toEqual(["other"]);
  });
});

describe("totals", () => {
  it("are over all shards: lines, what is pending, the gravest level, the times", () => {
    const one = group({
      a: { count: 5, notified: 2, byLevel: { WARN: 5 }, firstSeen: 10, lastSeen: 20, pendingSince: 7 },
      b: {
        count: 3,
        notified: 3,
        byLevel: { INFO: 2, ERROR: 1 },
        firstSeen: 5,
        lastSeen: 15,
        pendingSince: 3,
      },
      c: { count: 2, notified: 1, byLevel: { INFO: 2 }, firstSeen: 12, lastSeen: 25 },
    });
    expect(totalsOf(one)).toEqual({
      total: 10,
      pending: 4,
      notified: 0,
      level: "ERROR",
      firstSeen: 5,
      lastSeen: 25,
      reopened: false,
      pendingSince: 7,
    });
    one.meta = meta({ notifiedTotals: { a: 2, other: 7 } });
    expect(totalsOf(one).notified).toBe(9);
    expect(totalsOf(group({ a: { count: 1, notified: 1 } })).pendingSince).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    [undefined, 3, false],
    [3, 3, false],
    [4, 3, true],
  ])("say whether it came back: reopened at %s, notified %i", (reopenedAtCount, notified, reopened) => {
    expect(totalsOf(group({ a: { count: 5, notified, reopenedAtCount } })).reopened).toBe(reopened);
  });

  it("rank the levels", () => {
    const levels: Level[] = ["FATAL", "DEBUG", "ERROR", "INFO", "WARN"];
    expect(levels.sort((a, b) => rank(a) - rank(b))).toEqual(["DEBUG", "INFO", "WARN", "ERROR", "FATAL"]);
  });
});

describe("how many lines of a shard were notified", () => {
  const span = (upTo: Position, from?: Position) => ({ s: { ...(from && { from }), upTo } });
  it.each<[string, Partial<Tally>, Partial<GroupMeta>, number]>([
    ["none are known of", { count: 5, notified: 2 }, {}, 2],
    [
      "of a state without places, all of the total",
      { count: 5, notified: 2 },
      { notifiedTotals: { s: 4 } },
      4,
    ],
    [
      "of a total that is greater than the count, all",
      { count: 3, notified: 0 },
      { notifiedTotals: { s: 9 } },
      3,
    ],
    ["never fewer than before", { count: 5, notified: 4 }, { notifiedTotals: { s: 1 } }, 4],
    [
      "all, where the tally stands before what was notified",
      { count: 5, notified: 0, upTo: at(7) },
      { notifiedTotals: { s: 9 }, notifiedSpans: span(at(7), at(2)) },
      5,
    ],
    [
      "of the same beginning, the total",
      { count: 5, notified: 0, from: at(1), upTo: at(8) },
      { notifiedTotals: { s: 4 }, notifiedSpans: span(at(7), at(1)) },
      4,
    ],
    [
      "of another beginning, what is known of the tally",
      { count: 5, notified: 1, from: at(2), upTo: at(8) },
      { notifiedTotals: { s: 4 }, notifiedSpans: span(at(7), at(1)) },
      1,
    ],
    [
      "of an unknown beginning on both sides, the total",
      { count: 5, notified: 0, from: undefined, upTo: at(8) },
      { notifiedTotals: { s: 4 }, notifiedSpans: span(at(7)) },
      4,
    ],
    [
      "of an unknown beginning on one side, what is known of the tally",
      { count: 5, notified: 0, from: undefined, upTo: at(8) },
      { notifiedTotals: { s: 4 }, notifiedSpans: span(at(7), at(1)) },
      0,
    ],
  ])("%s", (_, one, notified, expected) => {
    expect(notifiedOf("s", tally(one), meta(notified))).toBe(expected);
  });

  it("is caught up once each shard is where it was notified", () => {
    const notifiedSpans = { s: { upTo: at(7) }, gone: { upTo: at(9) } };
    const counted = (upTo: number) =>
      hasCaughtUp(group({ s: { upTo: at(upTo) } }, { meta: meta({ notifiedSpans }) }));
    expect([counted(6), counted(7), counted(8)]).toEqual([false, true, true]);
    expect(hasCaughtUp(group({ s: { upTo: at(1) } }))).toBe(true);
    expect(hasCaughtUp(group({ new: { upTo: at(1) } }, { meta: meta({ notifiedSpans }) }))).toBe(true);
  });
});

describe("when a group is due", () => {
  const OPTIONS: ScheduleOptions = {
    groupWaitMs: 30,
    groupIntervalMs: 300,
    repeatIntervalMs: 14_400,
    surgeFactor: 10,
    warnLeastLines: 3,
    warnWindowMs: 100,
  };
  const NEVER = Number.POSITIVE_INFINITY;
  const notified = (over: Partial<GroupMeta> = {}) => ({ meta: meta({ notifiedTotals: { s: 2 }, ...over }) });
  it.each<[string, Partial<Tally>, Partial<Group>, number]>([
    ["never, without a line", { count: 2, notified: 2 }, {}, NEVER],
    ["at once, when it has to go", { count: 1 }, { leaving: true }, Number.NEGATIVE_INFINITY],
    ["never, of few warnings", { count: 1, byLevel: { WARN: 1 } }, {}, NEVER],
    ["after its wait, of many warnings", { count: 1, byLevel: { WARN: 1 } }, { isLoud: true }, START + 30],
    ["after its wait, of a template that is known", { count: 1, byLevel: { ERROR: 1 } }, {}, START + 30],
    ["at once, of a template that it made", { count: 1, byLevel: { ERROR: 1 } }, { startsNew: true }, START],
    ["much later, of what is usual", { count: 19, byLevel: { ERROR: 1 } }, { usualLines: 2 }, START + 14_400],
    [
      "sooner, of what is usual and surges",
      { count: 20, byLevel: { ERROR: 1 } },
      { usualLines: 2 },
      START + 300,
    ],
    [
      "sooner, of ten where none was usual",
      { count: 10, byLevel: { ERROR: 1 } },
      { usualLines: 0 },
      START + 300,
    ],
    [
      "after its wait, of what is usual and FATAL",
      { count: 1, byLevel: { FATAL: 1 } },
      { usualLines: 2 },
      START + 30,
    ],
    ["late, of what goes on", { count: 21, notified: 2, byLevel: { ERROR: 1 } }, notified(), START + 14_400],
    ["sooner, of what surges", { count: 22, notified: 2, byLevel: { ERROR: 1 } }, notified(), START + 300],
    ["sooner, of what got graver", { count: 3, notified: 2, byLevel: { FATAL: 1 } }, notified(), START + 300],
    [
      "sooner, of what came back",
      { count: 3, notified: 2, byLevel: { ERROR: 1 }, reopenedAtCount: 3 },
      notified(),
      START + 300,
    ],
    [
      "late, of a graver one that was notified",
      { count: 3, notified: 2, byLevel: { ERROR: 1 } },
      notified({ level: "FATAL" }),
      START + 14_400,
    ],
    [
      "from when the clock was set back",
      { count: 1, byLevel: { ERROR: 1 } },
      { countsFrom: START + HOUR },
      START + MINUTE + 30,
    ],
  ])("%s", (_, one, over, expected) => {
    expect(dueAt(group({ s: one }, over), OPTIONS, START + MINUTE)).toBe(expected);
  });

  it("is decided by so many warnings within their window, the last ones", () => {
    const loud = (...times: number[]) => {
      const one = group();
      for (const observedAt of times) noteRate(Object.assign(one, { observedAt }), OPTIONS);
      return one.isLoud;
    };
    expect(loud(0, 50)).toBe(false);
    expect(loud(0, 50, 100)).toBe(true);
    expect(loud(0, 50, 101)).toBe(false);
    expect(loud(0, 50, 101, 120)).toBe(true);
    const one = group({}, { isLoud: true, observedAt: 5 });
    noteRate(one, OPTIONS);
    expect(one.recent).toEqual([]);
  });
});

describe("a silence", () => {
  const found = { service: "auth", level: "ERROR", errorCode: "E1", template: "disk is full" } as const;
  it.each([
    [99, undefined],
    [100, 200],
    [199, 200],
    [200, undefined],
  ])("holds from its beginning to before its end: at %i", (now, until) => {
    expect(silencedUntil(found, [{ from: 100, until: 200 }], now)).toBe(until);
  });

  it("ends with the last that holds", () => {
    const silences = [150, 300, 200].map((until) => ({ from: 0, until }));
    expect(silencedUntil(found, [...silences, { from: 0, until: 900, service: "cart" }], 100)).toBe(300);
    expect(silencedUntil(found, [], 100)).toBeUndefined();
    expect(
      silencedUntil({ ...found, errorCode: undefined }, [{ from: 0, until: 9, errorCode: "E1" }], 1),
    ).toBeUndefined();
  });
});

describe("a line's own words", () => {
  it("are those of the last line, the frames of the first that has some", () => {
    const one = group();
    noteLine(one, logRecord({ trace_id: "-", version: "1", pod_name: "a" }), START);
    expect(one.latest).toEqual({ version: "1", podName: "a" });
    const content = "boom\n\tat com.acme.A.run(A.java:3)";
    noteLine(one, logRecord({ version: "2", pod_name: "b", log_content: content }), START);
    noteLine(one, logRecord({ log_content: "boom\n\tat com.acme.B.run(B.java:3)" }), START);
    expect(one.latest).toEqual({
      version: "1.2.3",
      podName: "checkout-7d4b9c-x2x1z",
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      ownFrames: ["com.acme.A.run"],
    });
  });

  it("are counted by minute, for the last twenty", () => {
    const one = group();
    for (let minute = 0; minute < 25; minute++) {
      noteLine(one, logRecord(), START + minute * MINUTE);
      if (minute % 2 === 0) noteLine(one, logRecord(), START + minute * MINUTE + 59_999);
    }
    expect(one.rate).toHaveLength(20);
    const last = START + 24 * MINUTE;
    expect(rateOf(one, last)).toEqual(
      Array.from({ length: 20 }, (_, place) => ((place + 5) % 2 === 0 ? 2 : 1)),
    );
    expect(rateOf(one, last + MINUTE).slice(-2)).toEqual([2, 0]);
    expect(rateOf(one, last + 30 * MINUTE)).toEqual(Array(20).fill(0));
  });

  it("are kept as three different samples, cut and redacted", () => {
    const one = tally();
    const long = `${"x".repeat(990)} password=hunter2hunter2`;
    for (const line of [long, long, "a", "a", "b", "c"]) addSample(one, line);
    expect(one.samples).toEqual([`${"x".repeat(990)} password=`, "a", "b"]);
    const repeated = tally();
    addSample(repeated, "mail of a@example.com");
    for (let n = 0; n < 64; n++) addSample(repeated, `mail of b${n}@example.com`);
    // What brings nothing new so often is not looked at any more.
    addSample(repeated, "another");
    expect(repeated.samples).toEqual(["mail of <email>"]);
  });
});

describe("trouble that explains other trouble", () => {
  const service = (name: string, level: Level, over: Partial<Group> = {}, one: Partial<Tally> = {}) =>
    group(
      { s: { count: 2, notified: 0, byLevel: { [level]: 2 }, pendingSince: START, ...one } },
      { service: name, observedAt: START, isSymptom: true, ...over },
    );
  const dependencies = new Dependencies({ auth: ["ldap"], shop: ["auth"] });
  const window = { now: START, windowMs: MINUTE };

  it.each<[string, Group, string[]]>([
    ["an error", service("ldap", "ERROR"), ["ldap"]],
    ["a warning", service("ldap", "WARN"), []],
    ["a service that is not depended on", service("cart", "ERROR"), []],
    ["an error of long ago", service("ldap", "ERROR", { observedAt: START - MINUTE - 1 }), []],
    ["an error within the window", service("ldap", "ERROR", { observedAt: START - MINUTE }), ["ldap"]],
    ["an error that no shard counts", service("ldap", "ERROR", { tallies: new Map() }), []],
  ])("is %s", (_, root, roots) => {
    const symptom = service("auth", "ERROR");
    expect(new Inhibition([root, symptom], dependencies, window).rootsOf(symptom)).toEqual(roots);
  });

  it("is at least as grave, whichever of a service's groups comes first, and explains symptoms alone", () => {
    const symptom = service("auth", "FATAL");
    const roots = (...groups: Group[]) => new Inhibition(groups, dependencies, window).rootsOf(symptom);
    expect(roots(service("ldap", "ERROR"))).toEqual([]);
    expect(roots(service("ldap", "ERROR"), service("ldap", "FATAL"))).toEqual(["ldap"]);
    expect(roots(service("ldap", "FATAL"), service("ldap", "ERROR"))).toEqual(["ldap"]);
    const own = service("auth", "ERROR", { isSymptom: false });
    expect(new Inhibition([service("ldap", "ERROR"), own], dependencies, window).rootsOf(own)).toEqual([]);
  });

  it("holds symptoms back for half an hour, FATAL ones never", () => {
    const until = (symptom: Group, now: number) =>
      new Inhibition([service("ldap", "FATAL"), symptom], dependencies, window).mutedUntil(symptom, now);
    const end = START + 30 * MINUTE;
    expect(until(service("auth", "ERROR"), START)).toBe(end);
    expect(until(service("auth", "ERROR"), end - 1)).toBe(end);
    expect(until(service("auth", "ERROR"), end)).toBeUndefined();
    expect(until(service("auth", "FATAL"), START)).toBeUndefined();
    expect(until(service("cart", "ERROR"), START)).toBeUndefined();
  });

  it("counts what it holds back, by service, and nothing that was notified", () => {
    const groups = [
      service("ldap", "ERROR"),
      service("auth", "ERROR"),
      service("auth", "WARN", {}, { count: 5, notified: 4 }),
      service("shop", "ERROR", {}, { count: 7 }),
      service("auth", "ERROR", {}, { count: 9, notified: 9 }),
    ];
    const inhibition = new Inhibition(groups, dependencies, window);
    expect(inhibition.mutedBy("ldap", START)).toEqual([
      { by: "auth", count: 3 },
      { by: "shop", count: 7 },
    ]);
    expect(inhibition.mutedBy("auth", START)).toEqual([{ by: "shop", count: 7 }]);
    expect(inhibition.mutedBy("shop", START)).toEqual([]);
  });
});

describe("symptoms", () => {
  it.each([
    "request timed out",
    "time-out of 3 s",
    "deadline exceeded",
    "ECONNRESET",
    "upstream is gone",
    "502 from the gateway",
    "did not answer",
    "failed to connect",
    "cannot reach it",
    "the socket was closed",
    "no route to host",
    "giving up",
    "will retry",
  ])("read like %s", (message) => {
    expect(isSymptom(message)).toBe(true);
  });

  it.each(["disk is full", "coupon 15020 is unknown", "a NullPointerException", "answer is 42"])(
    "do not read like %s",
    (message) => expect(isSymptom(message)).toBe(false),
  );

  it("are looked for at the beginning of a line", () => {
    expect(isSymptom(`${"x".repeat(980)} timed out`)).toBe(true);
    expect(isSymptom(`${"x".repeat(1_000)} timed out`)).toBe(false);
  });

  it("name other services that are known, as words", () => {
    const all = new Dependencies({ auth: ["ldap", "db.main"] });
    expect(all.named("auth", "auth: ldap, ldap and db.main. ldapx")).toEqual(["ldap", "db.main"]);
    expect(all.named("auth", `${"x ".repeat(600)}ldap`)).toEqual([]);
  });

  it("teach at the third sight, over any distance, and not in a circle", () => {
    const all = new Dependencies({ shop: ["auth"] });
    const learn = (service: string, message: string) =>
      all.learn(logRecord({ service, message, level: "ERROR", trace_id: "-" }));
    learn("ldap", "started");
    learn("auth", "ldap timed out");
    learn("auth", "ldap timed out");
    expect(all.explains("ldap", "auth")).toBe(false);
    learn("auth", "ldap timed out");
    expect(all.explains("ldap", "auth")).toBe(true);
    expect(all.explains("ldap", "shop")).toBe(true);
    expect(all.explains("auth", "ldap")).toBe(false);
    for (let n = 0; n < 3; n++) learn("ldap", "shop timed out");
    expect(all.explains("ldap", "shop")).toBe(false);
    expect(all.explains("auth", "shop")).toBe(false);
  });

  it("are learned from a trace once for each service, and not from warnings or lines without a trace", () => {
    const all = new Dependencies({});
    const learn = (service: string, message: string, trace_id: string, level: Level = "ERROR") =>
      all.learn(logRecord({ service, message, trace_id, level }));
    for (let n = 0; n < 3; n++) {
      learn("db", "disk is full", "one");
      learn("api", "call timed out", "one");
      learn("db", "slow", `warned-${n}`, "WARN");
      learn("api", "call timed out", `warned-${n}`);
      learn("db", "disk is full", "-");
      learn("api", "call timed out", "-");
    }
    expect(all.explains("db", "api")).toBe(false);
    for (const trace of ["two", "three"]) {
      learn("db", "disk is full", trace);
      learn("db", "it timed out", trace);
      learn("api", "call timed out", trace);
    }
    expect(all.explains("db", "api")).toBe(true);
  });
});

describe("versions", () => {
  it("are new for an hour, the first of all never, and one that was seen before not again", () => {
    let now = START;
    const versions = new Versions(() => now);
    versions.see("auth", "1");
    expect(versions.changeOf("auth")).toBeUndefined();
    now += MINUTE;
    versions.see("auth", "2");
    versions.see("auth", "1");
    versions.see("auth", "2");
    const change = { version: "2", since: START + MINUTE, before: "1" };
    expect(versions.changeOf("auth")).toEqual(change);
    now += HOUR;
    expect(versions.changeOf("auth")).toEqual(change);
    now += 1;
    expect(versions.changeOf("auth")).toBeUndefined();
    expect(versions.changeOf("cart")).toBeUndefined();
  });

  it("are remembered of the last twenty, and of so many services", () => {
    const versions = new Versions(() => START);
    for (let n = 0; n < 25; n++) versions.see("auth", `v${n}`);
    versions.see("auth", "v10");
    expect(versions.changeOf("auth")).toMatchObject({ version: "v24" });
    versions.see("auth", "v0");
    expect(versions.changeOf("auth")).toMatchObject({ version: "v0", before: "v24" });
    for (let n = 0; n < 2_000; n++) versions.see(`s${n}`, "1");
    for (const name of ["s1998", "s1999"]) versions.see(name, "2");
    expect(versions.changeOf("s1998")).toMatchObject({ version: "2", before: "1" });
    expect(versions.changeOf("s1999")).toBeUndefined();
  });
});
