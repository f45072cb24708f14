import translations from "../../../knowledge/korean.json" with { type: "json" };
import type { KnownCause } from "../../core/types.ts";

/** What is known of an error, in words. */
export type CauseWords = Pick<KnownCause, "cause" | "action">;

const ENTRIES = Object.values(translations);
const keyOf = ({ cause, action }: CauseWords) => JSON.stringify([cause, action]);
/** By the English text: what a team wrote or changed itself has none. Two errors may have one cause and two remedies. */
const BY_WORDS = new Map(ENTRIES.map(({ english, korean }) => [keyOf(english), korean]));
const BY_CAUSE = new Map(ENTRIES.map(({ english, korean }) => [english.cause, korean.cause]));

/** A known error's cause and action in Korean; undefined where they are not translated. */
export const inKorean = (words: CauseWords): CauseWords | undefined => BY_WORDS.get(keyOf(words));

/** The same of the cause alone. */
export const causeInKorean = (cause: string): string | undefined => BY_CAUSE.get(cause);
