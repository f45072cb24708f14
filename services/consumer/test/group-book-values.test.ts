import { describe, expect, it } from "vitest";
import type { Contribution, GroupedEvent } from "../src/core/types.ts";
import { GroupBook } from "../src/group/group-book.ts";
import { NextDue } from "../src/group/next-due.ts";
import { MINUTE, record, SECOND, START } from "./support/grouper-harness.ts";
import { at, meta } from "./support/groups.ts";

const INTERVAL = 5 * MINUTE;

/** A book whose clock the test sets. */
class Book extends GroupBook {
  static now = START;
  constructor(maxGroups = 10) {
    super({ maxGroups, groupIntervalMs: INTERVAL, now: () => Book.now });
    Book.now = START;
  }
}

const line = (place: number, over: Partial<GroupedEvent> & { code?: string; logged?: number } = {}) => {
  const { code, logged = over.at ?? Book.now, ...event } = over;
  return {
    shardId: "s",
    position: at(place),
    record: record({ service: "auth", level: "ERROR", message: "disk is full", code, at: logged }),
    fingerprint: "f",
    template: "disk is full",
    isNew: false,
    at: Book.now,
    ...event,
  };
};
const contribution = (over: Partial<Contribution> = {}): Contribution => ({
  shardId: "s",
  fingerprint: "f",
  count: 3,
  byLevel: { ERROR: 3 },
  firstSeen: START,
  lastSeen: START,
  samples: ["disk is full"],
  from: at(1),
  upTo: at(3),
  told: 0,
  ...over,
});

describe("a line that is counted", () => {
  it("moves its group's times, and keeps its template and first code current", () => {
    const book = new Book();
    const group = book.count(line(1, { template: "disk <*> full", logged: START - SECOND }));
    expect(group).toMatchObject({ template: "disk <*> full", observedAt: START, createdAt: START });
    Book.now += MINUTE;
    book.count(line(2, { code: "E1", logged: START - MINUTE }));
    book.count(line(3, { code: "E2", template: "<*> is full" }));
    expect(group).toMatchObject({ template: "<*> is full", errorCode: "E1", observedAt: START + MINUTE });
    expect(group?.tallies.get("s")).toMatchObject({ firstSeen: START - MINUTE, lastSeen: START + MINUTE });
  });

  it("from the future is one of now, and an older one sets nothing back", () => {
    const book = new Book();
    const group = book.count(line(1, { at: START + MINUTE }));
    expect(group?.observedAt).toBe(START);
    book.count(line(2, { at: START - MINUTE }));
    expect(group?.observedAt).toBe(START);
  });

  it("waits since the first one that was not notified", () => {
    const book = new Book();
    const group = book.count(line(1));
    const tally = group?.tallies.get("s");
    Book.now += SECOND;
    book.count(line(2));
    expect(tally?.pendingSince).toBe(START);
    if (group) book.adopt(group, meta({ notifiedTotals: { s: 2 } }));
    Book.now += SECOND;
    book.count(line(3));
    expect(tally).toMatchObject({ notified: 2, pendingSince: START + 2 * SECOND });
  });

  it.each([
    ["longer than the interval", INTERVAL + 1, 2],
    ["as long as the interval", INTERVAL, undefined],
  ])("brings a group back that was notified, and quiet for %s", (_, quiet, reopenedAtCount) => {
    const book = new Book();
    const group = book.count(line(1));
    if (!group) return expect.unreachable();
    book.adopt(group, meta({ notifiedTotals: { s: 1 } }));
    Book.now += quiet;
    book.count(line(2));
    expect(group.tallies.get("s")?.reopenedAtCount).toBe(reopenedAtCount);
  });

  it("brings nothing back that was never notified", () => {
    const book = new Book();
    const group = book.count(line(1));
    Book.now += INTERVAL + 1;
    book.count(line(2));
    expect(group?.tallies.get("s")?.reopenedAtCount).toBeUndefined();
  });

  it("was notified when a crash took its count away, and not what comes behind that", () => {
    const book = new Book();
    book.restore(
      [],
      [meta({ notifiedTotals: { s: 5 }, notifiedSpans: { s: { from: at(1), upTo: at(2) } } })],
    );
    const tallies = [1, 2, 3].map((place) => ({ ...book.count(line(place))?.tallies.get("s") }));
    expect(tallies.map(({ count, notified }) => [count, notified])).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
    ]);
  });

  it("names a service that only the state did not know", () => {
    const book = new Book();
    book.restore([contribution()], []);
    expect(book.get("f")?.service).toBe("unknown");
    book.count(line(4));
    expect(book.get("f")?.service).toBe("auth");
    book.count(line(5, { record: record({ service: "cart", level: "ERROR", message: "x", at: START }) }));
    expect(book.get("f")?.service).toBe("auth");
  });
});

