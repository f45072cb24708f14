import { diffWordsWithSpace } from "diff";
import type { Element } from "hast";
import { h } from "hastscript";
import type { Difference } from "../../../core/plan-json/path.ts";
import { visible } from "../../../core/plan-json/text.ts";
import { hunksOf, type ShownDifference, shownDifference } from "../../../core/report/attributes.ts";

/** A line of both columns; undefined: there is none on that side. */
interface Row {
  readonly old?: string | undefined;
  readonly current?: string | undefined;
  readonly kind: "same" | "changed" | "gap";
}

/** What the columns are called. */
export interface Columns {
  readonly attribute: string;
  readonly old: string;
  readonly current: string;
  readonly unset: string;
}

/** Longer lines are not compared word by word. */
const LONGEST_COMPARED = 400;
/** Words are marked where less than this part of a line differs. */
const MOST_MARKED = 0.7;

/**
 * Old and new values side by side.
 *
 * @param mayBeOne whether there is one column where only one side has any value.
 */
export function sidesTable(
  differences: readonly Difference[],
  columns: Columns,
  mayBeOne: boolean,
): Element | undefined {
  const shown = differences.map(shownDifference);
  if (shown.length === 0) return undefined;
  const hasOld = shown.some(({ old }) => old !== undefined);
  const hasCurrent = shown.some(({ current }) => current !== undefined);
  const isOne = mayBeOne && hasOld !== hasCurrent;
  const heads = [
    columns.attribute,
    ...(hasOld || !isOne ? [columns.old] : []),
    ...(hasCurrent || !isOne ? [columns.current] : []),
  ];
  return h("table", { className: ["sides", isOne ? "one" : "two"] }, [
    h("thead", [h("tr", [...heads.map((text) => h("th", { scope: "col" }, text))])]),
    ...shown.map((difference) => bodyOf(difference, { columns, isOne })),
  ]);
}

function bodyOf(
  difference: ShownDifference,
  { columns, isOne }: { columns: Columns; isOne: boolean },
): Element {
  const { name, notes, unseen } = difference;
  const head = (rows: number) =>
    h("th", { scope: "rowgroup", ...(rows > 1 && { rowSpan: rows }) }, [
      h("code", visible(name)),
      ...notes.map((note) => h("span.note", note)),
    ]);
  if (unseen !== undefined) {
    return h("tbody", [h("tr", [head(1), h("td.unseen", isOne ? {} : { colSpan: 2 }, unseen)])]);
  }
  const rows = rowsOf(difference);
  return h(
    "tbody",
    rows.map((row, place) =>
      h("tr", { className: row.kind }, [
        ...(place === 0 ? [head(rows.length)] : []),
        ...(isOne ? [oneCell(row)] : twoCells(row, place === 0 && columns.unset, columns)),
      ]),
    ),
  );
}

function oneCell({ old, current }: Row): Element {
  const isOld = current === undefined;
  return h("td", { className: isOld ? "old" : "new" }, visible((isOld ? old : current) ?? ""));
}

/** @param unset what stands where a side has no value at all; false: nothing. */
function twoCells({ old, current, kind }: Row, unset: string | false, columns: Columns): Element[] {
  const [before, after] =
    kind === "changed" && old !== undefined && current !== undefined
      ? markedWords(visible(old), visible(current))
      : [old, current].map((text) => (text === undefined ? undefined : [visible(text)]));
  const cell = (side: "old" | "new", label: string, content: readonly (string | Element)[] | undefined) =>
    content === undefined
      ? h("td.none", unset === false ? "" : unset)
      : h("td", { className: side, dataLabel: label }, [...content]);
  return [cell("old", columns.old, before), cell("new", columns.current, after)];
}

/** Two lines, each with the words marked that the other doesn't have. */
function markedWords(old: string, current: string): (string | Element)[][] {
  if (old === current || Math.max(old.length, current.length) > LONGEST_COMPARED) return [[old], [current]];
  const parts = diffWordsWithSpace(old, current);
  const changed = parts.reduce(
    (sum, { added, removed, value }) => sum + (added || removed ? value.length : 0),
    0,
  );
  if (changed > MOST_MARKED * (old.length + current.length)) return [[old], [current]];
  const side = (own: "added" | "removed", other: "added" | "removed") =>
    parts.filter((part) => !part[other]).map((part) => (part[own] ? h("mark", part.value) : part.value));
  return [side("removed", "added"), side("added", "removed")];
}

function rowsOf({ old, current }: ShownDifference): Row[] {
  if (!old || !current || old.length + current.length === 2) return paired(old ?? [], current ?? []);
  const hunks = hunksOf(old, current);
  if (!hunks) return paired(old, current);
  return hunks.flatMap(({ lines, oldStart }, place): Row[] => {
    const gap: Row[] = place > 0 || oldStart > 1 ? [{ old: "…", current: "…", kind: "gap" }] : [];
    return [...gap, ...hunkRows(lines)];
  });
}

function paired(old: readonly string[], current: readonly string[]): Row[] {
  return Array.from({ length: Math.max(old.length, current.length) }, (_, at) => ({
    old: old[at],
    current: current[at],
    kind: "changed",
  }));
}

/** A hunk's lines: what is removed stands beside what takes its place. */
function hunkRows(lines: readonly string[]): Row[] {
  const rows: Row[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  const flush = () => {
    rows.push(...paired(removed, added));
    removed = [];
    added = [];
  };
  for (const line of lines) {
    const text = line.slice(1);
    if (line.startsWith("-")) {
      if (added.length > 0) flush();
      removed.push(text);
    } else if (line.startsWith("+")) added.push(text);
    else if (line.startsWith(" ")) {
      flush();
      rows.push({ old: text, current: text, kind: "same" });
    }
  }
  flush();
  return rows;
}
