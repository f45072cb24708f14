import { cut } from "@cali/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inlineCode, plain } from "../src/index.ts";

describe("text", () => {
  it.each([
    ["<!channel>", "&lt;!channel&gt;"],
    ["a & b", "a &amp; b"],
    ["https://x.y", "https://x.y"],
    ["a_b_c", "a_b_c"],
  ])("plain(%j)", (text, expected) => {
    expect(plain(text)).toBe(expected);
  });

  it("cannot leave a line of code", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "a", "\n", "<") }), (text) => {
        expect(inlineCode(text).slice(1, -1)).not.toMatch(/[`\n]/);
      }),
    );
  });

  it("is cut without cutting a character in two", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 50 }), (text, most) => {
        const short = cut(text, most);
        expect(short.length).toBeLessThanOrEqual(most);
        expect(/\p{Surrogate}/u.test(short)).toBe(/\p{Surrogate}/u.test(text) && short === text);
        if (text.length <= most) expect(short).toBe(text);
      }),
    );
  });
});
