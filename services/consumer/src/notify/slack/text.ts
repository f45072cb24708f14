import { withoutControls } from "../../core/text.ts";

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
