import type { SlackMessage } from "@cali/slack";

interface Text {
  readonly type: string;
  readonly text: string;
  readonly verbatim?: boolean;
}

/** Every text of a message's blocks. */
export const textsOf = (blocks: SlackMessage["blocks"]): Text[] =>
  blocks.flatMap((block): Text[] => {
    if (block.type === "context") return block.elements.filter((element) => "text" in element);
    if (block.type === "header") return [block.text];
    return block.type === "section" ? (block.fields ?? (block.text ? [block.text] : [])) : [];
  });
