/** A part of a pattern, over bytes. */
export type Node =
  | { readonly is: "set"; readonly bytes: ReadonlySet<number>; readonly least: number; readonly most: number }
  | { readonly is: "sequence" | "either"; readonly of: readonly Node[] }
  | { readonly is: "group"; readonly number: number; readonly of: Node }
  | { readonly is: "look"; readonly wanted: boolean; readonly behind: number; readonly of: Node }
  | { readonly is: "boundary"; readonly wanted: boolean }
  | { readonly is: "end" };

/** A pattern says something that Lua's bytes cannot say exactly. */
export class Untranslatable extends Error {
  override readonly name = "Untranslatable";
}

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, place) => first + place);
const DIGITS = range(48, 57);
const WORDS = [...DIGITS, ...range(65, 90), ...range(97, 122), 95];
const SPACES = [9, 10, 11, 12, 13, 32];
const ALL = range(0, 255);
const except = (bytes: readonly number[]) => ALL.filter((byte) => !bytes.includes(byte));
const CLASSES: Readonly<Record<string, readonly number[]>> = {
  d: DIGITS,
  w: WORDS,
  s: SPACES,
  D: except(DIGITS),
  W: except(WORDS),
  S: except(SPACES),
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };
/** Copies of a group at most: each stands in the Lua. */
const MOST_COPIES = 16;

/** Reads a pattern of the rules. @throws Untranslatable */
export function parsePattern({ source, flags }: RegExp): { node: Node; groups: number } {
  if (/[msuvy]/.test(flags)) throw new Untranslatable(flags);
  const reader = new Reader(source, flags.includes("i"));
  return { node: reader.all(), groups: reader.groups };
}

class Reader {
  groups = 0;
  readonly #text: string;
  readonly #anyCase: boolean;
  #place = 0;

  constructor(text: string, anyCase: boolean) {
    this.#text = text;
    this.#anyCase = anyCase;
  }

