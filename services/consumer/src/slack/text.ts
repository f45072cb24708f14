/**
 * Log text on its way to Slack. It is hostile: it may ping a channel, hide a link behind words, or break out of the
 * code block it is shown in.
 */

/** Zero-width space: what is parted by it means nothing to Slack, and reads the same. */
const BREAK = "\u200b";
const MENTION = /@(?=channel|here|everyone)/gi;

/**
 * Text that Slack shows as it is: `& < >` are escaped, as Slack asks for
 * (https://docs.slack.dev/messaging/formatting-message-text), and what Slack would make something of is parted.
 */
export function plain(text: string): string {
  return withoutControls(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(MENTION, `@${BREAK}`)
    .replaceAll("`", "ˋ")
    .replaceAll(/[*_~]/g, (mark) => `${BREAK}${mark}${BREAK}`)
    .replaceAll("://", `:${BREAK}//`);
}

/** Text of a header, which knows no formatting: nothing in it stands for anything else. */
export function title(text: string): string {
  return withoutControls(text)
    .replaceAll(/[<>&`\n\t]/g, " ")
    .replaceAll(MENTION, `@${BREAK}`);
}

/** Text within a code block: nothing in it can end the block. */
export function code(text: string): string {
  return `\`\`\`${inCode(text)}\`\`\``;
}

/** Text within a line of code. */
export function inlineCode(text: string): string {
  return `\`${inCode(text).replaceAll("\n", " ") || " "}\``;
}

function inCode(text: string): string {
  return withoutControls(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("`", "ˋ")
    .replaceAll(MENTION, `@${BREAK}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what goes.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Without what a reader could be fooled by: control characters, changes of direction, halves of characters. */
function withoutControls(text: string): string {
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
