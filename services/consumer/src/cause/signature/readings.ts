import { type ReadPattern, readPattern } from "./pattern.ts";
import { type Names, NO_NAMES, namesOfWords, type Word, wordOf } from "./words.ts";

const FLAGS = [
  "startsClause",
  "startsLine",
  "afterValue",
  "isDoubtful",
  "isNumber",
  "isName",
  "isJoined",
] as const satisfies readonly (keyof Word)[];

/** Patterns as they were read, in a form that is small and quickly read as JSON. */
export interface PackedReadings {
  readonly names: readonly (readonly [name: string, parts: readonly string[]])[];
  /** Each word once: its flags, as a number, behind it. */
  readonly words: readonly string[];
  /** In the order of the patterns: the numbers of its words, and what else is said of it, where anything is. */
  readonly patterns: readonly (readonly [words: readonly number[], rest?: Partial<ReadPattern>])[];
}

/** Patterns as they were read together, by their text. */
export interface Readings {
  readonly names: Names;
  readonly of: ReadonlyMap<string, ReadPattern>;
}

const NONE: Readings = { names: NO_NAMES, of: new Map() };
const PLAIN: Omit<ReadPattern, "words"> = {
  required: [],
  ports: [],
  endsOpen: false,
  endsWithReason: false,
  exceptions: [],
  names: [],
  isQuoted: false,
};

/**
 * Reads patterns, all of them together: a name that one has is taken apart in the others, too.
 * @param earlier not read again, but where another pattern's name changes how
 */
export function readPatterns(patterns: readonly string[], earlier: Readings = NONE): Readings {
  const others = patterns.filter((pattern) => !earlier.of.has(pattern));
  if (others.length === 0) return earlier;
  const added = new Map(others.flatMap(namesOfWords));
  const names = new Map([...earlier.names, ...added]);
  const isChanged = changedBy(added, earlier.names);
  const shared = sharedWords();
  const read = (pattern: string): [string, ReadPattern] => {
    const known = earlier.of.get(pattern);
    if (known && !isChanged(known)) return [pattern, known];
    const { words, ...rest } = readPattern(pattern, names);
    return [pattern, { ...rest, words: words.map(shared) }];
  };
  return { names, of: new Map([...earlier.of.keys(), ...others].map(read)) };
}

/** Whether a pattern may read otherwise with more names: it has one of them as a single word. */
function changedBy(added: Names, before: Names): (read: ReadPattern) => boolean {
  const news = [...added].filter(([name, parts]) => before.get(name)?.join(" ") !== parts.join(" "));
  if (news.length === 0) return () => false;
  const words = new Set(news.map(([name]) => wordOf(name)));
  if (words.has("") || news.some(([name]) => before.has(name))) return () => true;
  return (read) => read.words.some(({ text }) => words.has(text));
}

/** Gives one object for words that are the same in several patterns: most are. */
function sharedWords(): (word: Word) => Word {
  const known = new Map<string, Word>();
  return (word) => {
    const key = packed(word);
    const one = known.get(key) ?? word;
    if (one === word) known.set(key, word);
    return one;
  };
}

const packed = (word: Word) =>
  `${word.text} ${FLAGS.reduce((sum, flag, place) => sum + (word[flag] ? 2 ** place : 0), 0)}`;

function unpacked(word: string): Word {
  const [text = "", flags] = word.split(" ");
  const has = (place: number) => (Number(flags) & (2 ** place)) > 0;
  return {
    text,
    startsClause: has(0),
    startsLine: has(1),
    afterValue: has(2),
    isDoubtful: has(3),
    isNumber: has(4),
    isName: has(5),
    isJoined: has(6),
  };
}

/** Packs what was read of these patterns. */
export function pack(patterns: readonly string[], { names, of }: Readings): PackedReadings {
  const numbers = new Map<string, number>();
  const numberOf = (word: Word) => {
    const key = packed(word);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  const packedPatterns = patterns.map((pattern): PackedReadings["patterns"][number] => {
    const { words, ...read } = of.get(pattern) as ReadPattern;
    const rest = Object.entries(read).filter(([, value]) =>
      Array.isArray(value) ? value.length > 0 : value,
    );
    const ids = words.map(numberOf);
    return rest.length > 0 ? [ids, Object.fromEntries(rest)] : [ids];
  });
  return { names: [...names], words: [...numbers.keys()], patterns: packedPatterns };
}

/** @param patterns those that were packed, in the same order */
export function unpack(patterns: readonly string[], packed: PackedReadings): Readings {
  const words = packed.words.map(unpacked);
  const of = new Map(
    packed.patterns.map(([ids, rest], place): [string, ReadPattern] => [
      patterns[place] as string,
      { ...PLAIN, ...rest, words: ids.map((id) => words[id] as Word) },
    ]),
  );
  return { names: new Map(packed.names), of };
}
