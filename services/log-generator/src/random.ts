/** A source of random numbers that gives the same numbers for the same seed, on every machine. */
export class Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any text; every different text gives a different, unrelated sequence. */
  constructor(seed: string) {
    this.#seed = seed;
    [this.#a, this.#b, this.#c] = [hash(`${seed}/a`), hash(`${seed}/b`), hash(`${seed}/c`)];
    for (let round = 0; round < 12; round += 1) this.bits();
  }

  /** An independent source: what is drawn from one does not change what the other gives. */
  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** 32 random bits as a signed integer (sfc32 of the PractRand suite). */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum;
  }

  /** From 0 to just under 1. */
  fraction(): number {
    return (this.bits() >>> 0) / 4_294_967_296;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** True for a share of the calls, from 0 (never) to 1 (always). */
  chance(share: number): boolean {
    return this.fraction() < share;
  }

  /** One of the values, each as likely. */
  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.fraction() * values.length)] as T;
  }

  /** One of the values, each twice as rare as the one at half its place (Zipf): a few common ones, many rare ones. */
  pickSkewed<T>(values: readonly T[]): T {
    return values[Math.floor((values.length + 1) ** this.fraction()) - 1] as T;
  }

  /** Lower-case hexadecimal digits. */
  hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += HEX_PAIRS[this.bits() & 0xff];
    return text.length === digits ? text : text.slice(0, digits);
  }
}

const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** FNV-1a with a final mix: near-equal texts give unrelated numbers. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  value = Math.imul(value ^ (value >>> 15), 0x846ca68b);
  return (value ^ (value >>> 16)) | 0;
}
