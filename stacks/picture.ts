import { reduced, STYLE, svgOf } from "./graph.ts";
import { STACKS } from "./registry.ts";
import { synthesizedStacks } from "./summary.ts";

/** Longest line of a box, in characters. */
const LINE = 30;

/**
 * The stacks that a synth wrote into a folder as an SVG graph, from left to right in the order in which they are deployed: each with its
 * number of resources and what it makes. An arrow says that a stack takes values of another; arrows that follow from others are left out.
 */
export async function stacksPicture(outdir: string): Promise<string> {
  const stacks = synthesizedStacks(outdir);
  const boxes = stacks.map(({ name, resources }) => {
    const entry = STACKS.find(({ id }) => id === name);
    const count = resources.length === 1 ? "1 resource" : `${resources.length} resources`;
    const lines = [name, count, ...wrapped(entry?.makes ?? "the stacks of the hand-written state")];
    const where = entry?.tier === "cluster" ? "kubernetes" : "aws";
    return `"${name}" [class="${where}", label="${lines.join("\\n")}"];`;
  });
  const arrows = stacks.flatMap(({ name, dependencies }) =>
    dependencies.map((dependency) => `"${dependency}" -> "${name}";`),
  );
  return await svgOf(
    await reduced(`digraph "Stacks in the order of their deployment" {
    rankdir=LR; ${STYLE}
    ${[...boxes, ...arrows].join("\n    ")}
  }`),
  );
}

/** A text of the registry in lines for a box, without Markdown's marks. */
function wrapped(text: string): string[] {
  const lines: string[] = [""];
  for (const word of text.replaceAll("`", "").split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last.length + word.length < LINE) lines[lines.length - 1] = `${last} ${word}`.trim();
    else lines.push(word);
  }
  return lines;
}
