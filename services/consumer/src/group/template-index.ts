import { WILDCARD } from "./words.ts";

/** Words of one line, or of many that differ where they vary. */
export interface Pattern {
  /** A word for each place. */
  keys: string[];
  /** Places that were found to vary, in order; a word that varies by its looks is a wildcard in `keys` and none of these. */
  variables: number[];
}

/** So many different words, with all else equal, make a place a variable. */
const WORDS_OF_A_VARIABLE = 5;
/** So many other words must be left, or lines of a word or two would all become one. */
const LEAST_OTHER_WORDS = 2;
/** Places beyond these never become variables, which bounds what a long line costs. */
const MOST_PLACES = 48;
/** Sets of variable places that are looked up for a line. */
const MOST_SHAPES = 64;

/** Patterns with the same variable places. */
interface Shape<P> {
  readonly key: string;
  readonly variables: readonly number[];
  readonly byHash: Map<number, P>;
}

/**
 * Patterns of one length. A line is looked up by a hash of its words, without those that vary; to find out which do, each pattern
 * stands under the hash of all its words but one, for each of them. What is found is compared word by word, so that two equal hashes
 * (somebody may try) merge nothing.
 */
export class TemplateIndex<P extends Pattern> {
  /** Those with few variables first. */
  readonly #shapes: Shape<P>[] = [];
  /** Patterns that are equal but for one place. */
  readonly #slots = new Map<number, P[]>();

  get isEmpty(): boolean {
    return this.#shapes.length === 0;
  }

  /** The pattern that a line fits: one with few variables before one with many. */
  find(keys: readonly string[]): P | undefined {
    const hash = new WordsHash(keys);
    for (const { variables, byHash } of this.#shapes) {
      const found = byHash.get(hash.without(variables));
      if (found && areEqualBut(variables, found.keys, keys)) return found;
    }
    return undefined;
  }

  /** @returns patterns that are one from now on, with the place at which they differ; nothing: the pattern stands alone. */
  add(pattern: P): { members: readonly P[]; place: number } | undefined {
    const { keys, variables } = pattern;
    const hash = new WordsHash(keys);
    this.#shapeOf(variables).byHash.set(hash.without(variables), pattern);
    let merged: { members: readonly P[]; place: number } | undefined;
    for (const place of placesThatMayVary(keys)) {
      const slot = this.#slots.get(hash.but(place));
      if (!slot) this.#slots.set(hash.but(place), [pattern]);
      else if (areEqualBut([place], (slot[0] as P).keys, keys)) {
        slot.push(pattern);
        const members = membersOf(slot, pattern, place);
        if (members.length > 1 && !merged && this.#mayVary(members, place)) merged = { members, place };
      }
    }
    return merged;
  }

  /** Takes a pattern out; before its keys or variables change. */
  remove(pattern: P): void {
    const { keys, variables } = pattern;
    const hash = new WordsHash(keys);
    const shape = this.#shapeOf(variables);
    const whole = hash.without(variables);
    if (shape.byHash.get(whole) === pattern) shape.byHash.delete(whole);
    if (shape.byHash.size === 0) this.#shapes.splice(this.#shapes.indexOf(shape), 1);
    for (const place of placesThatMayVary(keys)) {
      const slot = this.#slots.get(hash.but(place));
      const at = slot?.indexOf(pattern) ?? -1;
      if (at !== -1) slot?.splice(at, 1);
      if (slot?.length === 0) this.#slots.delete(hash.but(place));
    }
  }

  /** Each line is looked up once for every set of variable places, so there must not be many. */
  #mayVary(members: readonly P[], place: number): boolean {
    if (this.#shapes.length < MOST_SHAPES) return true;
    const key = variablesOf(members, place).join();
    return this.#shapes.some((shape) => shape.key === key);
  }

  #shapeOf(variables: readonly number[]): Shape<P> {
    const key = variables.join();
    let shape = this.#shapes.find((one) => one.key === key);
    if (!shape) {
      shape = { key, variables: [...variables], byHash: new Map() };
      this.#shapes.push(shape);
      this.#shapes.sort((a, b) => a.variables.length - b.variables.length || (a.key < b.key ? -1 : 1));
    }
    return shape;
  }
}

/** The variable places of patterns that are one: those of each, and the place at which they differ. */
export function variablesOf(members: readonly Pattern[], place: number): number[] {
  return [...new Set([place, ...members.flatMap(({ variables }) => variables)])].sort((a, b) => a - b);
}

/** Those of a slot that are one with the newcomer: all when there are many, else a number and what is no word, such as `-`. */
function membersOf<P extends Pattern>(slot: readonly P[], newcomer: P, place: number): readonly P[] {
  if (slot.length >= WORDS_OF_A_VARIABLE) return [...slot];
  const isVariable = ({ keys }: P) => keys[place] === WILDCARD;
  if (isVariable(newcomer))
    return slot.filter((one) => one === newcomer || !hasLetters(one.keys[place] as string));
  if (hasLetters(newcomer.keys[place] as string)) return [];
  return slot.filter((one) => one === newcomer || isVariable(one));
}

function placesThatMayVary(keys: readonly string[]): number[] {
  const words = keys.map(hasLetters);
  const count = words.filter(Boolean).length;
  const places: number[] = [];
  for (let place = 0; place < Math.min(keys.length, MOST_PLACES); place++) {
    if (count - (words[place] ? 1 : 0) >= LEAST_OTHER_WORDS) places.push(place);
  }
  return places;
}

const hasLetters = (word: string) => /\p{L}/u.test(word);

function areEqualBut(places: readonly number[], a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let place = 0; place < a.length; place++) {
    if (a[place] !== b[place] && !places.includes(place)) return false;
  }
  return true;
}

/** Hashes of a line's words, of all or of some of them, 53 bits: the sum of what each place adds, so that one is left out at no cost. */
class WordsHash {
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  #sumLow = 0;
  #sumHigh = 0;

  constructor(keys: readonly string[]) {
    this.#low = new Int32Array(keys.length);
    this.#high = new Int32Array(keys.length);
    for (let place = 0; place < keys.length; place++) {
      const key = keys[place] as string;
      // FNV-1a, begun at another number for each place.
      let low = 0x811c9dc5 ^ Math.imul(place + 1, 0x9e3779b1);
      let high = 0x01000193 ^ Math.imul(place + 1, 0x85ebca6b);
      for (let at = 0; at < key.length; at++) {
        const code = key.charCodeAt(at);
        low = Math.imul(low ^ code, 0x01000193);
        high = Math.imul(high ^ code, 0x5bd1e995) ^ (high >>> 15);
      }
      this.#low[place] = low;
      this.#high[place] = high;
      this.#sumLow = (this.#sumLow + low) | 0;
      this.#sumHigh = (this.#sumHigh + high) | 0;
    }
  }

  without(places: readonly number[]): number {
    let low = this.#sumLow;
    let high = this.#sumHigh;
    for (const place of places) {
      low = (low - (this.#low[place] as number)) | 0;
      high = (high - (this.#high[place] as number)) | 0;
    }
    return (low >>> 0) * 0x20_0000 + (high >>> 11);
  }

  /** Without one place; not the same number as without another. */
  but(place: number): number {
    const low = (this.#sumLow - (this.#low[place] as number) + Math.imul(place + 1, 0xc2b2ae35)) | 0;
    const high = (this.#sumHigh - (this.#high[place] as number)) | 0;
    return (low >>> 0) * 0x20_0000 + (high >>> 11);
  }
}
