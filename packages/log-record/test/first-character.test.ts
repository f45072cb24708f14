import { expect, it } from "vitest";
import { byFirstCharacter } from "../src/formats/first-character.ts";

it.each([
  [/^\[(?<time>x)\]/, "[", "x"],
  [/^(?<time>[0-9]{4})-/, "2", "a"],
  [/^(?:(?<level>[IWEF])x) y/, "E", "D"],
  [/^(?<level>TRACE) /, "T", "E"],
])("%s is asked of a text that begins with %j, not with %j", (expression, yes, no) => {
  const possible = byFirstCharacter([expression]);
  expect(possible(`${yes}…`)).toEqual([expression]);
  expect(possible(`${no}…`)).toEqual([]);
});

it.each([
  [/^(?:a|b) c/, "b c"],
  [/^(?:x )?b/, "b"],
  [/^[0-9]{0,2}b/, "b"],
  [/^ab|^c/, "c"],
  [/^a|b/, "b"],
  [/^[^\s]{1,9} x/, "é x"],
  [/^(?=b)[a-z]/, "b"],
  [/^(?:(?<a>x)|y)/, "y"],
  [/^\S x/, "b x"],
  [/^\d x/, "1 x"],
  [/^A/i, "a"],
  [/^x*b/, "b"],
  [/^.b/, "ab"],
  [/^(?:\[[^\]]*\] )?y/, "y"],
  [/^$/, ""],
])("%s is asked of %j, which it matches", (expression, text) => {
  expect(expression.test(text)).toBe(true);
  expect(byFirstCharacter([expression])(text)).toEqual([expression]);
});
