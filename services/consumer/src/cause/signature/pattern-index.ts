import { countedOf, kindsOf, type Pattern, patternOf, patternWords } from "./pattern.ts";
import { type Reading, type Readings, readPatterns } from "./readings.ts";
import type { Names, Word } from "./words.ts";

/** Weights: of a word that every error has, and of one that only one has. */
const WEIGHT = { least: 1, most: 6 };
/** A pattern is near a text that has so much of its weight, in whatever order. */
const LEAST_COMMON = 0.55;

/**
 * Patterns by their words, each weighed by how few errors have it. An inverted index leaves the few that have enough in common with a
 * text. Thousands of patterns are indexed in a few milliseconds and megabytes: what only the near ones need is made when they are.
 */
export class PatternIndex {
  readonly #texts: readonly string[];
  readonly #readings: Readings;
  /** Numbers of the words of all patterns, the rarest first. */
  readonly #words: ReadonlyMap<string, number>;
  /** By the words' numbers. */
  readonly #weights: Float64Array;
  /** By the words' numbers: the places of patterns that are indexed for it. */
  readonly #places: readonly number[][];
  /** By the patterns' places: the weight of all that is not optional, and where the numbers of these words begin. */
  readonly #wholes: Float64Array;
  readonly #starts: Int32Array;
  readonly #numbers: Int32Array;
  readonly #made: ReturnType<typeof patternWords>;

  /**
   * @param errors the patterns of each; their places count through all of them
   * @param earlier some of the patterns as they were read together; the others are read now
   */
  constructor(errors: readonly (readonly string[])[], earlier?: Readings) {
    this.#texts = errors.flat();
    this.#readings = readPatterns(this.#texts, earlier);
    const rarestFirst = this.#weighed(errors);
    this.#words = new Map(rarestFirst.map(([word], number) => [word, number]));
    this.#weights = Float64Array.from(rarestFirst, ([, weight]) => weight);
    this.#places = rarestFirst.map(() => []);
    this.#made = patternWords(this.#weightOf);
    const size = this.#texts.reduce((sum, text) => sum + this.#readingOf(text)[0].length, 0);
    this.#numbers = new Int32Array(size);
    this.#starts = new Int32Array(this.#texts.length + 1);
    this.#wholes = new Float64Array(this.#texts.length);
    for (const place of this.#texts.keys()) this.#add(place);
  }

  /** Names of several words in any of the patterns. */
  get names(): Names {
    return this.#readings.names;
  }

  /** The pattern at a place. */
  at(place: number): { readonly text: string; readonly pattern: Pattern } {
    const { text, words, kinds, rest } = this.#readAt(place);
    const made = words.map((word, at) => this.#made(word, kinds[at] ?? 0));
    return { text, pattern: patternOf(made, rest) };
  }

  /** The places of patterns that have enough in common with the words, those with most first. */
  near(words: readonly Word[]): number[] {
    const isSaid = new Uint8Array(this.#words.size);
    const said = [...new Set(words.map(({ text }) => text))].flatMap((word) => this.#words.get(word) ?? []);
    for (const number of said) isSaid[number] = 1;
    const isLookedAt = new Uint8Array(this.#texts.length);
    const near: { readonly place: number; readonly rank: number }[] = [];
    for (const number of said) {
      for (const place of this.#places[number] as number[]) {
        if (isLookedAt[place] === 1) continue;
        isLookedAt[place] = 1;
        const common = this.#commonOf(place, isSaid);
        const whole = this.#wholes[place] as number;
        if (common >= LEAST_COMMON * whole) near.push({ place, rank: 2 * common - whole });
      }
    }
    return near.sort((a, b) => b.rank - a.rank).map(({ place }) => place);
  }

  #commonOf(place: number, isSaid: Uint8Array): number {
    let common = 0;
    const end = this.#starts[place + 1] as number;
    for (let at = this.#starts[place] as number; at < end; at++) {
      const number = this.#numbers[at] as number;
      if (isSaid[number] === 1) common += this.#weights[number] as number;
    }
    return common;
  }

  readonly #weightOf = (word: string): number => this.#weights[this.#words.get(word) ?? 0] as number;

  #readingOf(text: string): Reading {
    return this.#readings.of.get(text) as Reading;
  }

  #readAt(place: number) {
    const text = this.#texts[place] ?? "";
    const [numbers, rest = {}] = this.#readingOf(text);
    const words = numbers.map((number) => this.#readings.words[number] as Word);
    return { text, words, rest, kinds: kindsOf(words, rest, this.#weightOf) };
  }

  /** The words of all patterns with their weights, the heaviest first: a word weighs the more the fewer errors have it. */
  #weighed(errors: readonly (readonly string[])[]): [word: string, weight: number][] {
    const counts = new Map<string, { count: number; last: number }>();
    for (const [error, patterns] of errors.entries()) {
      for (const number of patterns.flatMap((text) => this.#readingOf(text)[0])) {
        const { text } = this.#readings.words[number] as Word;
        const known = counts.get(text);
        if (known === undefined) counts.set(text, { count: 1, last: error });
        else if (known.last !== error) {
          known.count++;
          known.last = error;
        }
      }
    }
    const rarest = Math.log(Math.max(2, errors.length));
    const weightOf = (count: number) =>
      WEIGHT.least + (WEIGHT.most - WEIGHT.least) * (Math.log(errors.length / count) / rarest);
    return Array.from(counts, ([word, { count }]): [string, number] => [word, weightOf(count)]).sort(
      ([, a], [, b]) => b - a,
    );
  }

  #add(place: number): void {
    const { words, kinds } = this.#readAt(place);
    const start = this.#starts[place] as number;
    let end = start;
    let whole = 0;
    for (const { text } of countedOf(words, kinds)) {
      const number = this.#words.get(text) as number;
      this.#numbers[end++] = number;
      whole += this.#weights[number] as number;
    }
    this.#wholes[place] = whole;
    this.#starts[place + 1] = end;
    const rarestFirst = this.#numbers.subarray(start, end).sort();
    // A text that has enough of a pattern has one of its rarest words: as many are indexed as leave too little when all are missing.
    let left = whole;
    for (const number of rarestFirst) {
      if (left < LEAST_COMMON * whole) return;
      left -= this.#weights[number] as number;
      const places = this.#places[number] as number[];
      if (places.at(-1) !== place) places.push(place);
    }
  }
}
