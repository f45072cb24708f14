import { ExactNumber } from "./json.ts";
import { isList, isMap, type Node, Sensitive, TextDocument, UNKNOWN } from "./node.ts";

const KNOWN_AFTER_APPLY = "(known after apply)";
export const SENSITIVE = "(sensitive)";

/**
 * Characters that a reader doesn't see, or that change how what follows is shown: controls, format characters (U+202E turns the
 * writing direction), separators of lines, halves of surrogate pairs.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with every invisible character as `\u{…}`. */
export function visible(text: string, keep = ""): string {
  return text.replace(INVISIBLE, (character) =>
    keep.includes(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** A text in quotes, on one line. */
export function quoted(text: string): string {
  return visible(JSON.stringify(text));
}

/** A value on one line, as JSON with what is secret or unknown in words. */
export function inline(node: Node | undefined): string {
  if (node === undefined) return "null";
  if (node === UNKNOWN) return KNOWN_AFTER_APPLY;
  if (node instanceof Sensitive) return SENSITIVE;
  if (node instanceof ExactNumber) return node.text;
  if (node instanceof TextDocument) return inline(node.content);
  if (typeof node === "string") return quoted(node);
  if (isList(node)) return `[${node.map(inline).join(", ")}]`;
  if (!isMap(node)) return String(node);
  const entries = [...node].map(([key, value]) => `${quoted(key)}: ${inline(value)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** A text of several lines. */
export function isLong(node: Node | undefined): node is string {
  return typeof node === "string" && node.trimEnd().includes("\n");
}

/** A value over several lines: what a person reads, and what a difference by lines compares. Keys are in order. */
export function lines(node: Node | undefined, indent = ""): string[] {
  if (node instanceof TextDocument) return lines(node.content, indent);
  const deeper = `${indent}  `;
  if (isLong(node)) {
    return [
      `${indent}|`,
      ...node
        .trimEnd()
        .split("\n")
        .map((line) => deeper + line),
    ];
  }
  if (isList(node) && node.some((item) => isMap(item) || isList(item))) {
    return [`${indent}[`, ...separated(node.map((item) => lines(item, deeper))), `${indent}]`];
  }
  if (isMap(node) && node.size > 0) {
    const entries = [...node].sort(([a], [b]) => (a < b ? -1 : 1));
    const members = entries.map(([key, value]) => {
      const [first = "", ...rest] = lines(value, deeper);
      return [`${deeper}${quoted(key)}: ${first.trimStart()}`, ...rest];
    });
    return [`${indent}{`, ...separated(members), `${indent}}`];
  }
  if (isList(node) && inline(node).length > 80) {
    return [`${indent}[`, ...separated(node.map((item) => [deeper + inline(item)])), `${indent}]`];
  }
  return [indent + inline(node)];
}

/** A comma after each member but the last, and none within a text of several lines. */
function separated(members: readonly string[][]): string[] {
  return members.flatMap((member, index) =>
    index === members.length - 1 || member[0]?.endsWith("|")
      ? member
      : [...member.slice(0, -1), `${member.at(-1)},`],
  );
}
