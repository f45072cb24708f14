/** A word of an error's text, in the form in which two wordings of one error have it in common. */
export interface Word {
  readonly text: string;
  /** Whether punctuation parts it from the word before, as between two clauses. */
  readonly startsClause: boolean;
  /** Whether it is the first of its line. */
  readonly startsLine: boolean;
  /** Whether something that varies (a number, an id, a placeholder) stands between it and the word before. */
  readonly afterValue: boolean;
  /** A number of three to five digits: a code, a port, or only a value. */
  readonly isNumber: boolean;
  /** Whether it stands between `DOUBT`s. */
  readonly isDoubtful: boolean;
  /** A name that people made for one thing: `EADDRINUSE`, `40P01`, `CERTIFICATE_VERIFY_FAILED`, `OutOfMemoryError`. */
  readonly isName: boolean;
  /** Whether it is a part of a name of several words, as `access` of `AccessDenied` and `access_denied`. */
  readonly isJoined: boolean;
}

/** Words that say nothing of an error: of the grammar, and what programs put around a message. */
const EMPTY = new Set(
  (
    "a an the of to in on at for by with from and or is are was were be been being it its this that as has have had will would do does did " +
    "you your we our i may can please there then than so if " +
    "error errors err exception throwable fatal severe crit critical warning warn info debug java javax lang org com net io util caused " +
    "occurred"
  ).split(" "),
);

/** Words that turn what is said into its opposite. */
export const NEGATIONS: ReadonlySet<string> = new Set([
  "not",
  "no",
  "never",
  "without",
  "none",
  "neither",
  "nor",
]);

/** One spelling for what is spelled in several ways. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019]/g, "'"],
  // Of JSON and of `repr`.
  [/\\[ntr]/g, "\n"],
  // eslint-style colours of terminals
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
  [/\u001b\[[\d;]*m/g, ""],
  [
    /\b(?:could\s*n[o']t|couldn't|cannot|can\s*not|can't|unable\s+to|failed\s+to|failure\s+to|fails\s+to)\b/gi,
    " failed ",
  ],
  [/n't\b/gi, " not"],
  // Of Go before 1.9.
  [/\bgetsockopt: /g, "connect: "],
  [/\btim(?:ed|es|e|ing)[\s_-]*out\b/gi, "timeout"],
  [/\bread[\s_-]+only\b/gi, "readonly"],
  [/\bback[\s_-]+off\b/gi, "backoff"],
  [/\bself[\s_-]+signed\b/gi, "selfsigned"],
  [/\bfile[\s_-]+system\b/gi, "filesystem"],
  [/\bhost[\s_-]+name\b/gi, "hostname"],
  [/\buser[\s_-]+name\b/gi, "username"],
  [/\blook[\s_-]+up\b/gi, "lookup"],
  [/\bdead[\s_-]+lock/gi, "deadlock"],
];

/** What stands for something that varies or is secret, whoever put it there. */
const PLACEHOLDER =
  /<(?:\*|[A-Za-z][\w .:/-]{0,40})>|\$\{[\w.-]{1,40}\}|\{\}|%[sdvq]\b|\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?|\b\d\d:\d\d:\d\d(?:[.,]\d+)?|\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|(?<![\w/+])(?=[\w/]*\+)(?=[\w/+]*\d)[\w/+]{40,}={0,2}/g;
