import { MASKS } from "./masks.ts";

/** All masks in one expression: a word is gone through once. */
const ANY_MASK = new RegExp(MASKS.map(({ pattern }) => `(${pattern})`).join("|"), "g");
const PLACEHOLDERS = MASKS.map(({ placeholder }) => placeholder);

/** What a character says of the word it stands in. */
const BLANK = 1;
/** A word with one of these may hold something variable; without any, it is plain text. */
const SUSPECT = 2;
const DIGIT = 4;

const KIND = new Uint8Array(128);
for (const blank of " \t\n\r\f\v") KIND[blank.charCodeAt(0)] = BLANK;
for (const suspect of "/@\\:") KIND[suspect.charCodeAt(0)] = SUSPECT;
for (const digit of "0123456789") KIND[digit.charCodeAt(0)] = SUSPECT | DIGIT;

const NUMBER = "<NUM>";

/** Longest text that is looked at, in UTF-16 units: an end that is cut off has no place in a template. */
export const LONGEST_MASKED = 2_000;

/**
 * The line with placeholders for what varies, its words parted by single blanks.
 *
 * One pass over the characters finds the words that may hold something variable; only those meet the expressions.
 */
export function mask(message: string): string {
  const end = Math.min(message.length, LONGEST_MASKED);
  let masked = "";
  let at = 0;
  while (at < end) {
    let kind = 0;
    // Skip blanks.
    while (at < end && KIND[message.charCodeAt(at)] === BLANK) at++;
    if (at >= end) break;
    const start = at;
    let seen = 0;
    let allDigits = DIGIT;
    for (; at < end; at++) {
      const code = message.charCodeAt(at);
      kind = code < 128 ? (KIND[code] as number) : 0;
      if (kind === BLANK) break;
      seen |= kind;
      allDigits &= kind;
    }
    if (masked !== "") masked += " ";
    if ((seen & SUSPECT) === 0) masked += message.slice(start, at);
    else if (allDigits !== 0) masked += NUMBER;
    else masked += maskWord(message.slice(start, at));
  }
  return masked;
}

function maskWord(word: string): string {
  ANY_MASK.lastIndex = 0;
  let masked = "";
  let after = 0;
  for (let found = ANY_MASK.exec(word); found !== null; found = ANY_MASK.exec(word)) {
    masked += word.slice(after, found.index);
    for (let group = 1; group < found.length; group++) {
      if (found[group] !== undefined) {
        masked += PLACEHOLDERS[group - 1];
        break;
      }
    }
    after = found.index + found[0].length;
  }
  return after === 0 ? word : masked + word.slice(after);
}
