import { ALIASES, canonical, type Field } from "./aliases.ts";

const MOST_FIELDS = 400;
const DEEPEST = 6;

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a text is as JSON; nothing when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A field's canonical name, with the fields of a record that it is an alias of. Those that were met are kept: most logs have the same keys. */
class Name {
  readonly text: string;
  /** The fields by their numbers, and where among their aliases it stands. */
  readonly aliasOf: readonly (readonly [number, number])[];
  readonly #prefix: string;
  readonly #inner = new Map<string, Name>();

  constructor(text: string, prefix = `${text}.`) {
    this.text = text;
    this.#prefix = prefix;
    this.aliasOf = ALIAS_OF.get(text) ?? [];
  }

  /** The name of a key of the object that this one is. */
  inner(key: string): Name {
    const known = this.#inner.get(key);
    if (known !== undefined) return known;
    const name = new Name(this.#prefix + canonical(key));
    if (key.length <= LONGEST_KEPT && kept < MOST_KEPT) {
      kept++;
      this.#inner.set(key, name);
    }
    return name;
  }
}

const LONGEST_KEPT = 64;
const MOST_KEPT = 10_000;
let kept = 0;

const NUMBER_OF = new Map(Object.keys(ALIASES).map((field, number) => [field as Field, number]));
const ALIAS_OF = new Map<string, [number, number][]>();
for (const [number, aliases] of Object.values(ALIASES).entries()) {
  for (const [place, alias] of aliases.entries()) {
    ALIAS_OF.set(alias, [...(ALIAS_OF.get(alias) ?? []), [number, place]]);
  }
}
const ROOT = new Name("", "");

interface Candidate {
  readonly alias: string;
  readonly place: number;
  readonly value: unknown;
}

/** A JSON object's fields by their canonical names, those of inner objects by their path. At most 400, of six levels. */
export class Fields {
  readonly value: Json;
  readonly #byName = new Map<string, unknown>();
  /** What each field of a record may come from, in the order of its aliases. */
  readonly #candidates: (Candidate[] | undefined)[] = new Array(NUMBER_OF.size);

  constructor(value: Json) {
    this.value = value;
    this.#add(value, ROOT, 1);
  }

  #add(value: Json, above: Name, depth: number): void {
    const byName = this.#byName;
    for (const [key, inner] of Object.entries(value)) {
      if (byName.size >= MOST_FIELDS) return;
      const name = above.inner(key);
      if (!byName.has(name.text)) {
        byName.set(name.text, inner);
        if (inner !== undefined && inner !== null) this.#offer(name, inner);
      }
      if (depth < DEEPEST && isObject(inner)) this.#add(inner, name, depth + 1);
    }
  }

  #offer({ text: alias, aliasOf }: Name, value: unknown): void {
    for (const [number, place] of aliasOf) {
      const list = this.#candidates[number];
      if (list === undefined) {
        this.#candidates[number] = [{ alias, place, value }];
        continue;
      }
      let at = list.length;
      while (at > 0 && (list[at - 1] as Candidate).place > place) at--;
      list.splice(at, 0, { alias, place, value });
    }
  }

  /** @param name canonical */
  get(name: string): unknown {
    return this.#byName.get(name);
  }

  has(...names: string[]): boolean {
    for (const name of names) if (!this.#byName.has(name)) return false;
    return true;
  }

  /** What a field holds as text: a text that is not blank, a number, or a truth value. */
  text(name: string): string | undefined {
    return textOf(this.#byName.get(name));
  }

  /** The first of a field's aliases that the reader can use. */
  first<T>(field: Field, read: (value: unknown, alias: string) => T | undefined): T | undefined {
    const candidates = this.#candidates[NUMBER_OF.get(field) as number];
    if (candidates === undefined) return undefined;
    for (const { alias, value } of candidates) {
      const result = read(value, alias);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  firstText(field: Field): string | undefined {
    return this.first(field, textOf);
  }
}

export function textOf(value: unknown): string | undefined {
  // Access logs have a dash for what is not there.
  if (typeof value === "string") return value === "-" || value.trim() === "" ? undefined : value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : undefined;
}
