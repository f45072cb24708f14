import fc from "fast-check";
import { expect, it, onTestFinished, vi } from "vitest";
import { templateOf } from "../src/cause/knowledge/known-errors.ts";
import { readKnown } from "../src/cause/knowledge/product-files.ts";
import { seed } from "../src/cause/knowledge/seed.ts";
import { readPattern } from "../src/cause/signature/pattern.ts";
import { pack, type Readings, readPatterns, unpack } from "../src/cause/signature/readings.ts";
import { namesOfWords } from "../src/cause/signature/words.ts";
import { redact } from "../src/redact/redact.ts";
import { rulesOf } from "../src/redact/team-rules.ts";

const PATTERNS = seed().flatMap(({ patterns }) => patterns);
const KEPT = unpack(PATTERNS, readKnown("readings"));
const NOTHING = {
  required: [],
  ports: [],
  endsOpen: false,
  endsWithReason: false,
  exceptions: [],
  names: [],
  isQuoted: false,
};
/** Each pattern as it is read, whatever the numbers of its words. */
const plain = ({ names, words, of }: Readings) => ({
  names,
  of: new Map(
    Array.from(of, ([pattern, [numbers, rest]]) => [
      pattern,
      { ...NOTHING, ...rest, words: numbers.map((number) => words[number]) },
    ]),
  ),
});
const readAlone = (patterns: readonly string[]) => {
  const names = new Map(patterns.flatMap(namesOfWords));
  return { names, of: new Map(patterns.map((pattern) => [pattern, readPattern(pattern, names)])) };
};

it("has kept each pattern of the seed as it reads now", () => {
  expect(plain(KEPT)).toEqual(readAlone(PATTERNS));
});

it("has kept what redaction makes of each template", () => {
  const { products, redacted } = readKnown("errors");
  const templates = products.flatMap(({ patterns }) => patterns.map(templateOf));
  const changed = new Map(redacted);
  for (const template of templates) expect(changed.get(template) ?? template).toBe(redact(template));
});

it("is compared as a team's own rules redact it, where there are some", async () => {
  vi.resetModules();
  onTestFinished(() => void vi.resetModules());
  const { useRules } = await import("../src/redact/redact.ts");
  const { seedIdOf } = await import("../src/cause/knowledge/seed.ts");
  useRules(rulesOf({ off: [], rules: [{ id: "lock", pattern: "\\bShareLock\\b" }] }));
  const template =
    "deadlock detected: process 1 waits for ShareLock on transaction 2; blocked by process 3 while updating table orders";
  const id = seedIdOf({ template, errorCode: "DB_40P01", level: "ERROR" });
  expect(seed().find(({ entry }) => entry.id === id)?.name).toBe("deadlock");
});

it("is the same from JSON", () => {
  const some = PATTERNS.slice(0, 200);
  const packed = JSON.parse(JSON.stringify(pack(some, readPatterns(some))));
  expect(plain(unpack(some, packed))).toEqual(readAlone(some));
});

const SOME = PATTERNS.filter((_, place) => place % 40 === 0);
const SOME_READ = readPatterns(SOME);
const words = fc.constantFrom(...new Set(SOME.flatMap((pattern) => pattern.match(/[A-Za-z]+/g) ?? [])));
const inHumps = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
/** `lockWait`, `LockWait`, `lockwait`, `TimeOut`: a name that others may have as a word, and the other way around. */
const name = fc.tuple(words, words, fc.constantFrom("", " "), fc.nat()).map(([one, other, between, at]) => {
  const cut = at % (one.length + 1);
  return between === ""
    ? `${one.slice(0, cut)}${inHumps(one.slice(cut))}`
    : `${one}${inHumps(other)} ${one}${other}`;
});

it("reads a team's patterns together with earlier ones as if all were read at once", () => {
  const team = fc.array(
    fc.tuple(name, words).map(([one, word]) => `${one} failed for <${word}>`),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(team, (own) => {
      expect(plain(readPatterns([...SOME, ...own], SOME_READ))).toEqual(readAlone([...SOME, ...own]));
    }),
    { numRuns: 60 },
  );
});

it("takes a team's name apart in the seed's patterns, too", () => {
  const known = "a deadlock was found here";
  const together = plain(readPatterns([known, "DeadLock of shard <shard>"], readPatterns([known])));
  expect(together.of.get(known)?.words.map((word) => word?.text)).toEqual(
    readPattern("a DeadLock was found here").words.map(({ text }) => text),
  );
});
