import { createHmac, randomBytes } from "node:crypto";
import { ExactNumber } from "./json.ts";

/** Terraform knows the value only after the apply. */
export const UNKNOWN = Symbol("known after apply");

/** Keys the fingerprints of this process: they distinguish secrets and can't be looked up. */
const KEY = randomBytes(32);

/** A text that is the same for the same text, and reveals nothing else of it. */
export const fingerprintOf = (text: string): string =>
  createHmac("sha256", KEY).update(text).digest("base64");

/** A value that is a secret: all that is kept of it is whether two are the same. */
export class Sensitive {
  readonly fingerprint: string;

  constructor(value: unknown) {
    this.fingerprint = fingerprintOf(JSON.stringify(value));
  }
}

/** What a document is written in. */
export type DocumentKind = "json" | "yaml" | "base64";

/** A text that is a document, such as a policy, a chart's values or user data. */
export class TextDocument {
  readonly kind: DocumentKind;
  readonly content: Node;
  /** Of the text as it is, comments and spacing included. */
  readonly fingerprint: string;

  constructor(kind: DocumentKind, content: Node, text: string) {
    this.kind = kind;
    this.content = content;
    this.fingerprint = fingerprintOf(text);
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
  | ExactNumber
  | TextDocument
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
 * @param exact whether null, "", [], {} and an absent key are distinguished.
 */
export function canonical(node: Node | undefined, exact = false): string {
  if (node === UNKNOWN) return "?";
  if (node instanceof Sensitive) return `!${node.fingerprint}`;
  if (node instanceof ExactNumber) return node.text;
  if (node instanceof TextDocument) {
    // In JSON nothing but the content counts.
    const text = exact && node.kind !== "json" ? node.fingerprint : "";
    return `{{${canonical(node.content, true)}${text}}}`;
  }
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
