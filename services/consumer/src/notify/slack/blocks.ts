import type { KnownBlock } from "@slack/types";

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
