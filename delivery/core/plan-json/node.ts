import { createHmac, randomBytes } from "node:crypto";

/** Terraform knows the value only after the apply. */
export const UNKNOWN = Symbol("known after apply");

/** Keys the fingerprints of this process: they tell equal secrets from different ones and can't be looked up. */
const KEY = randomBytes(32);

/** A value that is a secret: all that is kept of it is whether two are the same. */
export class Sensitive {
  readonly fingerprint: string;

  constructor(value: unknown) {
    this.fingerprint = createHmac("sha256", KEY).update(JSON.stringify(value)).digest("base64");
  }
}

/** A text that is a JSON document, such as a policy. */
export class JsonDocument {
  readonly content: Node;

  constructor(content: Node) {
    this.content = content;
  }
}

/** A value of a plan, in which secrets and what is unknown are marked and documents are read. */
export type Node =
  | null
  | boolean
  | number
  | string
  | typeof UNKNOWN
  | Sensitive
  | JsonDocument
  | readonly Node[]
  | ReadonlyMap<string, Node>;

export const isMap = (node: Node | undefined): node is ReadonlyMap<string, Node> => node instanceof Map;
export const isList = (node: Node | undefined): node is readonly Node[] => Array.isArray(node);

/** Providers of the AWS kind write "not set" in any of these ways. */
export function isEmpty(node: Node | undefined): boolean {
  if (isMap(node)) return node.size === 0;
  return node === undefined || node === null || node === "" || (isList(node) && node.length === 0);
}

/**
 * A text that is the same for the same value, whatever the order of keys.
 *
 * @param exact whether null, "", [], {} and an absent key are told apart.
 */
export function canonical(node: Node | undefined, exact = false): string {
  if (node === UNKNOWN) return "?";
  if (node instanceof Sensitive) return `!${node.fingerprint}`;
  if (node instanceof JsonDocument) return `{{${canonical(node.content, true)}}}`;
  if (isList(node) && node.length > 0) return `[${node.map((item) => canonical(item, exact)).join()}]`;
  if (isMap(node) && node.size > 0) {
    const entries = [...node].filter(([, value]) => exact || !isEmpty(value));
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${canonical(value, exact)}`).join()}}`;
  }
  if (isEmpty(node) && !exact) return "null";
  if (isMap(node)) return "{}";
  return JSON.stringify(node) ?? "undefined";
}

/** What a plan says of a value: the value, and which parts of it are secret or not known yet. */
export interface MaskedValue {
  readonly value: unknown;
  readonly sensitive: unknown;
  readonly unknown: unknown;
}

type JsonObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A mask's part for a key or an index; a mask of `true` is for everything below it. */
function part(mask: unknown, key: string | number): unknown {
  if (mask === true) return true;
  if (Array.isArray(mask)) return mask[key as number];
  return isObject(mask) && Object.hasOwn(mask, key) ? mask[key] : undefined;
}

/** Whether a mask, or anything in it, is set. */
function isAnySet(mask: unknown): boolean {
  if (Array.isArray(mask)) return mask.some(isAnySet);
  return isObject(mask) ? Object.values(mask).some(isAnySet) : mask === true;
}

/**
 * Joins a value with its masks.
 *
 * @param isSecret whether a text holds a secret that some mask hid elsewhere.
 */
export function nodeOf(
  { value, sensitive, unknown }: MaskedValue,
  isSecret: (text: string) => boolean,
): Node {
  if (unknown === true) return UNKNOWN;
  const isAbsent = value === null || value === undefined;
  if (isAbsent && !isAnySet(unknown)) return null;
  if (sensitive === true) return isAbsent ? UNKNOWN : new Sensitive(value);
  const at = (key: string | number, item: unknown) =>
    nodeOf({ value: item, sensitive: part(sensitive, key), unknown: part(unknown, key) }, isSecret);
  if (Array.isArray(value) || (isAbsent && Array.isArray(unknown))) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const length = Math.max(items.length, Array.isArray(unknown) ? unknown.length : 0);
    return Array.from({ length }, (_, index) => at(index, items[index]));
  }
  if (isObject(value) || isAbsent) {
    const known = isObject(value) ? value : {};
    const keys = new Set([...Object.keys(known), ...(isObject(unknown) ? Object.keys(unknown) : [])]);
    return new Map(
      [...keys].map((key) => [key, at(key, Object.hasOwn(known, key) ? known[key] : undefined)]),
    );
  }
  if (typeof value !== "string") return value as boolean | number;
  return documentOf(value, isSecret) ?? (isSecret(value) ? new Sensitive(value) : value);
}

/** A text that is a JSON object or list, read. */
function documentOf(text: string, isSecret: (text: string) => boolean): JsonDocument | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return new JsonDocument(nodeOf({ value, sensitive: false, unknown: false }, isSecret));
  } catch {
    return undefined;
  }
}

/** Every text that a mask hides. */
export function secretsIn(value: unknown, mask: unknown): string[] {
  if (typeof value === "string") return mask === true ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, part(mask, index)));
  if (isObject(value))
    return Object.entries(value).flatMap(([key, item]) => secretsIn(item, part(mask, key)));
  return [];
}
