import { type ReadPattern, readPattern } from "./pattern.ts";
import { type Names, NO_NAMES, namesOfWords, type Word, wordOf } from "./words.ts";

/** A pattern that was read: the numbers of its words, and what else is said of it, where anything is. */
export type Reading = readonly [words: readonly number[], rest?: Partial<ReadPattern>];

/** Patterns that were read together. */
export interface Readings {
  readonly names: Names;
  /** Each word once, by its number. */
  readonly words: readonly Word[];
  /** By the patterns' texts. */
  readonly of: ReadonlyMap<string, Reading>;
}

const NONE: Readings = { names: NO_NAMES, words: [], of: new Map() };

/**
 * Reads patterns, all of them together: a name that one has is taken apart in the others, too.
 * @param earlier not read again, but where another pattern's name changes how
 */
export function readPatterns(patterns: readonly string[], earlier: Readings = NONE): Readings {
  const others = patterns.filter((pattern) => !earlier.of.has(pattern));
  if (others.length === 0) return earlier;
  const added = new Map(others.flatMap(namesOfWords));
  const names = new Map([...earlier.names, ...added]);
  const words = [...earlier.words];
  const numberOf = numbering(words);
  const read = (pattern: string): Reading => {
    const { words, ...rest } = readPattern(pattern, names);
    const said = Object.entries(rest).filter(([, value]) =>
      Array.isArray(value) ? value.length > 0 : value,
    );
    const numbers = words.map(numberOf);
    return said.length > 0 ? [numbers, Object.fromEntries(said)] : [numbers];
  };
  const isChanged = changedBy(added, earlier);
  const of = new Map(earlier.of);
  for (const [pattern, reading] of earlier.of) if (isChanged(reading)) of.set(pattern, read(pattern));
  for (const pattern of others) of.set(pattern, read(pattern));
  return { names, words, of };
}

/** Whether a pattern may read otherwise with more names: it has one of them as a single word. */
function changedBy(added: Names, before: Readings): (reading: Reading) => boolean {
  const news = [...added].filter(([name, parts]) => before.names.get(name)?.join(" ") !== parts.join(" "));
  if (news.length === 0) return () => false;
  const words = new Set(news.map(([name]) => wordOf(name)));
  if (words.has("") || news.some(([name]) => before.names.has(name))) return () => true;
  return ([numbers]) => numbers.some((number) => words.has(before.words[number]?.text ?? ""));
}

/** Numbers words, those that are the same alike: most stand in several patterns. What is new is put behind `words`. */
function numbering(words: Word[]): (word: Word) => number {
  const known = new Map<string, number>();
  return (word) => {
    const key = `${word.text} ${flagsOf(word)}`;
    const number = known.get(key) ?? words.push(word) - 1;
    known.set(key, number);
    return number;
  };
}

/** Readings in a form that is small, and quickly read as JSON. */
export interface PackedReadings {
  readonly names: readonly (readonly [name: string, parts: readonly string[]])[];
  /** Of the words, by their numbers. */
  readonly texts: readonly string[];
  readonly flags: readonly number[];
  /** In the order of the patterns. */
  readonly patterns: readonly Reading[];
}

const flagsOf = (word: Word) =>
  Number(word.startsClause) +
  2 * Number(word.startsLine) +
  4 * Number(word.afterValue) +
  8 * Number(word.isDoubtful) +
  16 * Number(word.isNumber) +
  32 * Number(word.isName) +
  64 * Number(word.isJoined);

const wordWith = (text: string, flags: number): Word => ({
  text,
  startsClause: (flags & 1) > 0,
  startsLine: (flags & 2) > 0,
  afterValue: (flags & 4) > 0,
  isDoubtful: (flags & 8) > 0,
  isNumber: (flags & 16) > 0,
  isName: (flags & 32) > 0,
  isJoined: (flags & 64) > 0,
});

/** Packs what was read of these patterns, and of no others. */
export const pack = (patterns: readonly string[], { names, words, of }: Readings): PackedReadings => ({
  names: [...names],
  texts: words.map(({ text }) => text),
  flags: words.map(flagsOf),
  patterns: patterns.map((pattern) => of.get(pattern) as Reading),
});

/** @param patterns those that were packed, in the same order */
export const unpack = (
  patterns: readonly string[],
  { names, texts, flags, patterns: readings }: PackedReadings,
): Readings => ({
  names: new Map(names),
  words: texts.map((text, number) => wordWith(text, flags[number] ?? 0)),
  of: new Map(patterns.map((pattern, place) => [pattern, readings[place] as Reading])),
});
