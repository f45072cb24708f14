import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History, LIMITS, OTHER_SERVICES, PART_SECONDS } from "../src/history.ts";
import type { Frame } from "../src/protocol.ts";

const frame = (rest: Partial<Frame>): Frame => ({
  ...{ at: 0, lagMs: 0, templates: 0, troubles: [], refused: 0 },
  ...{ counts: [], lines: [], templateUpdates: [], alerts: [], deadLetters: [], truth: [], ...rest },
});
const update = (fingerprint: string, lines: number, text?: string) => ({
  ...{ fingerprint, lines, service: "shop", level: "ERROR" as const, isNew: false },
  ...(text !== undefined && { text }),
});

describe("what a page knows", () => {
  it("adds up the frames of a second, each in the second that it is mostly of", () => {
    const history = new History();
    // An alert ended it early.
    history.apply(frame({ at: 5_250, counts: [["shop", "INFO", 2]], lagMs: 7 }));
    history.apply(
      frame({
        at: 6_020,
        counts: [
          ["shop", "INFO", 3],
          ["shop", "WARN", 1],
        ],
      }),
    );
    history.apply(frame({ at: 7_480, counts: [["auth", "INFO", 1]], refused: 4 }));
    expect(history.seconds).toEqual([
      {
        at: 5,
        lagMs: 0,
        counts: [
          { service: "shop", level: "INFO", lines: 5 },
          { service: "shop", level: "WARN", lines: 1 },
        ],
      },
      { at: 6, lagMs: 0, counts: [{ service: "auth", level: "INFO", lines: 1 }] },
    ]);
    expect(history.refused).toBe(4);
    expect(history.services).toEqual(["auth", "shop"]);
  });

  it("follows a template: its forms, its lines over time", () => {
    const history = new History();
    history.apply(frame({ at: 0, templateUpdates: [update("f", 1, "order 1 failed")] }));
    history.apply(frame({ at: 3_000, templateUpdates: [update("f", 2)] }));
    history.apply(frame({ at: PART_SECONDS * 1_000, templateUpdates: [update("f", 4, "order <*> failed")] }));
    expect(history.template("f")).toMatchObject({
      ...{ text: "order <*> failed", before: ["order 1 failed"], lines: 7, firstAt: 0, lastAt: 10_000 },
      parts: [
        [0, 3],
        [PART_SECONDS, 4],
      ],
    });
    history.apply(frame({ at: 0, templateUpdates: [update("unknown", 1)] }));
    expect(history.template("unknown")).toBeUndefined();
  });

  it("stays within its bounds, whatever comes", () => {
    const history = new History();
    for (let n = 0; n < 1_500; n++) {
      history.apply(
        frame({
          at: n * 1_000,
          counts: [[`service-${n}`, "INFO", 1]],
          lines: [{ at: n, service: "s", level: "INFO", text: `${n}` }],
          templateUpdates: [update(`f${n}`, 1, "t"), update("f0", 1)],
          deadLetters: [{ at: n, reason: "r", bytes: 1, text: "" }],
          truth: [{ incident: `i${n}`, services: [], from: 0, to: 1 }],
        }),
      );
    }
    expect(history.seconds).toHaveLength(LIMITS.seconds);
    expect(history.services).toHaveLength(LIMITS.services);
    expect(history.seconds.at(-1)?.counts[0]?.service).toBe(OTHER_SERVICES);
    expect(history.lines).toHaveLength(LIMITS.lines);
    expect(history.lines.at(-1)?.text).toBe("1499");
    expect(history.templateHistories).toHaveLength(LIMITS.templates);
    expect(history.template("f0")?.parts).toHaveLength(LIMITS.parts);
    expect(history.deadLetters).toHaveLength(LIMITS.deadLetters);
    expect(history.truth).toHaveLength(LIMITS.truth);
  });

  it("goes on from a snapshot as if it had been there", () => {
    const frames = fc.array(
      fc.record({
        at: fc.nat(40_000),
        lagMs: fc.nat(10),
        refused: fc.nat(3),
        counts: fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("INFO", "ERROR"), fc.nat(9)), {
          maxLength: 3,
        }),
        templateUpdates: fc.array(
          fc.tuple(fc.constantFrom("f", "g"), fc.nat(5), fc.constantFrom("x", "y", undefined)),
          { maxLength: 2 },
        ),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(frames, fc.nat(8), (all, late) => {
        const told = [...all]
          .sort((a, b) => a.at - b.at)
          .map(({ templateUpdates, ...one }) =>
            frame({
              ...(one as Partial<Frame>),
              templateUpdates: templateUpdates.map((of) => update(...of)),
            }),
          );
        const whole = new History();
        for (const one of told.slice(0, late)) whole.apply(one);
        const rest = new History(JSON.parse(JSON.stringify(whole.snapshot())));
        for (const one of told.slice(late)) for (const history of [whole, rest]) history.apply(one);
        expect(rest.snapshot()).toEqual(whole.snapshot());
      }),
    );
  });
});
