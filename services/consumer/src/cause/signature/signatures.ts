import { codesIn, differingCode } from "../embedding/codes.ts";
import { type Alignment, align, LEAST_SHARE } from "./alignment.ts";
import { messageOf, portsIn } from "./event-text.ts";
import { isLacked, mentionIn } from "./mention.ts";
import type { Pattern } from "./pattern.ts";
import { PatternIndex } from "./pattern-index.ts";
import type { Readings } from "./readings.ts";
import { isClientOf, isNamedIn, namesIn, rivalIn } from "./rivals.ts";
import { type Word, wordsOf } from "./words.ts";

/** A known error, as it is recognized. */
export interface Signature<Of> {
  /** What it stands for; compared by identity. */
  readonly of: Of;
  readonly patterns: readonly string[];
  readonly product?: string | undefined;
  readonly codes?: readonly string[] | undefined;
  readonly exceptions?: readonly string[] | undefined;
  /** What no other error has, whatever else a text says: an exception's or a reason's name, in its case. */
  readonly names?: readonly string[] | undefined;
  /** What makes a text another error, in any case. */
  readonly unless?: readonly string[] | undefined;
  /** Whether it says only that something failed, and not what. */
  readonly wraps?: boolean | undefined;
  /** Where its product listens, which names the product as well. */
  readonly instead?: { readonly port?: number | undefined } | undefined;
}

/** A known error that a text may be. */
export interface Candidate<Of> {
  readonly of: Of;
  readonly pattern: string;
  /** Share of the pattern that the text says, from 0 to 1. */
  readonly share: number;
  /** How much the text says of the pattern and nothing else; shows which of several errors it is. */
  readonly score: number;
  /** Why the text is another error; undefined: it is this one. */
  readonly against?: string;
}

/** The likelier one first: first those that nothing speaks against. */
const byLikelihood = (a: Candidate<unknown>, b: Candidate<unknown>): number =>
  Number(a.against !== undefined) - Number(b.against !== undefined) || b.score - a.score;

interface Indexed<Of> {
  readonly signature: Signature<Of>;
  readonly text: string;
  readonly pattern: Pattern;
  /** Codes that it names, once they were asked for. */
  codes?: readonly ReadonlySet<string>[];
}

