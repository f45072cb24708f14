import { visible } from "../plan-json/text.ts";

/** Slack's limits, in characters. https://docs.slack.dev/reference/block-kit/blocks */
export const HEADER_LIMIT = 150;
export const SECTION_LIMIT = 3_000;
export const FIELD_LIMIT = 2_000;
export const BLOCKS_LIMIT = 50;

/** Slack counts what it is sent: an escaped character is as long as its entity. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** Text that is only text: no mention, no link. https://docs.slack.dev/messaging/formatting-message-text */
export function escaped(text: string): string {
  return visible(text, "\n").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A value within a line. */
export function code(text: string): string {
  return `\`${escaped(text).replaceAll("`", "'").replaceAll("\n", " ") || " "}\``;
}

/** A block of code of at most so many characters; the last lines are kept, since an error ends with what went wrong. */
export function codeBlock(text: string, { limit, lines }: { limit: number; lines: number }): string {
  const last = text.trimEnd().split("\n").slice(-lines).map(lineOf).join("\n");
  const shown = last.length <= limit ? last : `…${last.slice(last.length - limit + 1)}`;
  // Half an entity would be read as text.
  return `\`\`\`\n${shown.replace(/^…[a-z]{0,4};/, "…")}\n\`\`\``;
}

const lineOf = (line: string) => escaped(line).replaceAll("`", "'");

/** A link with words of our own. */
export function link(url: string, text: string): string {
  return `<${escaped(url).replaceAll("|", "%7C")}|${escaped(text)}>`;
}
