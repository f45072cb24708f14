import { appendFileSync, existsSync, statSync } from "node:fs";

/** GitHub shows 1 MiB of a step's summary, and nothing of one that is longer. */
const SUMMARY_LIMIT = 1_000_000;

/**
 * Adds to what the run's page shows. What other steps wrote counts.
 *
 * @param file GITHUB_STEP_SUMMARY; undefined: nothing is written.
 * @param render makes Markdown of at most so many bytes.
 */
export function appendSummary(file: string | undefined, render: (limit: number) => string): void {
  if (file === undefined) return;
  const left = SUMMARY_LIMIT - (existsSync(file) ? statSync(file).size : 0);
  appendFileSync(file, `${render(left)}\n`);
}
