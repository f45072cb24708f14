import { LEAST_WEIGHT, type Pattern } from "./pattern.ts";
import { NEGATIONS, type Word } from "./words.ts";

/** How a text says what a pattern says. */
export interface Alignment {
  /** Share of the pattern's weight that the text has, from 0 to 1; what it says instead is taken off. */
  readonly share: number;
  /** Weight of what both have, without what one of them lacks or has instead: shows which of two patterns is meant. */
  readonly score: number;
  /** How unlikely it is that another program's message says as much of it by chance. */
  readonly evidence: number;
  /** Whether it lacks a word that it has to have. */
  readonly isLacking: boolean;
  /** Words that its clauses say besides. */
  readonly besides: number;
  /** Places of the text's words that both have. */
  readonly places: ReadonlySet<number>;
  /** Those of them that the pattern marks as required. */
  readonly marked: readonly number[];
  /** The first and the last of them. */
  readonly from: number;
  readonly to: number;
  /** Why it is not the pattern's error; undefined: it is. */
  readonly against?: string;
}

/** Words of the text between two of the pattern's, at most: where something varies, and elsewhere. */
const MOST_BETWEEN = { open: 24, closed: 6 };
/** Words of a pattern that other words may stand for, at most; for more, the share decides. */
const MOST_OTHER = 2;
/** What it costs that the text has in two clauses what the pattern has in one. */
const PARTED = 3;
/** Share of a clause that has to be there for it to count. */
const LEAST_OF_CLAUSE = 0.7;
/** Share of a pattern that has to be there. */
export const LEAST_SHARE = 0.7;
/** What is against an error of whose words many have each. */
export const COMMON = "what it says is said by many errors";
/** What the marked words of a pattern say, so many at least, is enough without the others. */
const MARKED = { words: 3, least: 14 };
/** What is said as a whole, and little else beside it, may weigh less. */
const WHOLE = 0.99;
const LEAST_OF_WHOLE = 4;
/** Patterns of so few words have to be there as a whole, in a clause that says little else. */
const SHORT = 3;
/** Of so few words they have to be what the clause says. */
const BRIEF = 5;

interface Link {
  readonly patternAt: number;
  readonly textAt: number;
  readonly score: number;
  readonly before: Link | undefined;
}

/** The best way to find the pattern's words in the text, in their order; undefined: it has none of them. */
export function align(
  pattern: Pattern,
  text: readonly Word[],
  placesOf: ReadonlyMap<string, readonly number[]>,
): Alignment | undefined {
  const links: Link[] = [];
  let best: { link: Link; score: number } | undefined;
  for (const [patternAt, word] of pattern.words.entries()) {
    for (const textAt of placesOf.get(word.text) ?? []) {
      const link = linked(pattern, text, links, patternAt, textAt);
      links.push(link);
      const score = link.score - lackedAfter(pattern, text, link);
      if (best === undefined || score > best.score) best = { link, score };
    }
  }
  return best && judged(pattern, text, best.link, best.score);
}

function linked(
  pattern: Pattern,
  text: readonly Word[],
  links: readonly Link[],
  patternAt: number,
  textAt: number,
): Link {
  const { weight } = pattern.words[patternAt] as Pattern["words"][number];
  let before: Link | undefined;
  let score = -lackedBefore(pattern, text, patternAt, textAt);
  for (const link of links) {
    if (link.patternAt >= patternAt || link.textAt >= textAt) continue;
    const between = betweenCost(pattern, text, link, patternAt, textAt);
    if (between !== undefined && link.score - between > score) {
      score = link.score - between;
      before = link;
    }
  }
  return { patternAt, textAt, score: score + weight, before };
}

/** Weight of the pattern's words from one place to another. */
function weightBetween({ words }: Pattern, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) {
    const { isOptional, weight } = words[at] as Pattern["words"][number];
    if (!isOptional) sum += weight;
  }
  return sum;
}

function isOpenBetween({ words }: Pattern, from: number, to: number): boolean {
  for (let at = from; at <= to; at++) if (words[at]?.afterValue) return true;
  return false;
}

