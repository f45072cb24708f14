import { LEVELS, type Level } from "../../../protocol.ts";

/** What a person wants to see. */
export interface Chosen {
  readonly search: string;
  /** Empty: all of them. */
  readonly service: string;
  readonly levels: readonly Level[];
}

export const ALL: Chosen = { search: "", service: "", levels: LEVELS };

/** Whether something is what a person wants to see: every word of the search is in it. */
export function isChosen(
  { search, service, levels }: Chosen,
  one: { readonly service: string; readonly level: Level; readonly text: string },
): boolean {
  if (service !== "" && one.service !== service) return false;
  if (!levels.includes(one.level)) return false;
  if (search.trim() === "") return true;
  const text = `${one.service} ${one.level} ${one.text}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
