import { rarityOf } from "./common-words.ts";
import { DOUBT, type Names, NEGATIONS, NO_NAMES, type Word, wordsOf } from "./words.ts";

/** A word of a pattern. */
interface PatternWord extends Word {
  /** Whether a text without it is another error. */
  readonly isRequired: boolean;
  /** Whether it only shows which of several patterns is meant: a number that may be a value. */
  readonly isOptional: boolean;
  /** How much it says, from 1 (every known error has it) to 6 (no other has it). */
  readonly weight: number;
  /** How much it says in any program's messages: see `rarityOf`. */
  readonly rarity: number;
}

/** A pattern as it is compared. */
export interface Pattern {
  readonly words: readonly PatternWord[];
  /** Sum of the weights of what is not optional. */
  readonly weight: number;
  /** How many words are not optional. */
  readonly size: number;
  /** Whether something that varies stands at its end. */
  readonly endsOpen: boolean;
  /** Whether it ends with another error, whatever that is: `…: <reason>`. */
  readonly endsWithReason: boolean;
  /** Exceptions that it marks as required, in lower case: a text without one of them is another error. */
  readonly exceptions: readonly string[];
  /** Other names that it marks as required. */
  readonly names: readonly string[];
  /** Whether something that varies stands in double quotes. */
  readonly isQuoted: boolean;
}

/** Numbers that are codes by what stands before them; words without their endings. */
const BEFORE_CODE = new Set("cod status errno http ora msg sqlstate exit signal number".split(" "));
const SPOKEN = "(?:Exception|Error|Fault|Warning|Timeout|Failure|Denied|Expired|Detected|Violation)";
/** What may be a value although nobody marked it: quoted, a path, an address, a name with dots that is no exception's. */
const DOUBTFUL = new RegExp(
  [
    "([\"'`])[\\w./:@-]{1,60}\\1",
    "\\bhttps?:\\/\\/\\S+",
    "(?<![\\w./])\\/[\\w.-]+(?:\\/[\\w.-]+)+",
    `\\b[\\w-]+(?:\\.[\\w-]+){1,8}\\b(?<!${SPOKEN})(?![(.])`,
    "(?<==)(?![A-Z_]+\\b)[\\w.-]{1,60}",
  ].join("|"),
  "g",
);
/** The package of an exception, and who says it: `java.sql.SQLException: `, `ReplyError: `. */
const SPEAKER = new RegExp(
  `(?<![\\w.])(?:[a-z_]\\w*\\.)+(?=\\w*${SPOKEN}\\b)|^(?:[\\w$]+\\.)*\\w*(?:Exception|Error|Fault|Warning)(?=: )`,
  "g",
);
/** Less weight says nothing, however complete it is. */
export const LEAST_WEIGHT = 6;
/** What is left without them identifies the error, when it is so many words, or two of which one is a name. */
const LEAST_SAID = 4;
/**
 * A port that belongs to the pattern: whoever wrote it has a placeholder for the host, and none for the port; or it is a product's, and
 * nobody says who speaks.
 */
const OWN_PORT = /<[^<>]+>:(\d{3,5})\b/g;
const PRODUCT_PORT =
  /^(?:(?!\w{2,}(?:Exception|Error)\b).)*\b\d+(?:\.\d+){3}:(1433|1521|27017|3306|5432|5672|6379|9042|9092|9200|11211|19530)\b/g;
/** Words of so much weight identify the error without its port. */
const TELLING = 16;
const REQUIRED = /\*\*([^*]+)\*\*/g;
/** The name of an exception and nothing else: taken apart, it would say what "access denied" says. */
const EXCEPTION = /^(?:[\w$]+[.\\:]+)*([A-Z]\w*(?:Exception|Error))$/;
/** Another name of several words: `ErrImagePull`. */
const NAME = /^[A-Z][a-z]+(?:[A-Z][a-z]+)+$/;

/** The words of a pattern, and which of them it marks as required. */
export interface ReadPattern {
  readonly words: readonly Word[];
  /** Places of the words that it marks. */
  readonly required: readonly number[];
  readonly ports: readonly string[];
  readonly endsOpen: boolean;
  readonly endsWithReason: boolean;
  readonly exceptions: readonly string[];
  readonly names: readonly string[];
  readonly isQuoted: boolean;
}

/**
 * Reads a pattern: `<placeholder>` for what varies, `**word**` for what has to be there.
 * @param names those that are taken apart in the texts, too: `statuscode` where another pattern says `StatusCode`
 */
