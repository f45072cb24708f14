import type { Level } from "@cali/log-record";
import { describe, expect, it } from "vitest";
import type { Contribution, GroupMeta, Position } from "../src/core/types.ts";
import { type Group, hasCaughtUp, rank, totalsOf } from "../src/group/group.ts";
import { GroupBook } from "../src/group/group-book.ts";
import { dueAt, noteRate, type ScheduleOptions } from "../src/group/schedule.ts";
import { notifiedOf, type Tally } from "../src/group/tally.ts";
import { Harness, HOUR, MINUTE, record, SECOND, START } from "./support/grouper-harness.ts";
import { at, group, meta, tally } from "./support/groups.ts";

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
        isLoud: true,
        rate: [
          { minute: START / MINUTE, lines: 1 },
          { minute: START / MINUTE + 1, lines: 1 },
        ],
        context: {
          service: "auth",
          template: "disk is full",
          createdAt: START,
          startsNew: true,
          latest: expect.objectContaining({ podName: expect.any(String) }),
        },
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
      rate: [],
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
