import { diffArrays } from "diff";
import { embeddingText } from "./embedding-text.ts";

/** Words that say nothing of an error by themselves: of the grammar, and what programs put around a message. */
const EMPTY_WORDS = new Set(
  "a an the of to in on at for by with from and or is are was were be been it its this that as has have had error exception java lang io com org caused fatal occurred when calling operation".split(
    " ",
  ),
);
/** Fewer words in common say nothing. */
const LEAST_COMMON = 2;
/** Share of the shorter one's words that the other has to have, in the same order. */
const LEAST_SHARE = 0.9;

/**
 * Whether one text says all that the other does, in the same order; it may say more. What is only worded alike ("read" instead of
 * "write", "revoked" instead of "expired") does not: each has a word that the other lacks.
 */
export function hasSameWords(a: string, b: string): boolean {
  const ofA = wordsOf(a);
  const ofB = wordsOf(b);
  const common = diffArrays(ofA, ofB)
    .filter(({ added, removed }) => !added && !removed)
    .reduce((sum, { value }) => sum + value.length, 0);
  return common >= LEAST_COMMON && common >= LEAST_SHARE * Math.min(ofA.length, ofB.length);
}

const wordsOf = (text: string) =>
  embeddingText(text)
    .split(" ")
    .filter((word) => word !== "" && !EMPTY_WORDS.has(word));