export function readPattern(pattern: string, names: Names = NO_NAMES): ReadPattern {
  const marks = [...pattern.matchAll(REQUIRED)].map(([, marked = ""]) => marked);
  const plain = pattern.replaceAll(REQUIRED, "$1");
  const doubted = wordsOf(
    plain
      .replaceAll(DOUBTFUL, (value) => DOUBT.value.join(value))
      .replaceAll(SPEAKER, (speaker) => DOUBT.speaker.join(speaker)),
    names,
  );
  const said = doubted.filter(({ isDoubtful, isNumber }) => !isDoubtful && !isNumber);
  const isEnough = said.length >= LEAST_SAID || (said.length > 1 && said.some(({ isName }) => isName));
  const words = isEnough ? doubted : wordsOf(plain, names);
  return {
    words,
    required: [...pattern.matchAll(REQUIRED)].flatMap(({ 1: marked = "", index }) =>
      placesOf(words, wordsOf(marked, names), () => wordsOf(pattern.slice(0, index), names)),
    ),
    ports: [OWN_PORT, PRODUCT_PORT].flatMap((own) => [...plain.matchAll(own)].map(([, port = ""]) => port)),
    endsOpen: /(?:<[^<>]+>|\d\w{0,12})\W{0,3}$/.test(plain),
    endsWithReason: /:\s+(?:desc = )?"?<[^<>]+>\W{0,3}$/.test(plain),
    exceptions: marks.flatMap((marked) => EXCEPTION.exec(marked)?.[1]?.toLowerCase() ?? []),
    names: marks.flatMap((marked) =>
      NAME.test(marked) && !EXCEPTION.test(marked) ? [marked.toLowerCase()] : [],
    ),
    isQuoted: /"<[^<>]+>"/.test(plain),
  };
}

/** The places of some of a pattern's words: of a word that it has several times, that which comes next behind the words before them. */
function placesOf(words: readonly Word[], some: readonly Word[], before: () => readonly Word[]): number[] {
  const passed = new Map<string, number>();
  return some.flatMap(({ text }) => {
    const places = words.flatMap((word, place) => (word.text === text ? [place] : []));
    if (places.length < 2) return places;
    const nth = passed.get(text) ?? before().filter((word) => word.text === text).length;
    passed.set(text, nth + 1);
    return places[nth] ?? places.slice(-1);
  });
}

/** What a word of a pattern is besides, as bits. */
const KIND = { required: 1, optional: 2 };

/** What kind each word of a pattern is of. */
export function kindsOf(
  words: readonly Word[],
  { required = [], ports = [] }: Partial<ReadPattern>,
  weightOf: (word: string) => number,
): number[] {
  let sum: number | undefined;
  const saidByWords = () => {
    sum ??= weightOfPlain(words, weightOf);
    return sum;
  };
  return words.map((word, place) => {
    const before = words[place - 1]?.text ?? "";
    const isOwnPort = word.isNumber && ports.includes(word.text);
    const mayBeValue = word.isDoubtful || (word.isNumber && !isOwnPort && !BEFORE_CODE.has(before));
    // What says too little by its words alone needs all that it has.
    const isOptional = mayBeValue && !required.includes(place) && saidByWords() >= LEAST_WEIGHT;
    const isRequired =
      required.includes(place) || NEGATIONS.has(word.text) || (isOwnPort && saidByWords() < TELLING);
    return (isRequired ? KIND.required : 0) + (isOptional ? KIND.optional : 0);
  });
}

/** Weight of the words that are no values, each once. */
function weightOfPlain(words: readonly Word[], weightOf: (word: string) => number): number {
  const plain = words.filter(({ isDoubtful, isNumber }) => !isDoubtful && !isNumber);
  return [...new Set(plain.map(({ text }) => text))].reduce((sum, text) => sum + weightOf(text), 0);
}

/** Those that are not optional. */
export const countedOf = <W>(words: readonly W[], kinds: readonly number[]): W[] =>
  words.filter((_, place) => ((kinds[place] ?? 0) & KIND.optional) === 0);

/** Makes words of patterns: of a word that several patterns share, one for all of them. */
export function patternWords(weightOf: (word: string) => number): (word: Word, kind: number) => PatternWord {
  const made = new Map<Word, PatternWord[]>();
  return (word, kind) => {
    const known = made.get(word) ?? [];
    if (known.length === 0) made.set(word, known);
    known[kind] ??= {
      ...word,
      isOptional: (kind & KIND.optional) > 0,
      isRequired: (kind & KIND.required) > 0,
      weight: weightOf(word.text),
      rarity: rarityOf(word.text),
    };
    return known[kind];
  };
}

const PLAIN = { endsOpen: false, endsWithReason: false, exceptions: [], names: [], isQuoted: false };

/** A pattern of these words. */
export function patternOf(
  words: readonly PatternWord[],
  { required: _, ports: __, ...rest }: Partial<ReadPattern>,
): Pattern {
  const counted = words.filter(({ isOptional }) => !isOptional);
  const weight = counted.reduce((sum, { weight }) => sum + weight, 0);
  return { ...PLAIN, ...rest, words, weight, size: counted.length };
}
