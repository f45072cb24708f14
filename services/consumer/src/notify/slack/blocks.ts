import type { KnownBlock, RichTextElement } from "@slack/types";
import { withoutControls } from "../../core/text.ts";

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

export const header = (text: string): KnownBlock => ({
  type: "header",
  text: { type: "plain_text", text, emoji: false },
});

export const section = (text: string): KnownBlock => ({
  type: "section",
  text: { type: "mrkdwn", text, verbatim: true },
});

export const fields = (texts: readonly string[]): KnownBlock => ({
  type: "section",
  fields: texts.slice(0, LIMITS.fields).map((text) => ({ type: "mrkdwn", text, verbatim: true })),
});

export const context = (text: string): KnownBlock => ({
  type: "context",
  elements: [{ type: "mrkdwn", text, verbatim: true }],
});

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

/** An address behind words; it is one that was validated. */
export const anchor = (url: string, text: string): RichTextElement => ({
  type: "link",
  url: encodeURI(url),
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
