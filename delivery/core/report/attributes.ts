import { structuredPatch } from "diff";
import type { AttributeDifference, ResourceChange } from "../plan-json/model.ts";
import { canonical, isEmpty, type Node, TextDocument } from "../plan-json/node.ts";
import type { Difference } from "../plan-json/path.ts";
import { pathText } from "../plan-json/path.ts";
import { inline, isLong, lines } from "../plan-json/text.ts";

/** Old and new value stand on one line up to this many characters. */
const LONGEST_PAIR = 100;
const CONTEXT_LINES = 3;
/** A document that is still not compared after this is shown whole, as removed and added. */
const COMPARE_MS = 200;

/** The lines of a resource's difference, in the language `diff`; no line is longer than `longest` characters. */
export function attributeLines({ differences, computed }: ResourceChange, longest: number): string[] {
  const found = differences.flatMap((difference) => differenceLines(difference, longest));
  if (computed.length > 0) found.push(`# known after apply: ${computed.join(", ")}`);
  return found.map((line) => cut(line, longest));
}

/** The lines of differences that nobody planned. */
export function driftLines(differences: readonly Difference[], longest: number): string[] {
  return differences
    .flatMap((difference) => differenceLines(difference, longest))
    .map((line) => cut(line, longest));
}

function cut(line: string, longest: number): string {
  const characters = [...line];
  return characters.length <= longest
    ? line
    : `${characters.slice(0, longest).join("")} … (${characters.length - longest} more characters)`;
}

/** What is said of one difference, before it is laid out in lines or in columns. */
export interface ShownDifference {
  readonly name: string;
  /** What else is to be said of it, such as `forces replacement`. */
  readonly notes: readonly string[];
  /** Lines of the value; undefined: not set. */
  readonly old: readonly string[] | undefined;
  readonly current: readonly string[] | undefined;
  /** Both sides read alike: what differs all the same. */
  readonly unseen?: string;
}

/** The two sides of a difference as text. */
export function shownDifference({
  path,
  before,
  after,
  isReordered,
  forcesReplacement = false,
}: Difference & Partial<AttributeDifference>): ShownDifference {
  const isBase64 = [before, after].some((node) => node instanceof TextDocument && node.kind === "base64");
  const isNothing = isEmpty(before) && isEmpty(after);
  const shown = {
    name: pathText(path),
    notes: [
      ...(forcesReplacement ? ["forces replacement"] : []),
      ...(isBase64 ? ["Base64, decoded"] : []),
      ...(isReordered ? ["the same elements in another order"] : []),
    ],
    // Two ways to write "not set" are shown as they are written.
    old: isEmpty(before) && !isNothing ? undefined : textOf(before),
    current: isEmpty(after) && !isNothing ? undefined : textOf(after),
  };
  const { old, current } = shown;
  if (!old || !current || !isText(before) || !isText(after) || old.join("\n") !== current.join("\n")) {
    return shown;
  }
  const isSame = canonical(contentOf(before), true) === canonical(contentOf(after), true);
  return { ...shown, unseen: isSame ? "only comments or spacing change" : "a secret in it changes" };
}

function differenceLines(difference: Difference & Partial<AttributeDifference>, longest: number): string[] {
  const { name, notes, old, current, unseen } = shownDifference(difference);
  const note = notes.map((text) => `  # ${text}`).join("");
  if (unseen !== undefined) return [`! ${name}: ${unseen}${note}`];
  if (old && current && old.length + current.length > 2) {
    return [`! ${name} =${note}`, ...compared(old, current, longest)];
  }
  const [oldLine, currentLine] = around(old?.[0] ?? "", current?.[0] ?? "", longest);
  if (old && current && oldLine.length + currentLine.length <= LONGEST_PAIR) {
    return [`! ${name} = ${oldLine} → ${currentLine}${note}`];
  }
  return [
    ...sided("-", name, old && current ? [oldLine] : old, current ? "" : note),
    ...sided("+", name, old && current ? [currentLine] : current, note),
  ];
}

const isText = (node: Node | undefined) => node instanceof TextDocument || isLong(node);
const contentOf = (node: Node | undefined) => {
  if (node instanceof TextDocument) return node.content;
  return isLong(node) ? node.trimEnd() : node;
};

/** A document or a text of several lines by its lines, anything else on one. */
function textOf(node: Node | undefined): string[] {
  if (node instanceof TextDocument)
    return typeof node.content === "string" ? textOf(node.content) : lines(node);
  if (typeof node === "string" && node.trimEnd().includes("\n")) return node.trimEnd().split("\n");
  return [inline(node)];
}

function sided(sign: "-" | "+", name: string, text: readonly string[] | undefined, note: string): string[] {
  if (!text) return [];
  if (text.length === 1) return [`${sign} ${name} = ${text[0]}${note}`];
  return [`${sign} ${name} =${note}`, ...text.map((line) => `${sign}     ${line}`)];
}

/** How many characters stand before the first difference of two lines that are too long to be shown. */
const BEFORE_DIFFERENCE = 40;

/** Two lines that are longer than may be shown, from a little before where they differ: what they share is counted. */
function around(old: string, current: string, longest: number): [string, string] {
  if (Math.max(old.length, current.length) <= longest) return [old, current];
  let same = 0;
  while (same < old.length && old[same] === current[same]) same++;
  const start = same - BEFORE_DIFFERENCE;
  if (start <= 0) return [old, current];
  const from = (line: string) => `(${start} characters that stay) … ${line.slice(start)}`;
  return [from(old), from(current)];
}

/** The lines of a hunk, in which each removed line stands against the added one that takes its place. */
function pairedLines(lines: readonly string[], longest: number): string[] {
  const shown = [...lines];
  for (let at = 0; at < lines.length; at++) {
    let removed = 0;
    while (lines[at + removed]?.startsWith("-")) removed++;
    let added = 0;
    while (lines[at + removed + added]?.startsWith("+")) added++;
    if (removed > 0 && removed === added) {
      for (let place = at; place < at + removed; place++) {
        const [old, current] = around(
          lines[place]?.slice(1) ?? "",
          lines[place + removed]?.slice(1) ?? "",
          longest,
        );
        shown[place] = `-${old}`;
        shown[place + removed] = `+${current}`;
      }
    }
    at += Math.max(0, removed + added - 1);
  }
  return shown;
}

/** The hunks of two texts' difference; undefined where comparing took too long. */
export function hunksOf(old: readonly string[], current: readonly string[]) {
  const text = (all: readonly string[]) => `${all.join("\n")}\n`;
  return structuredPatch("", "", text(old), text(current), "", "", {
    context: CONTEXT_LINES,
    timeout: COMPARE_MS,
  })?.hunks;
}

function compared(old: readonly string[], current: readonly string[], longest: number): string[] {
  const hunks = hunksOf(old, current);
  if (!hunks) {
    return [...old.map((line) => `-     ${line}`), ...current.map((line) => `+     ${line}`)];
  }
  return hunks.flatMap(({ lines, oldStart }, place) => [
    ...(place > 0 || oldStart > 1 ? ["      …"] : []),
    ...pairedLines(lines, longest).map((line) => `${line.slice(0, 1)}     ${line.slice(1)}`),
  ]);
}
