import { ALIASES, canonical, type Field } from "./aliases.ts";

const MOST_FIELDS = 400;
const DEEPEST = 6;

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON object's fields by their canonical names, those of inner objects by their path. At most 400, of six levels. */
export class Fields {
  readonly value: Json;
  readonly #byName = new Map<string, unknown>();

  constructor(value: Json) {
    this.value = value;
    this.#add(value, "", 1);
  }

  #add(value: Json, prefix: string, depth: number): void {
    const byName = this.#byName;
    for (const key in value) {
      if (byName.size >= MOST_FIELDS) return;
      const inner = value[key];
      const name = prefix === "" ? canonical(key) : prefix + canonical(key);
      if (!byName.has(name)) byName.set(name, inner);
      if (depth < DEEPEST && isObject(inner)) this.#add(inner, `${name}.`, depth + 1);
    }
  }

  /** @param name canonical */
  get(name: string): unknown {
    return this.#byName.get(name);
  }

  has(...names: string[]): boolean {
    return names.every((name) => this.#byName.has(name));
  }

  /** What a field holds as text: a text that is not blank, a number, or a truth value. */
  text(name: string): string | undefined {
    return textOf(this.#byName.get(name));
  }

  /** The first of a field's aliases that the reader can use. */
  first<T>(field: Field, read: (value: unknown, alias: string) => T | undefined): T | undefined {
    for (const alias of ALIASES[field]) {
      const value = this.#byName.get(alias);
      if (value === undefined || value === null) continue;
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
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : undefined;
}
