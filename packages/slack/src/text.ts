import { withoutControls } from "@cali/base";

/**
 * Words on their way into Slack's markup. They may be hostile: ping a channel, hide a link behind words, or break out of the code they
 * are shown in. What has to stay as it is, to be copied, goes as rich text (blocks.ts), which is no markup.
 */

/** Zero-width space: what is parted by it pings nobody, and reads the same. */
const BREAK = "\u200b";
const MENTION = /@(?=channel|here|everyone)/gi;

/** Text in which nothing stands for anything else: `& < >` are escaped, as Slack asks for (https://docs.slack.dev/messaging/formatting-message-text). */
export function plain(text: string): string {
  return withoutControls(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(MENTION, `@${BREAK}`)
    .replaceAll("`", "ˋ");
}

/** Text of a header, which knows no formatting. */
export function title(text: string): string {
  return withoutControls(text)
    .replaceAll(/[<>&`\n\t]/g, " ")
    .replaceAll(MENTION, `@${BREAK}`);
}

/** Text within a line of code. */
export function inlineCode(text: string): string {
  return `\`${plain(text).replaceAll("\n", " ") || " "}\``;
}

/** A block of code of at most so many characters; the last lines are kept, since an error ends with what went wrong. */
export function codeBlock(text: string, { limit, lines }: { limit: number; lines: number }): string {
  const last = plain(text.trimEnd().split("\n").slice(-lines).join("\n"));
  const shown = last.length <= limit ? last : `…${last.slice(last.length - limit + 1).toWellFormed()}`;
  // Half an entity would be read as text.
  return `\`\`\`\n${shown.replace(/^…[a-z]{0,4};/, "…")}\n\`\`\``;
}

/** A link behind words. */
export function link(url: string, text: string): string {
  return `<${plain(address(url)).replaceAll("|", "%7C")}|${plain(text)}>`;
}

/** An address with all that needs it in percent signs, once. */
export const address = (url: string) => URL.parse(url)?.href ?? encodeURI(url);