/** Undefined: too far apart. What is lacked counts once, and once more where the text says something else instead. */
function betweenCost(
  pattern: Pattern,
  text: readonly Word[],
  { patternAt, textAt }: Link,
  nextInPattern: number,
  nextInText: number,
): number | undefined {
  const extra = nextInText - textAt - 1;
  const isOpen = isOpenBetween(pattern, patternAt + 1, nextInPattern);
  if (extra > (isOpen ? MOST_BETWEEN.open : MOST_BETWEEN.closed)) return undefined;
  const lacked = weightBetween(pattern, patternAt + 1, nextInPattern);
  const instead = extra > 0 && !isOpen ? lacked : 0;
  const parted =
    isOpen || !isParted(pattern, patternAt, nextInPattern, text, textAt, nextInText) ? 0 : PARTED;
  return lacked + instead + parted + (isOpen ? 0.05 : 0.4) * extra;
}

/** Whether the text has what the pattern says as one clause in two, which are not lines. */
function isParted(
  { words }: Pattern,
  patternAt: number,
  nextInPattern: number,
  text: readonly Word[],
  textAt: number,
  nextInText: number,
): boolean {
  for (let at = patternAt + 1; at <= nextInPattern; at++) if (words[at]?.startsClause) return false;
  for (let at = textAt + 1; at <= nextInText; at++) {
    if (text[at]?.startsClause && !text[at]?.startsLine && !text[at]?.afterValue) return true;
  }
  return false;
}

function lackedBefore(pattern: Pattern, text: readonly Word[], patternAt: number, textAt: number): number {
  const lacked = weightBetween(pattern, 0, patternAt);
  const saysElse =
    textAt > 0 && text[textAt]?.startsClause === false && !isOpenBetween(pattern, 0, patternAt);
  return saysElse ? 2 * lacked : lacked;
}

function lackedAfter(pattern: Pattern, text: readonly Word[], { patternAt, textAt }: Link): number {
  const lacked = weightBetween(pattern, patternAt + 1, pattern.words.length);
  const next = text[textAt + 1];
  const saysElse =
    next !== undefined &&
    !next.startsLine &&
    !isOpenBetween(pattern, patternAt + 1, pattern.words.length - 1);
  return saysElse ? 2 * lacked : lacked;
}

function judged(pattern: Pattern, text: readonly Word[], last: Link, score: number): Alignment {
  const places = new Map<number, number>();
  const inText = new Set<number>();
  let first = last;
  for (let link: Link | undefined = last; link; link = link.before) {
    places.set(link.patternAt, link.textAt);
    inText.add(link.textAt);
    // What is optional stands before it, if at all.
    if (pattern.words[link.patternAt]?.isOptional === false) first = link;
  }
  const { matched, inClauses, distinct } = saidOf(pattern, places);
  const lacked = pattern.words.filter(({ isOptional }, at) => !isOptional && !places.has(at));
  const instead = Math.max(0, 2 * matched - pattern.weight - score);
  const share = pattern.weight === 0 ? 0 : Math.max(0, (inClauses - instead) / pattern.weight);
  const missing = missingOf(pattern, lacked);
  const found = {
    share,
    score,
    isLacking: missing !== undefined,
    evidence: evidenceOf(pattern, text, places),
    besides: besides(pattern, text, first, last, inText),
    places: inText,
    marked: [...places].flatMap(([at, textAt]) =>
      pattern.words[at]?.isRequired && !NEGATIONS.has(pattern.words[at]?.text ?? "") ? [textAt] : [],
    ),
    from: first.textAt,
    to: last.textAt,
  };
  const against = objection(pattern, text, { first, last, inText, missing, found: { share, distinct } });
  return against === undefined ? found : { ...found, against };
}

/** What each word of a name says more when the text has it as a name, too. */
const JOINED = 2;

/**
 * How much the words say that the text has, each once; what it lacks counts twice against them. A name says more than its words, and
 * less when the text has the words alone.
 */
function evidenceOf({ words }: Pattern, text: readonly Word[], places: ReadonlyMap<number, number>): number {
  const said = new Map<string, number>();
  const lacked = new Map<string, number>();
  for (const [at, { text: word, rarity, isOptional, isNumber, isName, isJoined }] of words.entries()) {
    if (isNumber) continue;
    const place = places.get(at);
    if (place === undefined) {
      if (!isOptional) lacked.set(word, rarity);
      continue;
    }
    const isJoinedThere = text[place]?.isJoined === true;
    const says = isJoined && isJoinedThere ? rarity + JOINED : isName && isJoined ? rarity / 2 : rarity;
    said.set(word, Math.max(says, said.get(word) ?? 0));
  }
  const sum = (some: ReadonlyMap<string, number>) => [...some.values()].reduce((all, one) => all + one, 0);
  for (const word of said.keys()) lacked.delete(word);
  return sum(said) - 2 * sum(lacked);
}