/** So many of the patterns that a text may be of are looked at closely, those with most in common. */
const LOOKED_AT = 24;
/** And so many of one error, that others are seen beside it. */
const LOOKED_AT_OF_ONE = 8;
/** What a code, an exception, or the product's name in the text adds. */
const BONUS = { code: 3, exception: 2, product: 2 };
/** Where a text may have an error's name: `ERR_REQUIRE_ESM`, `Mysql2::Error::ConnectionError`, `ORA-12541`. */
const NAME = /(?<![\w-])[A-Za-z_$][\w$]*(?:::[\w$]+)*(?:-\d{4,5}\b)?/g;
/** What is against an error that the text names: another word or code, and not that it says more, or in parts. */
const ANOTHER = /^it(?: says "|s code is )/;
/** What is against an error that a text says so that it may be any program's. */
export const UNANCHORED = "any program may say so";
/** How much a text says of an error by its name alone. */
const NAMED = 8;
/** What gives the reasons of others' errors. */
const REASONS = new Set(["http-client", "dns", "dotnet", "go", "jvm", "linux", "nodejs", "python"]);
/**
 * What a text has to say of an error of which it names nothing: more for each word that it says besides, up to so many; and what it
 * says by quoting as the pattern does.
 */
const EVIDENCE = { least: 12, besides: 4, mostBesides: 2, quoted: 2 };

/** Recognizes known errors: of the patterns that have most words in common with a text, each is looked for in it word by word, in order. */
export class Signatures<Of> {
  readonly #index: PatternIndex;
  /** The error of each pattern, by the pattern's place. */
  readonly #errors: readonly Signature<Of>[];
  /** Those that were looked at closely, by their places. */
  readonly #indexed = new Map<number, Indexed<Of>>();
  readonly #byName: ReadonlyMap<string, Signature<Of>>;

  /** @param earlier some of the patterns as they were read together; the others are read now */
  constructor(signatures: readonly Signature<Of>[], earlier?: Readings) {
    this.#index = new PatternIndex(
      signatures.map(({ patterns }) => patterns),
      earlier,
    );
    this.#errors = signatures.flatMap((signature) => signature.patterns.map(() => signature));
    this.#byName = new Map(
      signatures.flatMap((signature) => (signature.names ?? []).map((name) => [name, signature])),
    );
  }

  /**
   * The known errors that a text may be, the likeliest first: first those that nothing speaks against.
   * @param text all lines of the event, its stack trace included, not redacted
   */
  find(text: string): Candidate<Of>[] {
    const message = messageOf(text);
    const words = wordsOf(message, this.#index.names);
    const near = this.#near(words);
    const placesOf = Map.groupBy(words.keys(), (at) => words[at]?.text ?? "");
    const lines = message.trim().split("\n", 3);
    // What people write of errors is a line or two; a trace of many is an error.
    const mentions = lines.map(mentionIn);
    const mention = lines.length > 2 || mentions.includes(undefined) ? undefined : mentions[0];
    const seen: Seen = {
      message,
      mention,
      names: namesIn(text.slice(0, 16_000)),
      ports: portsIn(message),
      text,
    };
    const looked = near.flatMap((indexed) => this.#looked(indexed, words, placesOf, seen));
    return bestOfEach([...withSpecificFirst(looked, words), ...this.#named(seen, looked)]);
  }

  /** The error whose name the text has, where it is worded as none; it goes before the reason that a runtime gives for it. */
  #named(seen: Seen, looked: readonly Looked<Of>[]): Candidate<Of>[] {
    const named = new Map<Signature<Of>, string>();
    for (const { 0: found, index } of seen.message.matchAll(NAME)) {
      if (isLacked(seen.message, index, found)) continue;
      // With and without the modules that it is of, and a number behind it.
      const parts = found.split("::");
      const names = [...parts.keys()].map((from) => parts.slice(from).join("::"));
      for (const name of [...names, found.replace(/-\d+$/, "")]) {
        const signature = this.#byName.get(name);
        if (signature && mentionIn(lineAt(seen.message, index)) === undefined) named.set(signature, name);
      }
    }
    const [found, ...others] = named;
    if (!found || others.length > 0 || seen.mention !== undefined) return [];
    const [signature, name] = found;
    if (otherProduct(signature, seen) ?? excluded(signature, seen)) return [];
    const isOther = ({ indexed, aligned, isOtherWording, candidate }: Looked<Of>) =>
      indexed.signature === signature &&
      isOtherWording &&
      aligned.share >= LEAST_SHARE &&
      ANOTHER.test(candidate.against ?? "");
    if (looked.some(isOther)) return [];
    const accepted = looked.filter(({ candidate }) => candidate.against === undefined);
    const isReason = ({ product = "" }: Signature<Of>) => REASONS.has(product);
    if (accepted.some(({ indexed }) => isReason(signature) || !isReason(indexed.signature))) return [];
    const best = Math.max(0, ...accepted.map(({ candidate }) => candidate.score));
    return [{ of: signature.of, pattern: name, share: 1, score: Math.max(NAMED, best + 1) }];
  }

  /** The patterns that have most in common with the words. */
  #near(words: readonly Word[]): Indexed<Of>[] {
    const countOf = new Map<unknown, number>();
    const isFew = (place: number) => {
      const signature = this.#errors[place];
      const count = (countOf.get(signature) ?? 0) + 1;
      countOf.set(signature, count);
      return count <= LOOKED_AT_OF_ONE;
    };
    const near = this.#index.near(words).filter(isFew).slice(0, LOOKED_AT);
    return near.map((place) => this.#indexedAt(place));
  }

  #indexedAt(place: number): Indexed<Of> {
    const known = this.#indexed.get(place);
    if (known) return known;
    const signature = this.#errors[place] as Signature<Of>;
    const indexed = { signature, ...this.#index.at(place) };
    this.#indexed.set(place, indexed);
    return indexed;
  }

  #looked(
    indexed: Indexed<Of>,
    words: readonly Word[],
    placesOf: ReadonlyMap<string, readonly number[]>,
    seen: Seen,
  ): Looked<Of>[] {
    const { signature, text, pattern } = indexed;
    const aligned = align(pattern, words, placesOf);
    if (!aligned) return [];
    const spoken = aligned.against ?? otherCode(indexed, seen);
    const against =
      (seen.mention === undefined || mentionIn(text) === seen.mention ? undefined : seen.mention) ??
      lackedName(indexed, seen) ??
      spoken ??
      otherProduct(signature, seen) ??
      excluded(signature, seen) ??
      unanchored(indexed, aligned, seen);
    const candidate = {
      of: signature.of,
      pattern: text,
      share: Math.min(1, aligned.share),
      ...(against !== undefined && { against }),
      score: aligned.score + bonusOf(indexed, seen),
    };
    const isOtherWording = against !== undefined && against === spoken && !aligned.isLacking;
    return [{ candidate, indexed, aligned, isOtherWording }];
  }
}

/** The line of a text that has the character at a place. */
function lineAt(text: string, place: number): string {
  const end = text.indexOf("\n", place);
  return text.slice(text.lastIndexOf("\n", place) + 1, end < 0 ? undefined : end);
}

/** A candidate, and how the text says it. */
interface Looked<Of> {
  readonly candidate: Candidate<Of>;
  readonly indexed: Indexed<Of>;
  readonly aligned: Alignment;
  /** Whether nothing but how it is worded, or its code, speaks against it. */
  readonly isOtherWording: boolean;
}

/** Share of a product's error from which on a text that says more of it than of a runtime's is not the runtime's. */
const MOST_OF_REASON = 0.5;
/** Share of a pattern's words that another has, too, when one is a case of the other. */
const SHARED = 0.6;

/** The candidates, with one before the likeliest where that leaves to chance what this one says. */
function withSpecificFirst<Of>(looked: readonly Looked<Of>[], words: readonly Word[]): Candidate<Of>[] {
  const candidates = looked.map(({ candidate }) => candidate);
  const [best, ...others] = looked
    .filter(({ candidate }) => candidate.against === undefined)
    .sort((a, b) => byLikelihood(a.candidate, b.candidate));
  if (!best) return candidates;
  if (isReasonOfOther(best, looked)) {
    return looked.map(({ candidate, indexed }) =>
      candidate.against === undefined && REASONS.has(indexed.signature.product ?? "")
        ? { ...candidate, against: "it is another error's reason" }
        : candidate,
    );
  }
  const isWrapper = best.indexed.signature.wraps === true;
  const better = others.find(
    (other) =>
      other.candidate.of !== best.candidate.of &&
      ((isWrapper && other.indexed.signature.wraps !== true) ||
        isCaseOf(other.aligned, best) ||
        isAround(other, best, words)),
  );
  return better ? [...candidates, { ...better.candidate, score: best.candidate.score + 1 }] : candidates;
}

/** Whether it has a word that matters where the other has a value: `kms:Decrypt` for any action. */
function isCaseOf({ places, marked }: Alignment, { aligned: other, indexed }: Looked<unknown>): boolean {
  const shared = [...places].filter((at) => other.places.has(at)).length;
  if (shared < SHARED * places.size) return false;
  const to = indexed.pattern.endsOpen ? Number.POSITIVE_INFINITY : other.to;
  return marked.some((at) => !other.places.has(at) && at > other.from && at < to);
}

/** Whether a runtime's reason is told by a product's error of which the text says more, but not enough. */
function isReasonOfOther(
  { candidate, indexed }: Looked<unknown>,
  looked: readonly Looked<unknown>[],
): boolean {
  if (!REASONS.has(indexed.signature.product ?? "")) return false;
  return looked.some(
    (other) =>
      !REASONS.has(other.indexed.signature.product ?? "") &&
      other.isOtherWording &&
      other.candidate.score > candidate.score &&
      other.candidate.share > MOST_OF_REASON,
  );
}
/** Whether it says what failed, and the other only the reason that a runtime gives for it. */
function isAround(
  { aligned, indexed }: Looked<unknown>,
  other: Looked<unknown>,
  words: readonly Word[],
): boolean {
  if (!indexed.pattern.endsWithReason || !REASONS.has(other.indexed.signature.product ?? "")) return false;
  if (REASONS.has(indexed.signature.product ?? "") || aligned.to >= other.aligned.from) return false;
  return !words.slice(aligned.to + 1, other.aligned.from + 1).some(({ startsLine }) => startsLine);
}

/** The likeliest candidate for each error, the likeliest first. */
export function bestOfEach<Of>(candidates: readonly Candidate<Of>[]): Candidate<Of>[] {
  const bestOf = new Map<Of, Candidate<Of>>();
  for (const one of [...candidates].sort(byLikelihood)) if (!bestOf.has(one.of)) bestOf.set(one.of, one);
  return [...bestOf.values()];
}

interface Seen {
  readonly message: string;
  /** Why its first line is no error itself; undefined: it may be one. */
  readonly mention: string | undefined;
  readonly text: string;
  readonly names: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
  codes?: readonly ReadonlySet<string>[];
}

/** Where the text names the product, it need not be by the client's own error: `MongoError` for `Mongo::Error::OperationFailure`. */
function lackedName({ signature, pattern }: Indexed<unknown>, { names }: Seen): string | undefined {
  const { product = "" } = signature;
  const lacked = [...pattern.exceptions, ...pattern.names].find(
    (name) => !names.has(name) && !(isClientOf(name, product) && isNamedIn(names, product)),
  );
  return lacked === undefined ? undefined : `it lacks "${lacked}"`;
}

function otherCode(known: Indexed<unknown>, seen: Seen): string | undefined {
  known.codes ??= codesIn(known.text);
  seen.codes ??= codesIn(seen.message);
  return differingCode(known.codes, seen.codes);
}

function otherProduct<Of>({ product }: Signature<Of>, { names }: Seen): string | undefined {
  const rival = product === undefined ? undefined : rivalIn(names, product);
  return rival === undefined ? undefined : `it is of ${rival}`;
}

function excluded({ unless }: Signature<unknown>, { message }: Seen): string | undefined {
  if (!unless) return undefined;
  const text = message.toLowerCase().replaceAll(/\s+/g, " ");
  const said = unless.find((words) => text.includes(words.toLowerCase()));
  return said === undefined ? undefined : `it says "${said}"`;
}

/**
 * A text that names neither the product nor an exception or code of the error has to say enough of it: what any program may print is
 * no evidence of this one, least of all when its clauses say more than the pattern.
 */
function unanchored(
  { signature, pattern }: Indexed<unknown>,
  { evidence, besides }: Alignment,
  seen: Seen,
): string | undefined {
  const quoted = pattern.isQuoted && seen.message.includes('"') ? EVIDENCE.quoted : 0;
  const least = EVIDENCE.least + EVIDENCE.besides * Math.min(besides, EVIDENCE.mostBesides);
  if (evidence + quoted >= least) return undefined;
  if (pattern.exceptions.length + pattern.names.length > 0) return undefined;
  const { hasCode, hasException, isNamed } = anchorsOf(signature, seen);
  return hasCode || hasException || isNamed ? undefined : UNANCHORED;
}

function anchorsOf(
  { codes, exceptions, product, instead }: Signature<unknown>,
  { text, names, ports }: Seen,
) {
  return {
    hasCode: codes?.some((code) => text.includes(code)) ?? false,
    hasException:
      exceptions?.some((name) => names.has(name.slice(name.lastIndexOf(".") + 1).toLowerCase())) ?? false,
    isNamed:
      (instead?.port !== undefined && ports.has(instead.port)) ||
      (product !== undefined && isNamedIn(names, product)),
  };
}

function bonusOf({ signature, text: pattern }: Indexed<unknown>, seen: Seen): number {
  const { hasException, isNamed } = anchorsOf(signature, seen);
  // What the pattern says counts already.
  const hasCode =
    signature.codes?.some((code) => seen.text.includes(code) && !pattern.includes(code)) ?? false;
  return (hasCode ? BONUS.code : 0) + (hasException ? BONUS.exception : 0) + (isNamed ? BONUS.product : 0);
}