describe("what a state holds of a group", () => {
  it("is copied: what is counted later does not change it", () => {
    const book = new Book();
    const one = contribution({ told: 2 });
    book.restore([one], []);
    book.count(line(4, { record: record({ service: "auth", level: "FATAL", message: "other", at: START }) }));
    expect(one).toEqual(contribution({ told: 2 }));
    expect(book.takeDirty("s")).toEqual([
      {
        ...one,
        count: 4,
        byLevel: { ERROR: 3, FATAL: 1 },
        samples: ["disk is full", "other"],
        upTo: at(4),
        pendingSince: START,
        rate: [{ minute: START / MINUTE, lines: 1 }],
        context: expect.objectContaining({ service: "auth", startsNew: true }),
      },
    ]);
    // What was given away does not change either.
    book.count(line(5));
    const [given] = book.takeDirty("s");
    book.count(line(6));
    expect(given).toMatchObject({ count: 5, byLevel: { ERROR: 4, FATAL: 1 } });
  });

  it("is what was notified where the group's own line says more", () => {
    const book = new Book();
    const notifiedSpans = { s: { from: at(1), upTo: at(3) } };
    book.restore([contribution()], [meta({ notifiedTotals: { s: 3 }, notifiedSpans })]);
    expect(book.get("f")?.tallies.get("s")?.notified).toBe(3);
    expect(book.takeDirty("s")).toEqual([]);
  });

  it("is seen when its last line was logged, and not in the future", () => {
    const book = new Book();
    book.restore([contribution({ lastSeen: START - MINUTE })], []);
    expect(book.get("f")?.observedAt).toBe(START - MINUTE);
    book.restore([contribution({ shardId: "t", lastSeen: START + MINUTE })], []);
    expect(book.get("f")?.observedAt).toBe(START);
    book.restore([contribution({ shardId: "u", lastSeen: START - MINUTE })], []);
    expect(book.get("f")?.observedAt).toBe(START);
  });

  it("reads as a symptom when a sample does", () => {
    const book = new Book();
    book.restore([contribution()], []);
    expect(book.get("f")?.isSymptom).toBe(false);
    book.restore([contribution({ shardId: "t", samples: ["all is well", "request timed out"] })], []);
    expect(book.get("f")?.isSymptom).toBe(true);
    book.restore([contribution()], []);
    expect(book.get("f")?.isSymptom).toBe(true);
  });

  it.each([
    ["for longer than the interval", INTERVAL + 1, 1],
    ["for as long as the interval", INTERVAL, undefined],
  ])("says that it came back when it was notified, let go and quiet %s", (_, quiet, reopenedAtCount) => {
    const book = new Book();
    Book.now += quiet;
    book.count(line(9));
    book.restore([], [meta({ notifiedAt: START, notifiedTotals: { s: 1 }, createdAt: START - MINUTE })]);
    expect(book.get("f")?.tallies.get("s")?.reopenedAtCount).toBe(reopenedAtCount);
    expect(book.get("f")?.countsFrom).toBe(START);
  });

  it("comes back once: what is known already stays", () => {
    const book = new Book();
    Book.now += INTERVAL + 1;
    book.count(line(9));
    book.restore([], [meta()]);
    book.count(line(10));
    book.restore([], [meta()]);
    expect(book.get("f")?.tallies.get("s")?.reopenedAtCount).toBe(1);
    const waiting = new Book();
    Book.now += INTERVAL + 1;
    waiting.count(line(9));
    const { notifiedAt: _, ...never } = meta({ createdAt: START });
    waiting.restore([], [never]);
    expect(waiting.get("f")).toMatchObject({ countsFrom: Book.now });
    expect(waiting.get("f")?.tallies.get("s")?.reopenedAtCount).toBe(1);
  });

  it("goes with its shard, unless another shard or a notification holds the group", () => {
    const book = new Book();
    book.restore([contribution(), contribution({ shardId: "t" }), contribution({ fingerprint: "g" })], []);
    book.restore([contribution({ fingerprint: "h" })], [meta({ fingerprint: "h" })]);
    book.dropShard("s");
    expect([...book.all()].map(({ fingerprint }) => fingerprint)).toEqual(["f", "h"]);
    book.dropShard("unknown");
    expect(book.size).toBe(2);
    book.dropShard("t");
    expect([...book.all()].map(({ fingerprint }) => fingerprint)).toEqual(["h"]);
  });

  it("is dirty again when a notification changes it, and only then", () => {
    const book = new Book();
    const group = book.count(line(1));
    book.takeDirty("s");
    if (!group) return expect.unreachable();
    expect(book.adopt(group, meta({ notifiedTotals: { s: 1 } }))).toBe(true);
    expect(book.takeDirty("s").map(({ count, told }) => [count, told])).toEqual([[1, 1]]);
    book.adopt(group, meta({ notifiedTotals: { s: 1 } }));
    expect(book.takeDirty("s")).toEqual([]);
  });
});

