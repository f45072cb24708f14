import { NEGATIONS, type Word, wordsOf } from "./words.ts";

/** A word of a pattern. */
export interface PatternWord extends Word {
  /** Whether a text without it is another error. */
  readonly isRequired: boolean;
  /** Whether it only tells which of several patterns is meant: a number that may be a value. */
  readonly isOptional: boolean;
  /** How much it says, from 1 (every error has it) to 6 (no other has it). */
  readonly weight: number;
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
}

/** Numbers that are codes by what stands before them. */
const BEFORE_CODE = new Set([
  "code",
  "status",
  "errno",
  "http",
  "ora",
  "msg",
  "sqlstate",
  "exit",
  "signal",
  "number",
  "stat",
  "signal",
]);
/** Who says it: `java.sql.SQLException: `, `ReplyError: `. */
const SPEAKER = /^(?:\w+\.)*\w*(?:Exception|Error|Fault|Warning): /;
/** What is left without the speaker tells the error, when it is so many words. */
const LEAST_SAID = 4;
const REQUIRED = /\*\*([^*]+)\*\*/g;

/** The words of a pattern, and which of them it marks as required. */
export interface ReadPattern {
  readonly words: readonly Word[];
  readonly required: ReadonlySet<string>;
  readonly endsOpen: boolean;
  /** Words that say who says it, at its beginning. */
  readonly speaker: number;
}

/** Reads a pattern: `<placeholder>` for what varies, `**word**` for what has to be there. */
export function readPattern(pattern: string): ReadPattern {
  const required = [...pattern.matchAll(REQUIRED)].flatMap(([, marked = ""]) => wordsOf(marked));
  const plain = pattern.replaceAll(REQUIRED, "$1");
  const words = wordsOf(plain);
  const speaker = wordsOf(SPEAKER.exec(plain)?.[0] ?? "").length;
  return {
    words,
    speaker: words.length - speaker >= LEAST_SAID ? speaker : 0,
    required: new Set(required.map(({ text }) => text)),
    endsOpen: /(?:<[^<>]+>|\d\w{0,12})\W{0,3}$/.test(plain),
  };
}

/** Weighs a pattern's words. */
export function weighed(
  { words, required, endsOpen, speaker }: ReadPattern,
  weightOf: (word: string) => number,
): Pattern {
  const weighedWords = words.map((word, place): PatternWord => {
    const before = words[place - 1]?.text ?? "";
    const isOptional =
      place < speaker || (word.isNumber && !required.has(word.text) && !BEFORE_CODE.has(before));
    return {
      ...word,
      isOptional,
      isRequired: required.has(word.text) || NEGATIONS.has(word.text),
      weight: weightOf(word.text),
    };
  });
  const counted = weighedWords.filter(({ isOptional }) => !isOptional);
  return {
    words: weighedWords,
    weight: counted.reduce((sum, { weight }) => sum + weight, 0),
    size: counted.length,
    endsOpen,
  };
}
