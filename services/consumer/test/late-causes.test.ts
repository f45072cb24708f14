import type { SlackMessage } from "@cali/slack";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Clock } from "../src/core/clock.ts";
import type { Alert, CauseAnswer } from "../src/core/types.ts";
import { renderAlert, renderDigest, renderLateCause, withCause } from "../src/notify/slack/alert-message.ts";
import { LateCauses } from "../src/notify/slack/late-causes.ts";
import { MemoryNotes } from "./support/memory-notes.ts";
import { alert as alertWith } from "./support/state-contract.ts";

const CAUSE = {
  cause: "the pool in /etc/app/pool.conf is too small",
  action: "enlarge it",
  origin: "proposed",
  tier: "llm",
  entry: "0123456789abcdef",
} as const;
const without = (id: string): Alert => ({ ...alertWith(id), unavailable: "nobody answered" });
const sent = (alert: Alert) => ({ alert, message: renderAlert(alert) });

/** Late causes, over what an earlier process kept, and a clock that stands. */
function lateCauses(notes = new MemoryNotes()) {
  const time = { now: 1_000_000 };
  const clock: Clock = {
    now: () => time.now,
    monotonic: () => time.now,
    sleep: async () => undefined,
    random: () => 0.5,
  };
  const asked: string[] = [];
  const state: { answer: CauseAnswer | Error } = { answer: {} };
  const late = new LateCauses({
    notes,
    name: "default",
    clock,
    log: pino({ level: "silent" }),
    find: async ({ id }) => {
      asked.push(id);
      if (state.answer instanceof Error) throw state.answer;
      return state.answer;
    },
  });
  /** What is found once everything that may be asked for has been. */
  const found = async () => {
    time.now += 2_000;
    let before: number;
    do {
      before = asked.length;
      await late.found();
      await new Promise((resolve) => setImmediate(resolve));
    } while (asked.length > before);
    return late.found();
  };
  return { late, notes, time, asked, state, found };
}

