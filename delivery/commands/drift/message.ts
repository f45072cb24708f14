import { cut } from "@cali/base";
import { context, fields, inlineCode, inSections, link, message, type SlackMessage } from "@cali/slack";
import type { Change } from "./change.ts";
import { findingText, KINDS } from "./finding.ts";
import { titleOf } from "./render.ts";
import type { DriftReport } from "./report.ts";

/** Findings with a line of their own. */
const MOST_LINES = 20;
/** A line of a message: what is longer is in the issue. */
const LONGEST_VALUE = 150;

const HEADINGS: Readonly<Record<Change, string>> = {
  found: "⚠️ {}: drift",
  changed: "⚠️ {}: the drift is another one",
  same: "⚠️ {}: drift",
  gone: "✅ {}: the drift is gone",
  "still-none": "✅ {}: no drift",
};

const shown = (value: string) => inlineCode(cut(value, LONGEST_VALUE));

/** An environment's drift in one message: how much of what, the first findings, where to look. */
export function driftMessage(
  { environment, findings, links }: DriftReport,
  change: Change,
  issueUrl: string | undefined,
): SlackMessage {
  const counts = KINDS.flatMap((kind) => {
    const count = findings.filter((finding) => finding.kind === kind).length;
    return count === 0 ? [] : [`*${titleOf(kind)}*\n${count}`];
  });
  const lines = findings.slice(0, MOST_LINES).map(({ words }) => `• ${findingText(words, shown)}`);
  const rest = findings.length - lines.length;
  const blocks = [
    ...fields(counts),
    ...inSections([...lines, ...(rest > 0 ? [`• and ${rest} more`] : [])]),
    ...context([
      ...(issueUrl === undefined ? [] : [link(issueUrl, "the issue")]),
      ...(links?.run ? [link(links.run, "the run")] : []),
    ]),
  ];
  return message(
    HEADINGS[change].replace("{}", () => environment),
    blocks,
  );
}
