import { STACKS, type StackEntry } from "./registry.ts";

/** Rewrites a file's text for the stacks that there are. */
type Derive = (text: string, stacks?: readonly StackEntry[]) => string;

/**
 * What else of the repository says which stacks there are: the table of docs/reference.md and the path filters of the workflows that deploy
 * them. `npm run stacks:write` writes it; `test/registry.test.ts` fails where it is not what the registry says.
 */
export const DERIVED_FILES: Readonly<Record<string, Derive>> = {
  "docs/reference.md": referenceWith,
  ".github/workflows/terraform.yml": (text, stacks) => filtersWith(text, "aws", stacks),
  ".github/workflows/helm.yml": (text, stacks) => filtersWith(text, "cluster", stacks),
};

const TABLE_HEAD = "| stack | makes | waits for |\n| --- | --- | --- |\n";

/** @throws RangeError when the text has no table of stacks */
function referenceWith(text: string, stacks: readonly StackEntry[] = STACKS): string {
  const start = text.indexOf(TABLE_HEAD);
  if (start < 0)
    throw new RangeError(`docs/reference.md: no table that begins with ${TABLE_HEAD.split("\n")[0]}`);
  const end = text.indexOf("\n\n", start);
  const rows = stacks.map(
    ({ id, makes, needs }) =>
      `| \`${id}\` | ${makes} | ${needs.map((need) => need.slice(0, 2)).join(", ")} |`,
  );
  return `${text.slice(0, start)}${TABLE_HEAD}${rows.join("\n").replaceAll(" |  |", " | |")}${text.slice(end)}`;
}

/** Each run of lines that name stacks, one a line, becomes the stacks of the tier. */
function filtersWith(text: string, tier: StackEntry["tier"], stacks: readonly StackEntry[] = STACKS): string {
  return text.replaceAll(/(^ +- "stacks\/\d\d-[\w-]+\.ts"\n)+/gm, (run) => {
    const indent = /^ +/.exec(run)?.[0] ?? "";
    return stacks
      .filter((stack) => stack.tier === tier)
      .map(({ id }) => `${indent}- "stacks/${id}.ts"\n`)
      .join("");
  });
}
