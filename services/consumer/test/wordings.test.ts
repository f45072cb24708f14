import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Harness, HOUR, MINUTE, SECOND } from "./support/grouper-harness.ts";

const template = "could not book the seat";
const BARE = { template, identity: "" };
const NAMED = { template, identity: "java.sql.SQLException" };
const TRACED = { template, identity: "java.sql.SQLException\ncom.acme.Seats.book" };
const OTHER = { template, identity: "java.lang.NullPointerException\ncom.acme.Seats.find" };

const told = (alerts: ReturnType<Harness["pass"]>) =>
  alerts.map(({ fingerprint, count, total, along = [] }) => [
    fingerprint.split(":").slice(2).join(":"),
    count,
    total,
    along.length,
  ]);

describe("lines in one wording", () => {
  it("are one alert when they come together, with a stack trace and without", () => {
    const harness = new Harness();
    harness.line({ ...BARE, content: "could not book the seat" });
    harness.line({ ...TRACED, content: "could not book the seat\n\tat com.acme.Seats.book" });
    harness.line(NAMED);
    const alerts = harness.pass(SECOND);
    expect(told(alerts)).toEqual([[TRACED.identity, 3, 3, 2]]);
    expect(alerts[0]).toMatchObject({ isNew: true, suppressed: 2, rate: expect.arrayContaining([3]) });
    expect(alerts[0]?.samples[0]).toContain("com.acme.Seats.book");
  });

  it("that say less than what was told are counted with the next alert of what was told", () => {
    const harness = new Harness();
    harness.line(TRACED);
    harness.pass(SECOND);
    for (let line = 0; line < 5; line++) harness.line(BARE);
    expect(harness.pass(30 * MINUTE)).toEqual([]);
    for (let line = 0; line < 5; line++) harness.line(BARE);
    // Ten times what was told.
    expect(told(harness.pass(SECOND))).toEqual([[TRACED.identity, 10, 11, 1]]);
    harness.line(BARE);
    expect(harness.pass(3 * HOUR)).toEqual([]);
    expect(told(harness.pass(HOUR))).toEqual([[TRACED.identity, 1, 12, 1]]);
  });

  it("that say more than what was told are told, and are what the error is told by then", () => {
    const harness = new Harness();
    harness.line(BARE);
    expect(told(harness.pass(SECOND))).toEqual([["", 1, 1, 0]]);
    harness.line(BARE);
    harness.line(TRACED);
    expect(told(harness.pass(SECOND))).toEqual([[TRACED.identity, 2, 3, 1]]);
    harness.line(BARE);
    harness.line(TRACED);
    expect(told(harness.pass(5 * HOUR))).toEqual([[TRACED.identity, 2, 5, 1]]);
  });

  it("stand for themselves when two of them say different things", () => {
    const harness = new Harness();
    harness.line(TRACED);
    harness.pass(SECOND);
    harness.line(BARE);
    expect(harness.pass(MINUTE)).toEqual([]);
    harness.line(OTHER);
    // Nobody knows any more of which of the two it was.
    expect(told(harness.pass(SECOND)).sort()).toEqual([
      ["", 1, 1, 0],
      [OTHER.identity, 1, 1, 0],
    ]);
  });

  it("of another service, of other words or of an unknown identity stand for themselves", () => {
    const harness = new Harness();
    harness.line(TRACED);
    harness.line({ ...BARE, service: "gateway" });
    harness.line({ ...BARE, template: "could not book the table" });
    harness.line({ template });
    expect(harness.pass(SECOND)).toHaveLength(4);
  });

  it("are told at once where they are graver than what was told", () => {
    const harness = new Harness();
    harness.line(TRACED);
    harness.pass(SECOND);
    harness.line({ ...BARE, level: "FATAL" });
    expect(harness.pass(SECOND)).toMatchObject([{ level: "FATAL", count: 1, isNew: true }]);
    harness.line(BARE);
    harness.line(TRACED);
    // What is told already is not told as worse.
    expect(harness.pass(3 * HOUR)).toEqual([]);
  });

  it("tell that the error is back after it was quiet", () => {
    const harness = new Harness();
    harness.line(TRACED);
    harness.pass(HOUR);
    harness.line(BARE);
    expect(harness.pass(SECOND)).toMatchObject([{ count: 1, total: 2, isNew: false }]);
  });

  it("are silent with the group that they are told by, and a silence of their own is theirs alone", () => {
    const harness = new Harness();
    const silence = (identity: string, until: number) => ({
      fingerprint: ["auth", template, ...(identity ? [identity] : [])].join(":"),
      from: harness.now,
      until,
    });
    harness.grouper.silence([silence(TRACED.identity, harness.now + HOUR)]);
    harness.line(BARE);
    harness.line(TRACED);
    expect(harness.pass(50 * MINUTE)).toEqual([]);
    expect(told(harness.pass(11 * MINUTE))).toEqual([[TRACED.identity, 2, 2, 1]]);
    harness.grouper.silence([silence("", harness.now + 10 * HOUR)]);
    harness.line(BARE);
    harness.line(TRACED);
    expect(told(harness.pass(5 * HOUR))).toEqual([[TRACED.identity, 1, 2, 0]]);
    expect(told(harness.pass(6 * HOUR))).toEqual([[TRACED.identity, 1, 4, 1]]);
  });

  it("wait for no group that is gone", () => {
    const harness = new Harness({ maxGroups: 2 });
    harness.line(TRACED);
    harness.pass(SECOND);
    harness.line(BARE);
    harness.pass(SECOND);
    harness.line({ template: "the disk of the archive is full" });
    harness.line({ template: "no route is known to the depot" });
    const alerts = harness.pass(5 * HOUR);
    const counted = harness.notified.reduce((sum, { count }) => sum + count, 0);
    expect([alerts.length, counted]).toEqual([3, 4]);
  });

  it("are told at once when the group goes that would have told them", () => {
    const harness = new Harness({ maxGroups: 40, warnLeastLines: 5, newKindsAnHour: 100 });
    harness.line(TRACED);
    harness.line({ template: "the disk of the archive is full" });
    harness.pass(SECOND);
    harness.line(BARE);
    expect(harness.pass(MINUTE)).toEqual([]);
    // Single warnings are not told, and need its place.
    for (let place = 0; place < 38; place++) harness.line({ level: "WARN", template: `slow ${place}` });
    expect(told(harness.pass(SECOND))).toEqual([["", 1, 1, 0]]);
  });

  it("are told as of themselves by the lines that come when nothing was told again since it went", () => {
    const harness = new Harness({ maxGroups: 2, warnLeastLines: 5 });
    harness.line(TRACED);
    harness.pass(SECOND);
    harness.line(BARE);
    expect(harness.pass(MINUTE)).toEqual([]);
    harness.line({ level: "WARN", template: "the disk of the archive is slow" });
    harness.line(BARE);
    expect(told(harness.pass(SECOND))).toEqual([["", 2, 2, 0]]);
  });
});

