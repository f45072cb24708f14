import type { Block, Language, Words } from "@cali/console";
import { LANGUAGES } from "@cali/settings";
import type { SlackMessage } from "@cali/slack";
import type { ContextBlock, KnownBlock, RichTextBlock, RichTextElement } from "@slack/types";
import type { Alert } from "../core/types.ts";
import { renderAlert, type Showing } from "../notify/slack/alert-message.ts";

/** What Slack's markup has in our messages: code, bold, a link. A star within a word is a star. */
const MARKUP = /`([^`\n]+)`|(?<![\w*])\*([^*\n]+)\*(?![\w*])|<(https?:[^|>\s]+)\|([^>]+)>/g;
const ENTITIES: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** An alert's message in each language, as Slack shows it. */
export function messageIn(
  alert: Alert,
  links: Showing,
): { summary: string; message: Record<Language, readonly Block[]> } {
  const [en, ko] = LANGUAGES.map((language) => renderAlert(alert, { ...links, language }));
  const blocksOf = (rendered: SlackMessage | undefined) => rendered?.blocks.flatMap(blockOf) ?? [];
  return { summary: unescaped(en?.text ?? ""), message: { en: blocksOf(en), ko: blocksOf(ko) } };
}

/** A block of Slack's; one that the page has no place for is none. */
function blockOf(block: KnownBlock): Block[] {
  if (block.type === "header") return [{ kind: "heading", words: [{ text: block.text.text }] }];
  if (block.type === "context") return [{ kind: "small", words: wordsOf(markupOf(block)) }];
  if (block.type === "rich_text") return richText(block);
  if (block.type !== "section") return [];
  return [
    ...(block.text ? [{ kind: "paragraph" as const, words: wordsOf(block.text.text) }] : []),
    ...(block.fields
      ? [{ kind: "fields" as const, fields: block.fields.map(({ text }) => wordsOf(text)) }]
      : []),
  ];
}

const markupOf = ({ elements }: ContextBlock) =>
  elements.map((element) => ("text" in element ? element.text : "")).join(" ");

/** A listing is a name and a code block below it; all else is running text. */
function richText({ elements }: RichTextBlock): Block[] {
  const [name, code] = elements;
  if (code?.type === "rich_text_preformatted" && name?.type === "rich_text_section") {
    return [{ kind: "listing", title: plainOf(name.elements), text: plainOf(code.elements) }];
  }
  const words = elements.flatMap((element) =>
    element.type === "rich_text_section" ? element.elements.flatMap(richWords) : [],
  );
  return [{ kind: "paragraph", words }];
}

const plainOf = (elements: readonly RichTextElement[]) =>
  elements.map((element) => (element.type === "text" ? element.text : "")).join("");

function richWords(element: RichTextElement): Words[] {
  if (element.type === "link") return [{ text: element.text ?? element.url, url: element.url }];
  if (element.type !== "text") return [];
  const { bold, italic, code } = element.style ?? {};
  const style = code ? "code" : bold ? "bold" : italic ? "italic" : undefined;
  return [{ text: element.text, ...(style && { style }) }];
}

/** Slack's markup as words with a style. */
function wordsOf(markup: string): Words[] {
  const words: Words[] = [];
  const say = (text: string, rest: Omit<Words, "text"> = {}) => {
    if (text !== "") words.push({ text: unescaped(text), ...rest });
  };
  let after = 0;
  for (const match of markup.matchAll(MARKUP)) {
    const [whole, code, bold, url, text = ""] = match;
    say(markup.slice(after, match.index));
    after = match.index + whole.length;
    if (code !== undefined) say(code, { style: "code" });
    else if (bold !== undefined) say(bold, { style: "bold" });
    else if (url !== undefined) say(text, { url: unescaped(url) });
  }
  say(markup.slice(after));
  return words;
}

/** As it was before it was escaped; what parts mentions pings nobody here. */
const unescaped = (text: string) =>
  text.replaceAll(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? "").replaceAll("\u200b", "");
