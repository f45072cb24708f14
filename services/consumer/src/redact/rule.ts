/** Stands for what an earlier rule has taken: no letter, no digit, no white space. */
export const TAKEN = "\ue000";

interface Named {
  /** Its name: `github-pat`. A configuration switches it off by it. */
  readonly id: string;
  /** What is written instead, in lower case: `email`. */
  readonly kind: string;
  /** In lower case: a text without any of them is not looked at. Default: every text is. */
  readonly keywords?: readonly string[];
  /** As `keywords`, which a text must have as well: what the pattern cannot match without. Default: none. */
  readonly also?: readonly string[];
  /** Least digits of a text that is looked at. Default: 0. */
  readonly digits?: number;
  /** Least letters, digits and `+/_-` in a row of a text that is looked at: what the pattern cannot match without. Default: 0. */
  readonly run?: number;
}

/** A rule that is a pattern. */
export interface PatternRule extends Named {
  /**
   * What its groups match is secret; without groups, all of it. Flag `g`. Linear in the text: every repetition has a bound or cannot
   * overlap with what follows it.
   */
  readonly pattern: RegExp;
  /** Whether a match is one. Default: always. */
  readonly isSecret?: (value: string, match: RegExpExecArray) => boolean;
  /** As `spans`, for what needs no indices, which take time. */
  readonly plainSpans?: (match: RegExpExecArray) => [start: number, end: number][];
  /** Which spans of the match, which has its indices, are secret, for what groups cannot say. Default: the groups. */
  readonly spans?: (match: RegExpExecArray) => [start: number, end: number][];
}

/** A rule that looks by itself. */
interface SearchRule extends Named {
  /** What is secret, in the order of the text. */
  readonly search: (text: string) => [start: number, end: number][];
}

/** One kind of secret or personal data, and how it is known. */
export type Rule = PatternRule | SearchRule;

/** A pattern with the flags that rules need. */
export const pattern = (source: string | RegExp, flags = "") =>
  source instanceof RegExp
    ? new RegExp(source.source, `g${source.flags}${flags}`)
    : new RegExp(source, `g${flags}`);