describe("a book that is full", () => {
  const fingerprints = (book: GroupBook) => [...book.all()].map(({ fingerprint }) => fingerprint);
  /** Counts one line each of these, and says that they were notified. */
  const notified = (book: GroupBook, ...names: string[]) => {
    for (const [place, fingerprint] of names.entries()) {
      const group = book.count(line(place + 1, { fingerprint }));
      if (group) book.adopt(group, meta({ fingerprint, notifiedTotals: { s: 1 } }));
    }
  };

  it("lets the one go that had no line for the longest, when it was notified", () => {
    const book = new Book(3);
    notified(book, "a", "b", "c");
    book.count(line(9, { fingerprint: "a" }));
    book.count(line(10, { fingerprint: "d" }));
    expect(fingerprints(book)).toEqual(["c", "a", "d"]);
    expect(book.leaving).toBe(0);
  });

  it("has a twentieth of them go at once", () => {
    const names = Array.from({ length: 40 }, (_, n) => `g${n}`);
    const book = new Book(40);
    notified(book, ...names);
    book.count(line(99, { fingerprint: "new" }));
    expect(fingerprints(book)).toEqual([...names.slice(2), "new"]);
  });

  it("has those notified first that were not, and lets them go then", () => {
    const book = new Book(2);
    const groups = ["a", "b", "c"].map((fingerprint, place) => book.count(line(place + 1, { fingerprint })));
    expect(groups.map((group) => group?.leaving)).toEqual([true, false, false]);
    expect([book.size, book.leaving]).toEqual([3, 1]);
    const [first, second] = groups;
    if (!first || !second) return expect.unreachable();
    // A line that came meanwhile keeps it until it is notified, too.
    book.count(line(4, { fingerprint: "a" }));
    expect(book.adopt(first, meta({ fingerprint: "a", notifiedTotals: { s: 1 } }))).toBe(true);
    expect(book.adopt(first, meta({ fingerprint: "a", notifiedTotals: { s: 2 } }))).toBe(false);
    expect([fingerprints(book), book.leaving]).toEqual([["b", "c"], 0]);
    expect(book.adopt(second, meta({ fingerprint: "b", notifiedTotals: { s: 1 } }))).toBe(true);
    expect(book.size).toBe(2);
  });

  it("keeps what has to be read again after a crash until it was read", () => {
    const book = new Book(1);
    const notifiedSpans = { s: { from: at(1), upTo: at(5) } };
    book.restore([], [meta({ fingerprint: "a", notifiedTotals: { s: 5 }, notifiedSpans })]);
    book.count(line(1, { fingerprint: "a" }));
    book.count(line(2, { fingerprint: "b" }));
    expect(fingerprints(book)).toEqual(["a", "b"]);
    book.count(line(5, { fingerprint: "a" }));
    book.count(line(6, { fingerprint: "c" }));
    expect(fingerprints(book)).not.toContain("a");
  });

  it("keeps a count that no commit has when the group goes, for its next line", () => {
    const book = new Book(1);
    notified(book, "a");
    book.count(line(2, { fingerprint: "b" }));
    expect(fingerprints(book)).toEqual(["b"]);
    expect(book.count(line(3, { fingerprint: "a" }))?.tallies.get("s")?.count).toBe(2);
  });
});

describe("when to look at the groups next", () => {
  it("is the earliest time that was asked for", () => {
    const next = new NextDue(() => START);
    expect(next.at).toBeUndefined();
    next.atLatest(START + 7);
    next.atLatest(START + 9);
    expect(next.at).toBe(START + 7);
    next.atLatest(START + 3);
    expect(next.at).toBe(START + 3);
    next.set(START + 8);
    expect(next.at).toBe(START + 8);
    next.set(Number.POSITIVE_INFINITY);
    expect(next.at).toBeUndefined();
  });

  it("is at once after the clock was set back, and only then", () => {
    let now = START;
    const next = new NextDue(() => now);
    next.set(START + 5);
    expect([next.at, next.at]).toEqual([START + 5, START + 5]);
    now -= 1;
    expect(next.at).toBe(Number.NEGATIVE_INFINITY);
    next.set(START + 5);
    expect(next.at).toBe(START + 5);
    now += 10;
    expect(next.at).toBe(START + 5);
  });
});
