import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

/** A part of a document. */
export interface Tree {
  readonly type: string;
  readonly value?: string;
  readonly children?: readonly Tree[];
  readonly [key: string]: unknown;
}

/** As GitHub reads it: CommonMark with GitHub's tables, strike-through, task lists and addresses that become links. */
export const parse = (markdown: string) =>
  fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }) as unknown as Tree;

/** Everything that a reader sees but the values in code: blocks, words, links, HTML. */
export function structure({ type, value, children, position: _, ...rest }: Tree): unknown {
  if (type === "inlineCode" || type === "code") return { type, ...rest };
  const shown = type === "html" ? value?.replace(/<code>[^<>"']*<\/code>/g, "<code></code>") : value;
  return { type, value: shown, ...rest, children: children?.map(structure) };
}

/** Every part of a type. */
export function find(tree: Tree, type: string): Tree[] {
  return [
    ...(tree.type === type ? [tree] : []),
    ...(tree.children ?? []).flatMap((child) => find(child, type)),
  ];
}

/** What a translation has as the original has it: headings with their levels, blocks of code with what is in them, tables with their size. */
export function shapeOf(markdown: string): string[] {
  const walk = ({ type, depth, lang, value, children = [] }: Tree): string[] => {
    if (type === "heading") return [`heading ${depth}`];
    if (type === "code") return [`code ${lang ?? ""}\n${value}`];
    if (type === "table")
      return [`table of ${children.length} rows, ${children[0]?.children?.length} columns`];
    return children.flatMap(walk);
  };
  return walk(parse(markdown));
}
