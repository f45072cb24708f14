import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TemplateState } from "../src/core/types.ts";
import { identityOf } from "../src/group/identity.ts";
import { LONGEST_MASKED, mask } from "../src/group/masking.ts";
import { MASKS } from "../src/group/masks.ts";
import { TemplateMiner } from "../src/group/template-miner.ts";
import { cpuMs } from "./support/cpu.ts";
import { logRecord } from "./support/records.ts";

describe("identityOf", () => {
  const of = (message: string, stack = "") =>
    identityOf(logRecord({ message, log_content: stack === "" ? message : `${message}\n${stack}` }));

  it("takes any text, and the same for the same", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 3_000 }),
        fc.string({ maxLength: 3_000 }),
        (message, stack) => {
          expect(of(message, stack)).toEqual(of(message, stack));
        },
      ),
    );
  });

  it.each([
    "a.".repeat(20_000),
    "  at (".repeat(20_000),
    "code code code ".repeat(20_000),
    "A:".repeat(50_000),
    `\n${"x".repeat(100_000)}`,
  ])("is quick with a text that is made to be slow: %#", (text) => {
    expect(cpuMs(() => of(`error ${text}`, text))).toBeLessThan(1_000);
  });
});

describe("mask", () => {
  it("is the same as the masks' expressions on every word, one after the other place", () => {
    const combined = new RegExp(MASKS.map(({ pattern }) => `(${pattern})`).join("|"), "g");
    const plain = (text: string) =>
      text
        .slice(0, LONGEST_MASKED)
        .split(/[ \t\n\r\f\v]+/)
        .filter((word) => word !== "")
        .map((word) =>
          word.replaceAll(combined, (...groups) => {
            const found = groups.slice(1, 1 + MASKS.length).findIndex((group) => group !== undefined);
            return MASKS[found]?.placeholder ?? "";
          }),
        )
        .join(" ");
    const word = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.stringMatching(/^[0-9a-f:./@-]{1,20}$/),
      fc.ipV4(),
      fc.ipV6(),
      fc.uuid(),
      fc.emailAddress(),
      fc.webUrl(),
      fc.integer().map(String),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const text = words.join(" ");
        expect(mask(text)).toBe(plain(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it("changes nothing that is masked", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...MASKS.map(({ placeholder }) => placeholder), "word"), { minLength: 1 }),
        (words) => {
          expect(mask(words.join(" "))).toBe(words.join(" "));
        },
      ),
    );
  });

  it.each(["1", ":", "/a", "a@", "0x", "1.", "é", "a1", "::", "-"])(
    "is quick on %j over and over",
    (piece) => {
      const hostile = piece.repeat(500_000);
      // The text is cut at a bound; a second is three orders of magnitude more than that takes.
      expect(cpuMs(() => mask(hostile))).toBeLessThan(1_000);
    },
  );
});

describe("TemplateMiner", () => {
  const words = fc.array(
    fc.constantFrom("disk", "of", "node", "is", "full", "user", "a17", "b9", "10.0.0.1", "42"),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  const lines = fc.array(
    words.map((list) => list.join(" ")),
    { minLength: 1, maxLength: 60 },
  );

  it("never changes a template's fingerprint when it becomes more general", () => {
    fc.assert(
      fc.property(lines, (texts) => {
        const miner = new TemplateMiner();
        const matches = texts.map((text) => miner.add("s", text, 1));
        const known = new Set(matches.filter(({ isNew }) => isNew).map(({ fingerprint }) => fingerprint));
        expect(matches.every(({ fingerprint }) => known.has(fingerprint))).toBe(true);
        for (const { fingerprint } of matches) expect(miner.get(fingerprint)?.service).toBe("s");
      }),
    );
  });

  it("matches after a restart as it would have without", () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const kept = new Map<string, TemplateState>();
        const miner = new TemplateMiner();
        for (const text of before) {
          miner.add("s", text, 1);
          for (const state of miner.takeDirty()) kept.set(state.fingerprint, state);
        }
        const restarted = new TemplateMiner();
        restarted.restore([...kept.values()]);
        expect(restarted.size).toBe(miner.size);
        for (const text of [...before, ...after]) {
          expect(restarted.add("s", text, 2)).toEqual(miner.add("s", text, 2));
        }
      }),
      { numRuns: 300 },
    );
  });
});
