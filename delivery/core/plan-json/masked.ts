import { documentOf } from "./document.ts";
import { ExactNumber } from "./json.ts";
import { canonical, isList, isMap, type Node, Sensitive, TextDocument, UNKNOWN } from "./node.ts";
import { type IsSecret, part } from "./secrets.ts";
import { SENSITIVE } from "./text.ts";

/** What a plan says of a value: the value, and which parts of it are secret or not known yet. */
export interface MaskedValue {
  readonly value: unknown;
  readonly sensitive: unknown;
  readonly unknown: unknown;
}

type JsonObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

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
export function nodeOf({ value, sensitive, unknown }: MaskedValue, isSecret: IsSecret): Node {
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
  if (value instanceof ExactNumber) return isSecret(value.text) ? new Sensitive(value) : value;
  if (isObject(value) || isAbsent) {
    const known = isObject(value) ? value : {};
    const keys = new Set([...Object.keys(known), ...(isObject(unknown) ? Object.keys(unknown) : [])]);
    return mapOf(
      [...keys].map((key) => [key, at(key, Object.hasOwn(known, key) ? known[key] : undefined)]),
      isSecret,
    );
  }
  if (typeof value !== "string") {
    return typeof value === "number" && isSecret(String(value))
      ? new Sensitive(value)
      : (value as boolean | number);
  }
  const document = documentOf(value, (inner) =>
    nodeOf({ value: inner, sensitive: false, unknown: false }, isSecret),
  );
  // A secret may be the whole document, or lie across its parts.
  if (document && (holdsSecret(document) || !isSecret(value))) return document;
  return isSecret(value) ? new Sensitive(value) : value;
}

function holdsSecret(node: Node): boolean {
  if (node instanceof Sensitive) return true;
  if (node instanceof TextDocument) return holdsSecret(node.content);
  if (isList(node)) return node.some(holdsSecret);
  return isMap(node) && [...node.values()].some(holdsSecret);
}

/** A map; a key that is a secret is not shown, and its value only compared. */
function mapOf(entries: readonly (readonly [string, Node])[], isSecret: IsSecret): ReadonlyMap<string, Node> {
  const map = new Map<string, Node>();
  for (const [key, value] of entries) {
    if (!isSecret(key)) {
      map.set(key, value);
      continue;
    }
    let shown = SENSITIVE;
    for (let number = 2; map.has(shown); number++) shown = `${SENSITIVE} ${number}`;
    map.set(shown, new Sensitive([key, canonical(value, true)]));
  }
  return map;
}
