import { bytes, code } from "../markdown.ts";
import { GROUPS, type Group } from "./groups.ts";
import { header } from "./header.ts";
import type { Report } from "./report.ts";
import { type Item, itemsOf, type Level, sizeOf, stackBlock } from "./stack.ts";
import { textsOf } from "./texts.ts";

/** GitHub takes 65,536 characters a comment. Bytes are never fewer than characters, and some room is left. */
export const COMMENT_LIMIT = 65_000;

/** Room for "and 12 more" in each group. */
const REST_LINE = 40;
/** Room for the sentence that says what was left out. */
const FOOTER = 600;

export interface RenderOptions {
  /** Most bytes; default: no limit. */
  readonly limit?: number;
  /** Most characters of a line within an attribute's value; default: no limit. */
  readonly longestLine?: number;
}

export interface Rendered {
  readonly markdown: string;
  /** Something was left out. */
  readonly isCut: boolean;
}

const SAFE: readonly Group[] = ["create", "read"];
const CHANGING = GROUPS.filter((group) => !SAFE.includes(group));

/**
 * A plan as Markdown for people. What doesn't fit is shown with less: first the attributes of what is added go, then those of
 * what changes, then single lines become a number. What is destroyed or replaced is listed above all that.
 */
export function render(
  report: Report,
  { limit = Infinity, longestLine = Infinity }: RenderOptions = {},
): Rendered {
  const longest = longestLine;
  const top = header(report, limit);
  const items = report.stacks.map((stack) => itemsOf(report, stack, longest));
  const blocks = () =>
    report.stacks.map((stack, place) => stackBlock(report, { stack, items: items[place] ?? [], longest }));
  const whole = (blocks: readonly (string | undefined)[]) =>
    [top, ...blocks.filter((block) => block !== undefined)].join("\n\n");

  // As it stands, nothing is shown of any resource: that is what the rest of the comment takes.
  const shells = blocks().map((block) => (block === undefined ? 0 : bytes(block) + 2));
  const groups = items.reduce((sum, ofStack) => sum + new Set(ofStack.map(({ group }) => group)).size, 0);
  const fixed = bytes(top) + groups * REST_LINE + FOOTER;
  const keepShell = fitting(shells, limit - fixed);
  const left = limit - fixed - shells.reduce((sum, size, place) => sum + (keepShell[place] ? size : 0), 0);
  share(items.filter((_, place) => keepShell[place]).flat(), left);

  const shown = blocks().map((block, place) => (keepShell[place] ? block : undefined));
  const note = leftOut(report, items.flat(), keepShell.filter((keep) => !keep).length);
  return { markdown: note ? `${whole(shown)}\n\n${note}` : whole(shown), isCut: note !== undefined };
}

/** Which of these sizes fit into a space, taken in order. */
function fitting(sizes: readonly number[], space: number): boolean[] {
  let left = space;
  return sizes.map((size) => {
    if (size > left) return false;
    left -= size;
    return true;
  });
}

/** Gives each item as much room as there is: a line for what changes, then its attributes; then the same for what is added. */
function share(items: readonly Item[], space: number): void {
  let left = space;
  const raise = (groups: readonly Group[], level: Level) => {
    for (const group of groups) {
      for (const item of items.filter((candidate) => candidate.group === group)) {
        const more = sizeOf(item, level) - sizeOf(item, item.level);
        if (more > left) continue;
        item.level = level;
        left -= more;
      }
    }
  };
  for (const groups of [CHANGING, SAFE]) {
    raise(groups, "line");
    raise(groups, "full");
  }
}

function leftOut(report: Report, items: readonly Item[], stacks: number): string | undefined {
  const lines = items.filter(({ level, line, full }) => level === "line" && line !== full).length;
  const uncounted = items.filter(({ level }) => level === "counted").length;
  if (lines + uncounted + stacks === 0) return undefined;
  const { links, environment, commit } = report;
  const texts = textsOf(report);
  const said = [
    ...(lines > 0 ? [texts.withoutAttributes(lines)] : []),
    ...(uncounted > 0 ? [texts.asNumber(uncounted)] : []),
    ...(stacks > 0 ? [texts.inTable(stacks)] : []),
  ].join(", ");
  if (commit === undefined) return `---\n\n${texts.roomFor(said)}`;
  const where = links?.run ? `[${texts.theRun}](${links.run})` : texts.theRun;
  return `---\n\n${texts.roomFor(said)} ${texts.whole(code(`comment-${environment}`), where)}`;
}