describe("a cause that comes late", () => {
  it("is found of an alert that a process sent which had lost its place, and told once", async () => {
    const { late, notes, time, state, found } = lateCauses();
    await late.open();
    const frozen = lateCauses(notes).late;
    await frozen.keep(sent(without("a")));
    state.answer = { cause: CAUSE };
    expect(await found()).toEqual([]);
    time.now += 60_000;
    expect((await found()).map(({ alert }) => alert.id)).toEqual(["a"]);
    await late.done("a");
    // It writes all that it knows.
    await frozen.telling("b");
    time.now += 60_000;
    expect(await found()).toEqual([]);
  });

  it("is found until it is done, and is not asked for again", async () => {
    const { late, asked, state, found } = lateCauses();
    await late.keep(sent(without("a")));
    state.answer = { cause: CAUSE };
    expect(await found()).toMatchObject([{ alert: { id: "a", cause: CAUSE } }]);
    expect((await found())[0]?.alert.unavailable).toBeUndefined();
    await late.done("a");
    expect(await found()).toEqual([]);
    expect(asked).toEqual(["a"]);
  });

  it("is looked for by the next process, which says that it may repeat what was being told", async () => {
    const first = lateCauses();
    await first.late.keep(sent(without("a")));
    await first.late.keep(sent(without("b")));
    first.state.answer = { cause: CAUSE };
    expect(await first.found()).toHaveLength(2);
    await first.late.telling("a");
    const second = lateCauses(first.notes);
    second.state.answer = { cause: CAUSE };
    await second.late.open();
    const marks = (await second.found()).map(({ alert }) => [alert.id, alert.mayBeRepeat]);
    expect(marks).toEqual([
      ["a", true],
      ["b", undefined],
    ]);
    await second.late.telling("a", false);
    expect((await second.found())[0]?.alert.mayBeRepeat).toBeUndefined();
    for (const id of ["a", "b"]) await second.late.done(id);
    const third = lateCauses(first.notes);
    await third.late.open();
    expect(await third.found()).toEqual([]);
    expect(third.asked).toEqual([]);
  });

  it("is asked for again while something cannot be asked, later each time, for ten minutes", async () => {
    const { late, time, asked, state, found } = lateCauses();
    await late.keep(sent(without("a")));
    state.answer = new Error("away");
    await found();
    expect(asked).toHaveLength(1);
    state.answer = { unavailable: "still away" };
    while (time.now < 1_600_000) await found();
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.length).toBeLessThan(12);
    state.answer = { cause: CAUSE };
    time.now += 1_000_000;
    expect(await found()).toEqual([]);
  });

  it("is asked for one after another: while one cannot be asked for, none is", async () => {
    const { late, asked, state, found } = lateCauses();
    for (const id of ["a", "b", "c"]) await late.keep(sent(without(id)));
    state.answer = { unavailable: "away" };
    await found();
    expect(asked).toEqual(["a"]);
    state.answer = { cause: CAUSE };
    await found();
    expect(asked).toEqual(["a", "b", "c", "a"]);
  });

  it("is over when nothing that was asked knows it", async () => {
    const { late, notes, time, asked, found } = lateCauses();
    await late.keep(sent(without("a")));
    await found();
    time.now += 100_000;
    await found();
    expect(asked).toEqual(["a"]);
    expect(notes.values.get("slack/late/default")).toBe("[]");
  });

  it("is not looked for where all were asked, or it is known", async () => {
    const { late, asked, found } = lateCauses();
    await late.keep(sent(alertWith("a")));
    await late.keep(sent({ ...without("b"), cause: CAUSE }));
    expect(await found()).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("is looked for of so many, the newest, in as many notes", async () => {
    const { late, notes, found, state } = lateCauses();
    state.answer = { cause: CAUSE };
    for (let place = 0; place < 120; place++) await late.keep(sent(without(`a${place}`)));
    const ids = (await found()).map(({ alert }) => alert.id);
    expect(ids).toHaveLength(50);
    expect(ids.at(-1)).toBe("a119");
    expect(notes.values.size).toBe(51);
    const next = lateCauses(notes);
    next.state.answer = { cause: CAUSE };
    await next.late.open();
    expect((await next.found()).map(({ alert }) => alert.id)).toEqual(ids);
  });
});

describe("the message of a cause that came late", () => {
  const incident = { id: "a", services: ["checkout"] };
  const messages: [string, Alert, SlackMessage][] = [
    ["an alert", without("a"), renderAlert(without("a"), { buttons: true })],
    [
      "a digest",
      { ...without("a"), incident },
      renderDigest(
        [
          { ...without("a"), incident },
          { ...alertWith("b"), incident },
        ],
        { buttons: true },
      ),
    ],
  ];
  it.each(messages)(
    "of %s says it in the place of what was unknown, with its buttons",
    (_, alert, before) => {
      const after = withCause(before, { ...alert, cause: CAUSE });
      const text = JSON.stringify(after);
      expect(text).toContain(CAUSE.cause);
      expect(text).toContain("The cause is right");
      expect(text).not.toContain("unknown");
      expect(text).not.toContain("Knowledge unavailable");
      const types = (message: SlackMessage) => message.blocks.map(({ type }) => type);
      const place = before.blocks.findIndex(({ block_id }) => block_id?.startsWith("cause-"));
      // "unknown" and "unavailable" were two blocks.
      const expected = types(before).toSpliced(place, 2, "rich_text");
      expect(types(after)).toEqual(expected);
    },
  );

  it("names the alert, and says when it may be a repeat", () => {
    const text = JSON.stringify(renderLateCause({ ...without("a-1"), cause: CAUSE }));
    expect(text).toContain("Cause found: ERROR in checkout");
    expect(text).toContain(CAUSE.cause);
    expect(text).toContain("of the alert `a-1`");
    expect(text).not.toContain("repeat");
    const again = renderLateCause({ ...without("a-1"), cause: CAUSE, mayBeRepeat: true });
    expect(JSON.stringify(again)).toContain("may be a repeat");
  });

  it("has paths and addresses whole, as they are copied", () => {
    const address = `https://wiki.example.org/${"runbooks/".repeat(40)}pool?tab=sizes&of=all#here`;
    const cause = `${"The pool is too small. ".repeat(12)}See ${address} and /etc/app/@here/pool.conf.`;
    const known = { ...CAUSE, cause, action: `Run \`cat '/var/lib/app data/<id>.log'\`: ${address}` };
    for (const message of [
      renderAlert({ ...alertWith("a"), cause: known }),
      renderLateCause({ ...without("a"), cause: known }),
      withCause(renderAlert(without("a")), { ...without("a"), cause: known }),
    ]) {
      const text = JSON.stringify(message.blocks.filter(({ type }) => type === "rich_text"));
      expect(text).toContain(JSON.stringify(cause).slice(1, -1));
      expect(text).toContain(JSON.stringify(known.action).slice(1, -1));
    }
  });
});
