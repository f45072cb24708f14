import { visible } from "../../core/plan-json/text.ts";
import type { Difference } from "./compare.ts";

const SIGN = { added: "+", removed: "-", changed: "~" } as const;
/** A job summary may have 1 MiB (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits). */
const MOST_CHARACTERS = 250_000;

/** The differences as text for a terminal. */
export function renderText(differences: readonly Difference[]): string {
  if (differences.length === 0) return "No difference.";
  const text = [
    summary(differences),
    ...differences.map(({ stack, name, kind, patch }) => `\n${SIGN[kind]} ${stack}: ${name}\n${patch}`),
  ].join("\n");
  return visible(text, "\n");
}

/**
 * The differences as Markdown for a job summary. Names and texts come from a pull request, maybe of a stranger: all of them stand
 * in one fence, which is longer than any run of backticks in them, so that nothing of it is Markdown or HTML.
 */
export function renderMarkdown(title: string, differences: readonly Difference[]): string {
  if (differences.length === 0) return `### ${title}\n\nNo difference.\n`;
  const whole = renderText(differences);
  const text =
    whole.length > MOST_CHARACTERS
      ? `${whole.slice(0, MOST_CHARACTERS)}\n… ${whole.length - MOST_CHARACTERS} more characters`
      : whole;
  const longestRun = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longestRun + 1));
  return `### ${title}\n\n${fence}diff\n${text}\n${fence}\n`;
}

function summary(differences: readonly Difference[]): string {
  const count = (desired: Difference["kind"]) => differences.filter(({ kind }) => kind === desired).length;
  return `${count("added")} added, ${count("changed")} changed, ${count("removed")} removed`;
}
