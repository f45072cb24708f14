import { z } from "zod";

/** `; did you mean "eks"?` where one of the names is a slip or two away from what was given, else nothing. */
export function didYouMean(given: unknown, names: readonly string[]): string {
  if (typeof given !== "string") return "";
  const text = given.trim().toLowerCase().slice(0, 100);
  const most = Math.max(1, Math.floor(text.length / 3));
  const [best] = names
    .map((name) => ({ name, distance: distanceOf(text, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return best ? `; did you mean ${JSON.stringify(best.name)}?` : "";
}

/** A text that is one of many names, too many to list. @param allowed what errors call them */
export const knownName = (names: readonly string[], allowed: string) =>
  z.string().refine((text) => names.includes(text), {
    error: ({ input }) => `${allowed}${didYouMean(input, names)}`,
  });

/** Levenshtein's distance, where two letters that changed places are one slip. */
function distanceOf(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of a.split("").entries()) {
    const line = [row + 1];
    for (let column = 0; column < b.length; column++) {
      const [left = 0, up = 0, across = 0] = [line[column], above[column + 1], above[column]];
      const isSwapped = row > 0 && column > 0 && b[column - 1] === letter && b[column] === a[row - 1];
      const swapped = isSwapped ? (before[column - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      line.push(Math.min(left + 1, up + 1, across + (b[column] === letter ? 0 : 1), swapped));
    }
    before = above;
    above = line;
  }
  return above[b.length] ?? 0;
}
