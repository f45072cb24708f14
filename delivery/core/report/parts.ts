import { bytes } from "../markdown.ts";
import type { StackReport } from "./report.ts";
import type { Texts } from "./texts.ts";

/** The stacks that have a plan. */
export function plannedStacks(stacks: readonly StackReport[]) {
  return stacks.flatMap((stack) => (stack.status === "planned" ? [stack] : []));
}

/** The lines of a list, and how many there was no room for. Only a list that alone would fill a comment ends early. */
export function inPart(lines: readonly string[], room: number, texts: Texts): string[] {
  let size = 0;
  const shown = lines.filter((line) => {
    size += bytes(line) + 3;
    return size <= room;
  });
  const rest = lines.length - shown.length;
  return rest > 0 ? [...shown, `- **${texts.and(rest)}**, ${texts.inReport}`] : shown;
}
