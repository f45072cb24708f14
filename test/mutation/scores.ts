import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/run.ts";

/** Percent of the mutants of each group that a test has to notice. */
export const LEAST_SCORE = 80;

const PAGE = join(ROOT, "docs/testing.md");
const ROW = /^\| `([\w-]+)` \|.*$/gm;

export interface Score {
  readonly group: string;
  readonly mutants: number;
  /** Killed by a test, or cut off in a loop without an end. */
  readonly noticed: number;
  readonly percent: number;
}

/** How many of a run's mutants were noticed. Those that don't compile or were left out count for nothing. */
export function scoreOf(group: string, results: readonly { readonly status: string }[]): Score {
  const count = (...statuses: string[]) => results.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count("Killed", "Timeout");
  const mutants = noticed + count("Survived", "NoCoverage");
  return { group, mutants, noticed, percent: mutants === 0 ? 0 : (100 * noticed) / mutants };
}

/** A row of the table of `docs/testing.md` for each score. */
export function table(scores: readonly Score[], date = new Date().toISOString().slice(0, 10)): string {
  return scores
    .map(
      ({ group, mutants, noticed, percent }) =>
        `| \`${group}\` | ${mutants} | ${noticed} | ${percent.toFixed(1)} % | ${date} |`,
    )
    .join("\n");
}

/** The page with these rows in place of the groups' old ones. */
export function withScores(page: string, scores: readonly Score[], date?: string): string {
  const rows = new Map(scores.map((score) => [score.group, table([score], date)]));
  return page.replaceAll(ROW, (row, group) => rows.get(group) ?? row);
}

/** Writes the scores into `docs/testing.md`. */
export function writeTable(scores: readonly Score[]): void {
  writeFileSync(PAGE, withScores(readFileSync(PAGE, "utf8"), scores));
}