/** Weight of the pattern's words that the text has, of those in clauses that it has as good as whole, and of these each word once. */
function saidOf(
  { words }: Pattern,
  inPattern: ReadonlyMap<number, number>,
): { matched: number; inClauses: number; distinct: number } {
  let matched = 0;
  let inClauses = 0;
  const said = new Map<string, number>();
  let clause = { weight: 0, matched: 0, size: 0, lacked: 0, said: [] as Pattern["words"][number][] };
  const close = () => {
    const isWhole =
      clause.size > SHORT ? clause.matched >= LEAST_OF_CLAUSE * clause.weight : clause.lacked === 0;
    if (isWhole) {
      inClauses += clause.matched;
      for (const { text, weight } of clause.said) said.set(text, weight);
    }
    clause = { weight: 0, matched: 0, size: 0, lacked: 0, said: [] };
  };
  for (const [at, word] of words.entries()) {
    const { startsClause, isOptional, weight } = word;
    if (startsClause) close();
    if (isOptional) continue;
    const isThere = inPattern.has(at);
    clause.weight += weight;
    clause.size++;
    clause.lacked += isThere ? 0 : 1;
    clause.matched += isThere ? weight : 0;
    if (isThere) clause.said.push(word);
    matched += isThere ? weight : 0;
  }
  close();
  const distinct = [...said.values()].reduce((sum, weight) => sum + weight, 0);
  return { matched, inClauses, distinct };
}

interface Judged {
  readonly first: Link;
  readonly last: Link;
  readonly inText: ReadonlySet<number>;
  readonly missing: Pattern["words"][number] | undefined;
  readonly found: { readonly share: number; readonly distinct: number };
}

/** A word without which it is another error. */
function missingOf(
  pattern: Pattern,
  lacked: readonly Pattern["words"][number][],
): Pattern["words"][number] | undefined {
  return (
    lacked.find((word) => word.isRequired && isSaidAround(pattern, word, lacked)) ??
    (pattern.size <= SHORT ? lacked[0] : undefined)
  );
}

function objection(
  pattern: Pattern,
  text: readonly Word[],
  { first, last, inText, missing, found }: Judged,
): string | undefined {
  if (missing) return `it lacks "${missing.text}"`;
  const least = found.share > WHOLE ? LEAST_OF_WHOLE : LEAST_WEIGHT;
  const from = text[first.textAt]?.startsClause ? first.textAt : first.textAt - 1;
  for (let at = from; at <= last.textAt; at++) {
    const word = text[at]?.text ?? "";
    if (NEGATIONS.has(word) && !inText.has(at) && !isOfValue(pattern, last, at)) return `it says "${word}"`;
  }
  const other = otherWord(pattern, text, first, last);
  if (other) return other;
  const most = pattern.exceptions.length > 0 ? Math.max(0, pattern.size - 2) : pattern.size - 2;
  if (pattern.size <= BRIEF && besides(pattern, text, first, last, inText) > most)
    return "it says more than that";
  if (found.share < LEAST_SHARE && !saysMarks(pattern, text, last))
    return `it says ${Math.round(100 * found.share)} % of it`;
  // An exception that has to be there says what it is.
  return found.distinct < (pattern.exceptions.length > 0 ? least / 2 : least) ? COMMON : undefined;
}

/** Whether the words that a pattern marks say which error it is, whoever wraps them: those that stand together do so in the text. */
function saysMarks({ words }: Pattern, text: readonly Word[], last: Link): boolean {
  const said = new Map<string, number>();
  for (let link: Link | undefined = last; link; link = link.before) {
    const word = words[link.patternAt];
    if (!word?.isRequired) continue;
    const isBeside = words[link.patternAt - 1]?.isRequired && !word.afterValue;
    const isParted = !word.startsClause && link.before?.textAt !== link.textAt - 1;
    if (isBeside && (isParted || text[link.textAt]?.afterValue)) return false;
    if (!word.isNumber) said.set(word.text, word.rarity);
  }
  return (
    said.size >= MARKED.words && [...said.values()].reduce((sum, rarity) => sum + rarity, 0) >= MARKED.least
  );
}

