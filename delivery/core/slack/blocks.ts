import { BLOCKS_LIMIT, cut, FIELD_LIMIT, HEADER_LIMIT, SECTION_LIMIT } from "./text.ts";

/** A message as Slack's incoming webhooks take it. */
export interface SlackMessage {
  /** What a notification shows. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

interface Text {
  readonly type: "plain_text" | "mrkdwn";
  readonly text: string;
  /** Slack makes no links or mentions by itself. */
  readonly verbatim?: true;
}

export type SlackBlock =
  | { readonly type: "header"; readonly text: Text }
  | { readonly type: "section"; readonly text: Text }
  | { readonly type: "section"; readonly fields: readonly Text[] }
  | { readonly type: "context"; readonly elements: readonly Text[] };

const markdown = (text: string): Text => ({ type: "mrkdwn", text, verbatim: true });

/** A message with this heading, within Slack's limits. */
export function message(heading: string, blocks: readonly SlackBlock[]): SlackMessage {
  const title = cut(heading, HEADER_LIMIT);
  const top: SlackBlock = { type: "header", text: { type: "plain_text", text: title } };
  return { text: title, blocks: [top, ...blocks].slice(0, BLOCKS_LIMIT) };
}

/** A paragraph; values in it by `slack-text.ts`. */
export const section = (text: string): SlackBlock => ({
  type: "section",
  text: markdown(cut(text, SECTION_LIMIT)),
});

/** Short texts in two columns; no block where there are none, which Slack would refuse. */
export function fields(texts: readonly string[]): SlackBlock[] {
  if (texts.length === 0) return [];
  return [{ type: "section", fields: texts.map((text) => markdown(cut(text, FIELD_LIMIT))) }];
}

/** Lines in as few sections as hold them. */
export function inSections(lines: readonly string[]): SlackBlock[] {
  const sections: string[] = [];
  for (const line of lines) {
    const last = sections.at(-1);
    const joined = `${last}\n${line}`;
    if (last !== undefined && joined.length <= SECTION_LIMIT) sections[sections.length - 1] = joined;
    else sections.push(line);
  }
  return sections.map(section);
}

/** Links in small print; no block where there are none. */
export function context(links: readonly string[]): SlackBlock[] {
  return links.length === 0 ? [] : [{ type: "context", elements: [markdown(links.join(" · "))] }];
}