/** Put around what may be a value, and around who says it: their words show what is meant, but need not be there. */
export const DOUBT = { value: ["‹", "›"], speaker: ["«", "»"] } as const;
const VALUE = "¤";
const PIECE = /[\p{L}\p{N}¤]+(?:'[\p{L}]{1,2}\b)?/gu;
const HUMPS = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;
const CLAUSE = /[:;!?|(){}[\]\n=]|[.,]\s|\s[-–—]+\s|->|\s["'`]$|^["'`]\s/;
/** `key=value`, as logfmt writes it. */
const FIELD = /^[a-z_][\w.]*=[^()]+$/i;

/** What a name is taken apart into, by its lower case: `hikaripool` is `HikariPool`. */
export type Names = ReadonlyMap<string, readonly string[]>;
export const NO_NAMES: Names = new Map();

/** The names in a text that are of several words. */
export function namesOfWords(text: string): [name: string, parts: string[]][] {
  return [...text.matchAll(PIECE)].flatMap(([piece]) => {
    const parts = piece.split(HUMPS);
    return parts.length > 1 ? [[piece.toLowerCase(), parts] as [string, string[]]] : [];
  });
}

/**
 * The words of a text, in order. Numbers that are no codes, ids and placeholders are left out, and noted with the next word.
 * @param names those that are taken apart in whatever case they are written
 */
export function wordsOf(text: string, names: Names = NO_NAMES): Word[] {
  let plain = text.split("\n").map(withFieldsApart).join("\n").replaceAll(PLACEHOLDER, ` ${VALUE} `);
  for (const [pattern, spelling] of SPELLINGS) plain = plain.replaceAll(pattern, spelling);
  const words: Word[] = [];
  let end = 0;
  let startsClause = true;
  let startsLine = true;
  let afterValue = false;
  let isDoubtful = false;
  for (const { 0: piece, index } of plain.matchAll(PIECE)) {
    const between = plain.slice(end, index);
    if (CLAUSE.test(between)) startsClause = true;
    if (between.includes("\n")) startsLine = true;
    if (/[›»]/.test(between)) isDoubtful = false;
    if (/[‹«]/.test(between)) isDoubtful = true;
    if (/[‹›]/.test(between)) afterValue = true;
    const hasUnderscore =
      plain[end] === "_" || plain[index - 1] === "_" || plain[index + piece.length] === "_";
    end = index + piece.length;
    // "S_1798" is a value as "S_1" is.
    // Python's and C's name for nothing: `version=None`, `CONSTRAINT_NONE`.
    const isNothing = /^(?:None|NONE)$/.test(piece) && /[=_([{:,] ?$/.test(between);
    if (isNothing || isValue(piece) || (afterValue && /^[_.-]$/.test(between) && /^\d+$/.test(piece))) {
      afterValue = true;
      continue;
    }
    const parts =
      /\d/.test(piece) && !/^[A-Za-z]{4,}\d{1,2}$/.test(piece)
        ? [piece]
        : (names.get(piece.toLowerCase()) ?? piece.split(HUMPS));
    const isName =
      parts.length > 2 ||
      /^E[A-Z]{4,}$/.test(piece) ||
      /[A-Za-z]\d|\d[A-Za-z]/.test(piece) ||
      (hasUnderscore && piece === piece.toUpperCase());
    const isJoined = hasUnderscore || parts.length > 1;
    for (const part of parts) {
      const word = wordOf(part);
      if (word === "") continue;
      words.push({
        text: word,
        startsClause,
        startsLine,
        afterValue,
        isDoubtful,
        isNumber: /^\d+$/.test(word),
        isName,
        isJoined,
      });
      startsClause = false;
      startsLine = false;
      afterValue = false;
    }
  }
  return words;
}

/** How many of a line's words are its message: loggers put `error_code=…` and the like behind it. */
export const sizeOfMessage = (words: readonly string[]): number =>
  words.findLastIndex((word) => !FIELD.test(word)) + 1;

/** The fields behind a message are a clause of their own. */
function withFieldsApart(line: string): string {
  const words = line.trimEnd().split(" ");
  const size = sizeOfMessage(words);
  return size === 0 || size === words.length ? line : words.toSpliced(size, 0, "|").join(" ");
}

/** A measure, a large or small number, an id: what no two lines have in common. */
function isValue(piece: string): boolean {
  if (piece.includes(VALUE)) return true;
  if (!/\d/.test(piece)) return piece.length > 60 || /^[gkmt]?i?b$|^[num]?s$/i.test(piece);
  if (/^\d+$/.test(piece)) return piece.length < 3 || piece.length > 5;
  return (
    /^\d+[a-z]{1,3}$/i.test(piece) ||
    /^0x/i.test(piece) ||
    piece.length > 10 ||
    (/\d/.test(piece) && piece.length > 6 && /\d[a-z]+\d/i.test(piece))
  );
}

/** A word without its plain ending; empty for one that says nothing. */
export function wordOf(part: string): string {
  const lower = part.toLowerCase();
  const word = /^[a-z]{4,}\d{1,2}$/.test(lower) ? lower.replace(/\d+$/, "") : lower;
  if (EMPTY.has(word)) return "";
  return /\d/.test(word) || NEGATIONS.has(word) ? word : stem(word.replace(/'\w{0,2}$/, ""));
}

const STEMS = new Map<string, string>();

function stem(word: string): string {
  const known = STEMS.get(word);
  if (known !== undefined) return known;
  const plain = stemmed(word);
  // "note" is no "not".
  const made = NEGATIONS.has(plain) ? word : plain;
  if (STEMS.size > 20_000) STEMS.clear();
  STEMS.set(word, made);
  return made;
}

function stemmed(word: string): string {
  let short = word;
  // "related" is no "relation".
  if (/^relations?$/.test(short)) return "relation";
  if (/(?:failure|failing|failed|fails)$/.test(short)) return "fail";
  if (short.length > 4 && short.endsWith("ies")) short = `${short.slice(0, -3)}y`;
  else if (short.length > 4 && short.endsWith("ied")) short = `${short.slice(0, -3)}y`;
  else if (short.length > 3 && /[^su]s$/.test(short)) short = short.slice(0, -1);
  if (short.length > 5 && short.endsWith("ing")) short = short.slice(0, -3);
  else if (short.length > 4 && short.endsWith("ed")) short = short.slice(0, -2);
  else if (short.length > 6 && /[ts]ion$/.test(short)) short = short.slice(0, -3);
  // cancelled, canceled
  short = short.replace(/([bdglmnprt])\1$/, "$1");
  return short.length > 3 && short.endsWith("e") ? short.slice(0, -1) : short;
}
