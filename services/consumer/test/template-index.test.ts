import { describe, expect, it } from "vitest";
import { type Pattern, TemplateIndex, variablesOf } from "../src/group/template-index.ts";

const pattern = (line: string, ...variables: number[]): Pattern => ({ keys: line.split(" "), variables });
const NAMES = ["alice", "bob", "carol", "dave", "erin"];

/** An index with these, and what the last of them brought. */
function indexOf(...patterns: Pattern[]) {
  const index = new TemplateIndex<Pattern>();
  const merged = patterns.map((one) => index.add(one));
  return { index, merged, last: merged.at(-1) };
}

describe("patterns that are one", () => {
  it("are five that differ in one word", () => {
    const all = NAMES.map((name) => pattern(`user ${name} has left`));
    const { merged } = indexOf(...all);
    expect(merged).toEqual([undefined, undefined, undefined, undefined, { members: all, place: 1 }]);
  });

  it("are so at the first place at which they are", () => {
    const all = NAMES.map((name) => pattern(`${name} of us left`));
    expect(indexOf(...all).last).toEqual({ members: all, place: 0 });
  });

  it("differ in no second word, and are of the same length", () => {
    const { merged } = indexOf(
      ...NAMES.slice(1).map((name) => pattern(`user ${name} has left`)),
      pattern("user alice had left"),
      pattern("user alice has left us"),
    );
    expect(merged).toEqual(Array(6).fill(undefined));
  });

  it.each([
    ["two other words are left", "has left", true],
    ["one other word is left", "left", false],
    ["the others are no words", "- 7 left", false],
    ["one of the others is no word", "- has left", true],
  ])("only where %s", (_, rest, isOne) => {
    const { last } = indexOf(...NAMES.map((name) => pattern(`${name} ${rest}`)));
    expect(last !== undefined).toBe(isOne);
  });

  it("are a number and what is no word, in whichever order they come", () => {
    const number = pattern("sent frame <*> to peer");
    const none = pattern("sent frame - to peer");
    const word = pattern("sent frame first to peer");
    expect(indexOf(word, number, none).last).toEqual({ members: [number, none], place: 2 });
    expect(indexOf(word, none, number).last).toEqual({ members: [none, number], place: 2 });
    expect(indexOf(number, word).last).toBeUndefined();
    expect(indexOf(none, pattern("sent frame + to peer")).last).toBeUndefined();
  });

  it("differ at none of the places behind the 48th", () => {
    const line = (place: number) =>
      NAMES.map((name) =>
        pattern(Array.from({ length: 60 }, (_, at) => (at === place ? name : "w")).join(" ")),
      );
    expect(indexOf(...line(47)).last).toMatchObject({ place: 47 });
    expect(indexOf(...line(48)).last).toBeUndefined();
  });

  it.each([
    ["there are fewer than 64 sets of variable places", 62, 5, true],
    ["there are 64, but for a set that is known", 63, 5, false],
    ["there are 64 and the set is one of them", 63, 0, true],
  ])("only while %s", (_, shapes, place, isOne) => {
    const words = (first: string, at: number) =>
      Array.from({ length: 70 }, (_, one) => (one === at ? first : "w")).join(" ");
    const others = Array.from({ length: shapes }, (_, n) =>
      pattern(words(`other`, n + 2), ...(n === 0 ? [0] : [n, 69])),
    );
    const { last } = indexOf(...others, ...NAMES.map((name) => pattern(words(name, place))));
    expect(last !== undefined).toBe(isOne);
  });
});

describe("the pattern of a line", () => {
  it("is found by all words but those that vary", () => {
    const one = pattern("user <*> has left", 1);
    const { index } = indexOf(one, pattern("disk is full now"));
    expect(index.find("user frank has left".split(" "))).toBe(one);
    expect(index.find("user frank has come".split(" "))).toBeUndefined();
    expect(index.find("user frank has left us".split(" "))).toBeUndefined();
    expect(index.find("disk is full now".split(" "))).toMatchObject({ variables: [] });
  });

  it("is the one with the fewest variables, whenever it came", () => {
    const many = pattern("<*> <*> has left", 0, 1);
    const few = pattern("user <*> has left", 1);
    const exact = pattern("user bob has left");
    for (const order of [
      [many, few, exact],
      [exact, few, many],
    ]) {
      const { index } = indexOf(...order);
      expect(index.find("user bob has left".split(" "))).toBe(exact);
      expect(index.find("user eve has left".split(" "))).toBe(few);
      expect(index.find("host eve has left".split(" "))).toBe(many);
    }
  });

  it("is gone when it is taken out, and with the last one all is", () => {
    const one = pattern("user <*> has left", 1);
    const other = pattern("host <*> has left", 1);
    const { index } = indexOf(one, other);
    expect(index.isEmpty).toBe(false);
    index.remove(one);
    expect(index.find("user eve has left".split(" "))).toBeUndefined();
    expect(index.find("host eve has left".split(" "))).toBe(other);
    expect(index.isEmpty).toBe(false);
    index.remove(other);
    expect(index.isEmpty).toBe(true);
  });

  it("does not count for a variable any more when it is taken out", () => {
    const all = NAMES.map((name) => pattern(`user ${name} has left`));
    const { index } = indexOf(...all.slice(0, 4));
    index.remove(all[0] as Pattern);
    expect(index.add(all[4] as Pattern)).toBeUndefined();
    expect(index.add(pattern("user frank has left"))?.members).toHaveLength(5);
  });

  it("stays when an equal one that was never in is taken out", () => {
    const one = pattern("user bob has left");
    const { index } = indexOf(one);
    index.remove(pattern("user bob has left"));
    expect(index.find("user bob has left".split(" "))).toBe(one);
  });
});

it("the variable places of patterns that are one are those of each, in order", () => {
  expect(variablesOf([pattern("a b c", 12, 2), pattern("a b c", 2, 1)], 10)).toEqual([1, 2, 10, 12]);
});
