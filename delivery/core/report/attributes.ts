import { structuredPatch } from "diff";
import type { AttributeDifference, ResourceChange } from "../plan-json/model.ts";
import { isEmpty, JsonDocument, type Node } from "../plan-json/node.ts";
import type { Difference } from "../plan-json/path.ts";
import { pathText } from "../plan-json/path.ts";
import { inline, lines } from "../plan-json/text.ts";

/** Old and new value stand on one line up to this many characters. */
const LONGEST_PAIR = 100;
const CONTEXT_LINES = 3;
/** A document that is still not compared after this is shown whole, as removed and added. */
const COMPARE_MS = 200;

/** The lines of a resource's difference, in the language `diff`; no line is longer than `longest` characters. */
export function attributeLines({ differences, computed }: ResourceChange, longest: number): string[] {
  const found = differences.flatMap((difference) => differenceLines(difference));
  if (computed.length > 0) found.push(`# known after apply: ${computed.join(", ")}`);
  return found.map((line) => cut(line, longest));
}

/** The lines of differences that nobody planned. */
export function driftLines(differences: readonly Difference[], longest: number): string[] {
  return differences
    .flatMap((difference) => differenceLines({ ...difference, forcesReplacement: false }))
    .map((line) => cut(line, longest));
}

function cut(line: string, longest: number): string {
  const characters = [...line];
  return characters.length <= longest
    ? line
    : `${characters.slice(0, longest).join("")} … (${characters.length - longest} more characters)`;
}

function differenceLines({ path, before, after, isReordered, ...difference }: AttributeDifference): string[] {
  const name = pathText(path);
  const note = [
    ...(difference.forcesReplacement ? ["  # forces replacement"] : []),
    ...(isReordered ? ["  # the same elements in another order"] : []),
  ].join("");
  const old = isEmpty(before) ? undefined : textOf(before);
  const current = isEmpty(after) ? undefined : textOf(after);
  if (old === undefined && current === undefined)
    return [`! ${name} = ${inline(before)} → ${inline(after)}${note}`];
  if (old && current && old.length + current.length > 2) {
    return [`! ${name} =${note}`, ...compared(old, current)];
  }
  const [oldLine = "", currentLine = ""] = [inline(before), inline(after)];
  if (old && current && oldLine.length + currentLine.length <= LONGEST_PAIR) {
    return [`! ${name} = ${oldLine} → ${currentLine}${note}`];
  }
  return [...sided("-", name, old, current ? "" : note), ...sided("+", name, current, note)];
}

/** A document or a text of several lines by its lines, anything else on one. */
function textOf(node: Node | undefined): string[] {
  if (node instanceof JsonDocument) return lines(node);
  if (typeof node === "string" && node.trimEnd().includes("\n")) return node.trimEnd().split("\n");
  return [inline(node)];
}

function sided(sign: "-" | "+", name: string, text: readonly string[] | undefined, note: string): string[] {
  if (!text) return [];
  if (text.length === 1) return [`${sign} ${name} = ${text[0]}${note}`];
  return [`${sign} ${name} =${note}`, ...text.map((line) => `${sign}     ${line}`)];
}

function compared(old: readonly string[], current: readonly string[]): string[] {
  const text = (all: readonly string[]) => `${all.join("\n")}\n`;
  const patch = structuredPatch("", "", text(old), text(current), "", "", {
    context: CONTEXT_LINES,
    timeout: COMPARE_MS,
  });
  if (!patch) {
    return [...old.map((line) => `-     ${line}`), ...current.map((line) => `+     ${line}`)];
  }
  return patch.hunks.flatMap(({ lines, oldStart }, place) => [
    ...(place > 0 || oldStart > 1 ? ["      …"] : []),
    ...lines.map((line) => `${line.slice(0, 1)}     ${line.slice(1)}`),
  ]);
}
