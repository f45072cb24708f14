import { visible } from "./plan-json/text.ts";

/**
 * The only ways by which a value gets into a comment. A plan's values are whatever somebody wrote into a tag, a `for_each` key or a
 * policy; none may end the block it stands in, become HTML, a link, a picture or a heading, or ping a person. GitHub looks for
 * mentions, issue numbers and addresses everywhere but in code, so every value is code.
 */

const longestRun = (text: string) => Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));

/** A value within a line of text. */
export function code(text: string): string {
  const shown = visible(text);
  // Only spaces, or nothing, is no code for Markdown.
  if (shown.trim() === "") return code(JSON.stringify(shown));
  const ticks = "`".repeat(longestRun(shown) + 1);
  const space = /^[` ]|[` ]$/.test(shown) ? " " : "";
  return `${ticks}${space}${shown}${space}${ticks}`;
}

/** The same in a table's cell: there a `|` ends the cell even in code, and a backslash before it does other things everywhere. */
export function cellCode(text: string): string {
  return code(text.replaceAll("|", "\\u{7c}").replace(/\\(?=$|`)/g, "\\u{5c}"));
}

/** The same within HTML, such as `<summary>`, where Markdown doesn't apply. */
export function htmlCode(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return `<code>${visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? "")}</code>`;
}

/** A block of code. No line can end it: its fence is longer than any in it. */
export function fence(language: string, lines: readonly string[]): string {
  const shown = lines.map((line) => visible(line));
  const ticks = "`".repeat(Math.max(3, ...shown.map((line) => longestRun(line) + 1)));
  return [ticks + language, ...shown, ticks].join("\n");
}

/** A folded block; `summary` is HTML that is ours, values in it by {@link htmlCode}. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** One of GitHub's coloured boxes. */
export function alert(kind: "CAUTION" | "WARNING" | "NOTE", lines: readonly string[]): string {
  return [`[!${kind}]`, ...lines].map((line) => `> ${line}`.trimEnd()).join("\n");
}

/** A table of cells that are ours, values in them by {@link cellCode}. @param mark of every column but the first, such as `--:` */
export function table(head: readonly string[], rows: readonly (readonly string[])[], mark: string): string {
  return [head, head.map((_, place) => (place === 0 ? "---" : mark)), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** A commit by its first digits, which lead to it where the repository is known. */
export function commitText(commit: string, links: { readonly repository: string } | undefined): string {
  const short = code(commit.slice(0, 7));
  return links ? `[${short}](${links.repository}/commit/${commit})` : short;
}

/** "1 stack", "2 stacks" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What GitHub counts at most: characters by its words; bytes are never fewer. */
export const bytes = (text: string): number => Buffer.byteLength(text);
