import { alert, bytes, cellCode, code, commitText, counted, fence, table } from "../../core/markdown.ts";
import type { StackReport } from "../../core/report/report.ts";
import { type Finding, findingText, KINDS, type Kind } from "./finding.ts";
import type { DriftReport } from "./report.ts";

interface KindWords {
  readonly title: string;
  readonly explanation: string;
}

const KIND_WORDS: Readonly<Record<Kind, KindWords>> = {
  failed: {
    title: "Could not be planned",
    explanation: "Nothing is known of these; what was found in them before may still be so.",
  },
  "added-rights": {
    title: "Rights added outside Git",
    explanation:
      "No deployment takes these policies away. Whoever may use the role may do what they allow: detach or delete them, or write them into the code.",
  },
  outside: {
    title: "Changed outside Git",
    explanation:
      "The next deployment sets these back, as far as it can. To keep such a change, write it into the code.",
  },
  "same-object": {
    title: "One object in two states",
    explanation:
      "Both change it, and destroying it in one takes it from the other. Keep it in one; from the other remove it with a `removed` block.",
  },
  "not-in-code": {
    title: "In a state and not in the code",
    explanation: "The next deployment destroys these, or forgets them and leaves them alive.",
  },
  "unknown-state": {
    title: "States of no stack",
    explanation:
      "No deployment touches these any more. Destroy what they hold, or move it to a stack, and then delete the state.",
  },
  waiting: {
    title: "Deployments that wait",
    explanation: "What main says is not deployed before these go on. Approve, reject or end them.",
  },
  pending: {
    title: "In the code and not deployed",
    explanation: "main says this, and the environment doesn't have it: a deployment failed, or was not made.",
  },
};

/** The kind's name, for headings. */
export const titleOf = (kind: Kind): string => KIND_WORDS[kind].title;

/** Columns of the table: what is found within a stack. */
const COLUMNS = ["outside", "not-in-code", "pending"] as const;
const NONE = "·";
/** Room for a kind's "and 12 more". */
const REST_LINE = 60;
/** Room for the sentence that says what was left out. */
const FOOTER = 500;

interface Item {
  readonly kind: Kind;
  readonly full: string;
  readonly line: string;
  shown: string | undefined;
}

/**
 * A report as Markdown for people. What doesn't fit first loses its attributes, what is least bad first, and then becomes a number.
 *
 * @param limit most bytes, at least 8,000; default: no limit.
 */
export function renderDrift(report: DriftReport, limit = Infinity): string {
  const items = report.findings.map(itemOf);
  const top = header(report, limit / 4);
  const kinds = KINDS.filter((kind) => items.some((item) => item.kind === kind));
  const heads = new Map(
    kinds.map((kind) => {
      const count = items.filter((item) => item.kind === kind).length;
      return [kind, `### ${titleOf(kind)}: ${count}\n\n${KIND_WORDS[kind].explanation}`];
    }),
  );
  const fixed = [...heads.values()].reduce((sum, head) => sum + bytes(head) + REST_LINE + 4, 0);
  share(items, limit - bytes(top) - fixed - FOOTER);
  const sections = kinds.map((kind) =>
    section(
      heads.get(kind) ?? "",
      items.filter((item) => item.kind === kind),
    ),
  );
  const cut = items.filter(({ shown, full }) => shown !== full).length;
  const note =
    cut === 0 ? [] : [`---\n\n${counted(cut, "finding")} had no room, in part or at all. ${where(report)}`];
  return [top, ...sections, ...note].join("\n\n");
}

function where({ links }: DriftReport): string {
  return `The whole is in the summary of ${links?.run ? `[the run](${links.run})` : "the run"}.`;
}

function itemOf({ kind, words, lines }: Finding): Item {
  const text = findingText(words, (value) => code(value));
  const line = `- ${text}`;
  return {
    kind,
    line,
    full: lines.length === 0 ? line : `${text}\n\n${fence(kind === "failed" ? "text" : "diff", lines)}`,
    shown: undefined,
  };
}

/** Lines for all first, then attributes, in the order of the findings. */
function share(items: readonly Item[], space: number): void {
  let left = space;
  for (const level of ["line", "full"] as const) {
    for (const item of items) {
      const more = bytes(item[level]) + 2 - (item.shown === undefined ? 0 : bytes(item.shown) + 2);
      if (more > left) continue;
      item.shown = item[level];
      left -= more;
    }
  }
}

function section(head: string, items: readonly Item[]): string {
  const isBlock = ({ shown, line }: Item) => shown !== undefined && shown !== line;
  const blocks = items.flatMap((item) => (isBlock(item) && item.shown ? [item.shown] : []));
  const lines = items.flatMap((item) => (!isBlock(item) && item.shown ? [item.shown] : []));
  const rest = items.length - blocks.length - lines.length;
  if (rest > 0) lines.push(`- and ${rest} more`);
  return [head, ...blocks, ...(lines.length > 0 ? [lines.join("\n")] : [])].join("\n\n");
}

function header(report: DriftReport, room: number): string {
  const { environment, commit, links, findings, stacks, areStatesKnown, areRightsKnown } = report;
  const found = findings.length === 0 ? "none" : counted(findings.length, "finding");
  const run = links?.run ? ` ([the run](${links.run}))` : "";
  const partial = stacks.flatMap((stack) =>
    stack.status === "planned" && !stack.plan.complete ? [code(stack.name)] : [],
  );
  return [
    `## Drift of ${code(environment)}: ${found}`,
    `The environment against commit ${commitText(commit, links)}${run}.${areStatesKnown ? "" : " States that no stack has were not looked for."}${areRightsKnown ? "" : " Policies that were added to roles were not looked for."}`,
    ...(partial.length > 0 && bytes(partial.join(", ")) < room
      ? [alert("WARNING", [`**Not everything could be planned** in ${partial.join(", ")}.`])]
      : []),
    ...stackTable(report, room),
  ].join("\n\n");
}

/** Left out where it alone would fill the page. */
function stackTable({ stacks, findings }: DriftReport, room: number): string[] {
  const titles = ["changed outside Git", "not in the code", "not deployed"];
  const rows = stacks.map((stack) => [
    nameOf(stack),
    ...COLUMNS.map((column) => {
      if (stack.status !== "planned") return "?";
      const count = findings.filter((one) => one.kind === column && one.stack === stack.name).length;
      return count === 0 ? NONE : String(count);
    }),
  ]);
  const text = table(["stack", ...titles], rows, "--:");
  return rows.length > 0 && bytes(text) <= room ? [text] : [];
}

function nameOf(stack: StackReport): string {
  const shown = cellCode(stack.name);
  if (stack.status === "failed") return `${shown} **could not be planned**`;
  return stack.status === "waiting" ? `${shown} is not deployed yet` : shown;
}
