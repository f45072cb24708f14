/**
 * What could fool a reader, or give a program something that a reader does not see: control characters but tab and
 * line feed, changes of direction, separators and joiners of no width, tag characters.
 */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what goes.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

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
