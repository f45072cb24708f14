interface Entry {
  readonly word: string;
  readonly owners: number[];
  /** Of which search it was found in last. */
  foundIn: number;
}

/** Finds in one pass which of many words a text has in it. */
export class KeywordIndex {
  /** Of a word's first two UTF-16 units: the words that begin so, and whose they are. */
  readonly #buckets: (Entry[] | undefined)[] = new Array(4096);
  /** 1: there is such a bucket. Most places of a text end here, in a tenth of the memory. */
  readonly #isUsed = new Uint8Array(4096);

  readonly #characters: { character: string; owner: number }[] = [];
  #searches = 0;

  /** Each owner's words, in lower case. */
  constructor(wordsOf: readonly (readonly string[])[]) {
    const entries = new Map<string, number[]>();
    for (const [owner, words] of wordsOf.entries()) {
      for (const word of words) {
        if (word.length === 1) {
          this.#characters.push({ character: word, owner });
          continue;
        }
        const owners = entries.get(word);
        if (owners) owners.push(owner);
        else entries.set(word, [owner]);
      }
    }
    for (const [word, owners] of entries) {
      const hash = bucketOf(word.charCodeAt(0), word.charCodeAt(1));
      const bucket = this.#buckets[hash] ?? [];
      bucket.push({ word, owners, foundIn: 0 });
      this.#buckets[hash] = bucket;
      this.#isUsed[hash] = 1;
    }
  }

  /** Notes a 1 for each owner that has a word in the text, which is in lower case. */
  find(text: string, found: Uint8Array): void {
    for (const { character, owner } of this.#characters) {
      if (text.includes(character)) found[owner] = 1;
    }
    const search = ++this.#searches;
    let first = text.charCodeAt(0);
    for (let place = 1; place < text.length; place++) {
      const second = text.charCodeAt(place);
      const hash = bucketOf(first, second);
      first = second;
      if (this.#isUsed[hash] === 0) continue;
      for (const entry of this.#buckets[hash] ?? []) {
        if (entry.foundIn === search || !text.startsWith(entry.word, place - 1)) continue;
        entry.foundIn = search;
        for (const owner of entry.owners) found[owner] = 1;
      }
    }
  }
}

const bucketOf = (first: number, second: number) => (first * 67 + second * 5) & 4095;