const anyLine = fc.record({
  which: fc.constantFrom(BARE, NAMED, TRACED, OTHER),
  level: fc.constantFrom("ERROR" as const, "FATAL" as const),
});

it("is told alike in whatever order the lines come", () => {
  fc.assert(
    fc.property(
      fc
        .array(anyLine, { minLength: 1, maxLength: 12 })
        .chain((lines) =>
          fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length })),
        ),
      ([lines, shuffled]) => {
        const [one, other] = [lines, shuffled].map((some) => {
          const harness = new Harness();
          for (const { which, level } of some) harness.line({ ...which, level });
          const alerts = harness.pass(SECOND);
          return alerts
            .map(({ fingerprint, count, level, along = [] }) =>
              JSON.stringify([fingerprint, count, level, [...along].sort()]),
            )
            .sort();
        });
        expect(one).toEqual(other);
      },
    ),
  );
});

it("tells each line once, however the lines come over hours", () => {
  const step = fc.record({ line: anyLine, ms: fc.nat(40 * MINUTE) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const harness = new Harness();
      for (const { line, ms } of steps) {
        harness.line({ ...line.which, level: line.level });
        harness.pass(ms);
      }
      harness.pass(24 * HOUR);
      expect(harness.notified.reduce((sum, { count }) => sum + count, 0)).toBe(steps.length);
      expect(new Set(harness.notified.map(({ id }) => id)).size).toBe(harness.notified.length);
    }),
  );
});
