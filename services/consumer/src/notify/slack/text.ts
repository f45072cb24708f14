import { withoutControls } from "../../core/text.ts";

/**
 * Words on their way into Slack's markup: names and codes. They may be hostile: ping a channel, hide a link behind words, or break out of
 * the code they are shown in. Lines of logs and what is said of them go as rich text (blocks.ts), which is no markup and stays as it is.
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
