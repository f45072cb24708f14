import type { SlackBlock } from "../../delivery/core/slack/blocks.ts";

/** Every text of a message's blocks. */
export const textsOf = (blocks: readonly SlackBlock[]) =>
  blocks.flatMap((block) => {
    if (block.type === "context") return block.elements;
    return "fields" in block ? block.fields : [block.text];
  });
