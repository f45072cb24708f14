import { expect, it } from "vitest";
import { flowed, messageOf, resend, sparkline, withoutControls } from "../src/index.ts";

const patience = { tries: 3, firstMs: 1, longestMs: 2 };

it("sends again what was not taken, and says what is left in the end", async () => {
  const sent: (readonly string[])[] = [];
  const takesOne = async (left: readonly string[]) => {
    sent.push(left);
    return left.slice(1);
  };
  expect(await resend(["a", "b", "c", "d"], takesOne, patience)).toEqual(["d"]);
  expect(sent).toEqual([
    ["a", "b", "c", "d"],
    ["b", "c", "d"],
    ["c", "d"],
  ]);
  expect(await resend(["a", "b"], takesOne, patience)).toEqual([]);
});

it("does not send again when a call fails", async () => {
  let calls = 0;
  const fails = async () => {
    calls++;
    throw new Error("no such table");
  };
  await expect(resend(["a"], fails, patience)).rejects.toThrow("no such table");
  expect(calls).toBe(1);
});

it.each([
  [new TypeError("broken"), "broken"],
  ["thrown text", "thrown text"],
  [undefined, "undefined"],
])("says what %o says", (error, said) => {
  expect(messageOf(error)).toBe(said);
});

it("takes away what nobody sees, and nothing else", () => {
  expect(withoutControls("a\u202eb\u200d\u{1d173}c\u0007\r\ud83d")).toBe("abc\ufffd");
  expect(withoutControls("\u0600٣ 🙂\t한\n")).toBe("\u0600٣ 🙂\t한\n");
});

it("draws numbers as bars beside the greatest", () => {
  expect(sparkline([0, 1, 4, 8])).toBe("▁▂▅█");
  expect(sparkline([0, 0])).toBe("▁▁");
});

it("puts parts on as many lines as they need", () => {
  expect(flowed(["abc", "de", "f", "ghijklm"], 7)).toEqual(["abc  de", "f", "ghijklm"]);
  expect(flowed(["longer than that"], 4)).toEqual(["longer than that"]);
});
