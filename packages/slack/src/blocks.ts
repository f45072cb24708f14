import { cut, withoutControls } from "@cali/base";
import type { KnownBlock, RichTextElement } from "@slack/types";
import { address, title } from "./text.ts";

/** What Slack takes (https://docs.slack.dev/reference/block-kit/blocks), in characters where not said otherwise. */
export const LIMITS = {
  /** Blocks of a message. */
  blocks: 50,
  sectionText: 3_000,
  fieldText: 2_000,
  /** Fields of a section. */
  fields: 10,
  headerText: 150,
  contextText: 2_000,
  /** All text of a message together, by experience: more is refused or cut. */
  message: 13_000,
} as const;

/** A message as an incoming webhook takes it. */
export interface SlackMessage {
  /** For notifications, and for clients without blocks. */
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/**
 * A message with this heading, within Slack's limits. What is too much goes from the end; links in small print stay.
 */
export function message(heading: string, blocks: readonly KnownBlock[]): SlackMessage {
  const kept = [header(heading), ...blocks];
  while (kept.length > LIMITS.blocks || lengthOf(kept) > LIMITS.message) {
    kept.splice(
      kept.findLastIndex(({ type }) => type !== "context"),
      1,
    );
  }
  return { text: cut(title(heading), LIMITS.headerText), blocks: kept };
}

/** Characters of all texts in a part of a message. */
function lengthOf(part: unknown): number {
  if (typeof part === "string") return part.length;
  if (typeof part !== "object" || part === null) return 0;
  return Object.entries(part).reduce((sum, [key, value]) => sum + (key === "type" ? 0 : lengthOf(value)), 0);
}

const markdown = (text: string, limit: number) => ({
  type: "mrkdwn" as const,
  // Half an entity would be read as text.
  text: cut(text, limit).replace(/&[a-z]{0,3}…$/, "…"),
  verbatim: true,
});

/** A heading, as text that knows no formatting. */
export const header = (text: string): KnownBlock => ({
  type: "header",
  text: { type: "plain_text", text: cut(title(text), LIMITS.headerText), emoji: false },
});

/** A paragraph; values in it by `text.ts`. */
export const section = (text: string): KnownBlock => ({
  type: "section",
  text: markdown(text, LIMITS.sectionText),
});

/** Short texts in two columns; no block where there are none, which Slack would refuse. */
export function fields(texts: readonly string[]): KnownBlock[] {
  if (texts.length === 0) return [];
  const shown = texts.slice(0, LIMITS.fields).map((text) => markdown(text, LIMITS.fieldText));
  return [{ type: "section", fields: shown }];
}

/** Lines in as few sections as hold them. */
export function inSections(lines: readonly string[]): KnownBlock[] {
  const sections: string[] = [];
  for (const line of lines) {
    const joined = `${sections.at(-1)}\n${line}`;
    if (sections.length > 0 && joined.length <= LIMITS.sectionText) sections[sections.length - 1] = joined;
    else sections.push(line);
  }
  return sections.map(section);
}

/** Small print; no block where there is none. */
export function context(texts: readonly string[]): KnownBlock[] {
  if (texts.length === 0) return [];
  return [{ type: "context", elements: [markdown(texts.join(" · "), LIMITS.contextText)] }];
}

/** Text as it is, whatever it holds: rich text has no markup, so nothing has to be escaped, and a copied line is the line. */
export const words = (
  text: string,
  style?: { bold?: true; italic?: true; code?: true },
): RichTextElement => ({
  type: "text",
  // An empty text is refused.
  text: withoutControls(text) || " ",
  ...(style && { style }),
});

/** An address behind words. */
export const anchor = (url: string, text: string): RichTextElement => ({
  type: "link",
  url: address(url),
  text,
});

/** One line or more of running text. */
export const line = (...elements: RichTextElement[]): KnownBlock => ({
  type: "rich_text",
  elements: [{ type: "rich_text_section", elements }],
});

/** A name, and below it text in a code block. */
export const listing = (name: string, text: string): KnownBlock => ({
  type: "rich_text",
  elements: [
    { type: "rich_text_section", elements: [words(name, { bold: true })] },
    { type: "rich_text_preformatted", elements: [{ type: "text", text: withoutControls(text) || " " }] },
  ],
});
