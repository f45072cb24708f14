import common from "../../../knowledge/common-words.json" with { type: "json" };

/** What a word says that none of the counted messages has. */
const RAREST = 8;

const RARITY = new Map(
  Object.entries(common.levels).flatMap(([level, words]) =>
    words.split(" ").map((word) => [word, Number(level)] as const),
  ),
);

/**
 * How much a word says of an error, from 1 ("fail") to 8: the negative logarithm of the share of messages that have it, in programs of
 * which the seed knows nothing. What few known errors have may be in every other program's messages, "plugin" for one.
 */
export const rarityOf = (word: string): number => RARITY.get(word) ?? RAREST;