  all(): Node {
    const node = this.#either();
    if (this.#place < this.#text.length) throw new Untranslatable(this.#text.slice(this.#place));
    return node;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#place)) return false;
    this.#place += text.length;
    return true;
  }

  #either(): Node {
    const of = [this.#sequence()];
    while (this.#take("|")) of.push(this.#sequence());
    return of.length === 1 ? (of[0] as Node) : { is: "either", of };
  }

  #sequence(): Node {
    const of: Node[] = [];
    while (this.#place < this.#text.length && !"|)".includes(this.#text[this.#place] as string)) {
      of.push(this.#repeated(this.#one()));
    }
    return { is: "sequence", of };
  }

  #one(): Node {
    if (this.#take("(?<!")) return this.#look(false, true);
    if (this.#take("(?<=")) return this.#look(true, true);
    if (this.#take("(?!")) return this.#look(false, false);
    if (this.#take("(?=")) return this.#look(true, false);
    if (this.#take("(?:")) return this.#closed();
    if (this.#take("(?")) throw new Untranslatable("a named group");
    if (this.#take("(")) {
      const number = ++this.groups;
      return { is: "group", number, of: this.#closed() };
    }
    if (this.#take("[")) return this.#class();
    if (this.#take("$")) return { is: "end" };
    if (this.#take("\\b")) return { is: "boundary", wanted: true };
    if (this.#take("\\B")) return { is: "boundary", wanted: false };
    if (this.#take(".")) return set(except([10, 13]));
    if (this.#text[this.#place] === "^") throw new Untranslatable("^");
    const bytes = this.#character();
    if (typeof bytes !== "number") return set(bytes);
    // A character beyond ASCII is its bytes.
    return {
      is: "sequence",
      of: [...Buffer.from(String.fromCodePoint(bytes), "utf8")].map((byte) => set(this.#cases([byte]))),
    };
  }

  #closed(): Node {
    const node = this.#either();
    if (!this.#take(")")) throw new Untranslatable("no )");
    return node;
  }

  #look(wanted: boolean, isBehind: boolean): Node {
    const of = this.#closed();
    const behind = isBehind ? lengthOf(of) : 0;
    return { is: "look", wanted, behind, of };
  }

  /** A character's number, or the bytes of a class. */
  #character(): number | readonly number[] {
    const code = this.#text.codePointAt(this.#place) as number;
    this.#place += code > 0xffff ? 2 : 1;
    if (code !== 92) return code;
    const escaped = this.#text[this.#place++] ?? "";
    const known = CLASSES[escaped] ?? CONTROLS[escaped];
    if (known !== undefined) return known;
    const [, hex] =
      (escaped === "x" ? /^(\p{AHex}{2})/u : /^(\p{AHex}{4})/u).exec(this.#text.slice(this.#place)) ?? [];
    if ("xu".includes(escaped) && hex !== undefined) {
      this.#place += hex.length;
      const value = Number.parseInt(hex, 16);
      // What an earlier rule has taken is a byte of its own here.
      return value === 0xe000 ? 1 : value;
    }
    if (/[A-Za-z0-9]/.test(escaped)) throw new Untranslatable(`\\${escaped}`);
    return escaped.charCodeAt(0);
  }

  #class(): Node {
    const isNegated = this.#take("^");
    const bytes: number[] = [];
    while (!this.#take("]")) {
      if (this.#place >= this.#text.length) throw new Untranslatable("no ]");
      const first = this.#character();
      if (typeof first !== "number") {
        bytes.push(...first);
        continue;
      }
      let last = first;
      if (this.#text[this.#place] === "-" && this.#text[this.#place + 1] !== "]") {
        this.#place++;
        const end = this.#character();
        if (typeof end !== "number") throw new Untranslatable("a range to a class");
        last = end;
      }
      if (last > 127) throw new Untranslatable("a character beyond ASCII in a class");
      bytes.push(...range(first, last));
    }
    const all = this.#cases(bytes);
    return set(isNegated ? except(all) : all);
  }

  #cases(bytes: readonly number[]): number[] {
    if (!this.#anyCase) return [...bytes];
    return bytes.flatMap((byte) => {
      const letter = String.fromCharCode(byte);
      return byte < 128 && /[A-Za-z]/.test(letter) ? [byte, byte ^ 32] : [byte];
    });
  }

  #repeated(node: Node): Node {
    const [given, least, comma, most] =
      /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(this.#text.slice(this.#place)) ?? [];
    if (given === undefined) return node;
    this.#place += given.length;
    if (this.#text[this.#place] === "?") throw new Untranslatable("a repetition that takes little");
    const from = least === undefined ? (given === "+" ? 1 : 0) : Number(least);
    const to =
      least === undefined
        ? given === "?"
          ? 1
          : 65_536
        : comma === ""
          ? from
          : most === ""
            ? 65_536
            : Number(most);
    const single = node.is === "sequence" && node.of.length === 1 ? (node.of[0] as Node) : node;
    if (single.is === "set" && single.least === 1 && single.most === 1) {
      return { ...single, least: from, most: to };
    }
    if (to > MOST_COPIES) throw new Untranslatable("a group that is repeated often");
    let optional: Node = { is: "sequence", of: [] };
    for (let copy = from; copy < to; copy++) {
      optional = {
        is: "either",
        of: [
          { is: "sequence", of: [node, optional] },
          { is: "sequence", of: [] },
        ],
      };
    }
    return { is: "sequence", of: [...Array.from({ length: from }, () => node), optional] };
  }
}

const set = (bytes: readonly number[]): Node => ({ is: "set", bytes: new Set(bytes), least: 1, most: 1 });

/** How many bytes what is looked back at has. @throws Untranslatable where that differs */
function lengthOf(node: Node): number {
  switch (node.is) {
    case "set":
      if (node.least !== node.most) throw new Untranslatable("a look back of any length");
      return node.least;
    case "sequence":
      return node.of.reduce((total, one) => total + lengthOf(one), 0);
    case "either": {
      const lengths = new Set(node.of.map(lengthOf));
      if (lengths.size !== 1) throw new Untranslatable("a look back of several lengths");
      return [...lengths][0] as number;
    }
    case "group":
      return lengthOf(node.of);
    default:
      return 0;
  }
}
