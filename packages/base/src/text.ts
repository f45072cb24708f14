/**
 * What could fool a reader, or give a program something that a reader does not see: control characters but tab and line feed,
 * format characters that show nothing (changes of direction, joiners of no width, tags), separators of lines.
 */
const CONTROLS =
  /(?![\t\n\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u2065\u{e0000}-\u{e0fff}]/gu;

/** Without characters that nobody sees, and without halves of characters. */
export function withoutControls(text: string): string {
  return text.toWellFormed().replaceAll(CONTROLS, "");
}

/** The text, or its beginning with an ellipsis, of at most `most` UTF-16 units; no character is cut in two. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = Math.max(0, most - 1);
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end--;
  return `${text.slice(0, end)}…`;
}

/** The value of a JSON text, or of its bytes; undefined: it is none. */
export function parseJson(json: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof json === "string" ? json : Buffer.from(json).toString());
  } catch {
    return undefined;
  }
}
