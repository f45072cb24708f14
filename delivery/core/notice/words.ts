import type { Changes } from "./notice.ts";

const WORDS = {
  create: "to add",
  update: "to change",
  replace: "to replace",
  delete: "to destroy",
} as const;

/** "1 to add, 2 to destroy", or "none". */
export function changesText(all: readonly Changes[]): string {
  const said = (Object.keys(WORDS) as (keyof Changes)[])
    .map((key) => ({ key, count: all.reduce((sum, changes) => sum + changes[key], 0) }))
    .filter(({ count }) => count > 0)
    .map(({ key, count }) => `${count} ${WORDS[key]}`);
  return said.join(", ") || "none";
}

/** "2 min 5 s" */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}