/** Whether a word stands inside of what varies, with other words of that before and behind it. */
function isOfValue(pattern: Pattern, last: Link, at: number): boolean {
  for (let link = last; link.before; link = link.before) {
    const { patternAt, textAt } = link.before;
    if (textAt >= at || at >= link.textAt) continue;
    return isOpenBetween(pattern, patternAt + 1, link.patternAt) && textAt + 1 < at && at < link.textAt - 1;
  }
  return false;
}

/** Whether a word is required wherever it stands, or turns into its opposite a clause of which the text says something. */
function isSaidAround(
  { words }: Pattern,
  word: Pattern["words"][number],
  lacked: readonly Pattern["words"][number][],
): boolean {
  if (!NEGATIONS.has(word.text)) return true;
  const at = words.indexOf(word);
  const from = words.findLastIndex(({ startsClause }, place) => startsClause && place <= at);
  const next = words.findIndex(({ startsClause }, place) => startsClause && place > at);
  const clause = words.slice(Math.max(0, from), next < 0 ? undefined : next);
  return clause.some((other) => !other.isOptional && !lacked.includes(other));
}

/** A word or two of the pattern for which the text has others: another subject, or another reason. */
function otherWord(pattern: Pattern, text: readonly Word[], first: Link, last: Link): string | undefined {
  const found = (lackedAt: number, textAt: number) =>
    `it says "${text[textAt]?.text}", not "${pattern.words[lackedAt]?.text}"`;
  const isFew = (from: number, to: number) => {
    const lacked = pattern.words.slice(from, to).filter(({ isOptional }) => !isOptional).length;
    return lacked > 0 && lacked <= MOST_OTHER;
  };
  const { words } = pattern;
  for (let link = last; link.before; link = link.before) {
    const { patternAt, textAt } = link.before;
    const extra = link.textAt - textAt - 1;
    const isOpen = isOpenBetween(pattern, patternAt + 1, link.patternAt) && !text[textAt + 1]?.afterValue;
    if (
      pattern.size <= BRIEF &&
      !isOpen &&
      isParted(pattern, patternAt, link.patternAt, text, textAt, link.textAt)
    ) {
      return "it says it in parts";
    }
    if (isFew(patternAt + 1, link.patternAt) && extra > 0 && !isOpen) return found(patternAt + 1, textAt + 1);
  }
  const begins = words[first.patternAt]?.startsClause || text[first.textAt]?.startsClause;
  if (!begins && isFew(0, first.patternAt) && !isOpenBetween(pattern, first.patternAt - 1, first.patternAt)) {
    return found(first.patternAt - 1, first.textAt - 1);
  }
  const ends =
    words[last.patternAt + 1]?.startsClause !== text[last.textAt + 1]?.startsClause ||
    text[last.textAt + 1]?.startsLine;
  if (
    !ends &&
    isFew(last.patternAt + 1, words.length) &&
    text[last.textAt + 1] &&
    !words[last.patternAt + 1]?.afterValue
  ) {
    return found(last.patternAt + 1, last.textAt + 1);
  }
  return undefined;
}

/** Words of the text's clauses that the pattern has no place for. */
function besides(
  pattern: Pattern,
  text: readonly Word[],
  first: Link,
  last: Link,
  inText: ReadonlySet<number>,
): number {
  let count = 0;
  const add = (at: number) => {
    if (text[at]?.isNumber === false && !inText.has(at)) count++;
  };
  const isNamed = pattern.words.some(({ isName }) => isName);
  const startsOpen = isNamed || pattern.words[0]?.afterValue === true;
  const endsOpen = isNamed || pattern.endsOpen;
  for (let at = first.textAt; !startsOpen && at > 0 && !text[at]?.startsClause; at--) add(at - 1);
  for (let at = last.textAt + 1; !endsOpen && at < text.length && !text[at]?.startsClause; at++) add(at);
  for (let link = last; link !== first && link.before; link = link.before) {
    const { patternAt, textAt } = link.before;
    if (isOpenBetween(pattern, patternAt + 1, link.patternAt)) continue;
    for (let at = textAt + 1; at < link.textAt; at++) if (!text[at]?.afterValue) add(at);
  }
  return count;
}
