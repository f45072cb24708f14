import type { Element, ElementContent, Root, Text } from "hast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { toHast } from "mdast-util-to-hast";
import { gfmTable } from "micromark-extension-gfm-table";

/**
 * The HTML of Markdown that is ours, as a tree. A value in it is text, as it is in the Markdown; HTML in the Markdown is left out. GitHub's coloured
 * boxes become `div.alert` with their kind as a class.
 */
export function htmlOf(markdown: string): ElementContent[] {
  const tree = toHast(
    fromMarkdown(markdown, { extensions: [gfmTable()], mdastExtensions: [gfmTableFromMarkdown()] }),
  ) as Root;
  return tree.children
    .filter((node) => node.type !== "doctype")
    .map((node) => (isElement(node, "blockquote") ? withKind(node) : node));
}

/** The same of one line, without its paragraph. */
export function inlineHtml(markdown: string): ElementContent[] {
  const [paragraph] = htmlOf(markdown);
  return isElement(paragraph, "p") ? paragraph.children : [];
}

const isElement = (node: { readonly type: string } | undefined, name: string): node is Element =>
  node?.type === "element" && (node as Element).tagName === name;

/** Every element of a name, at any depth. */
export function elementsOf(nodes: readonly ElementContent[], name: string): Element[] {
  return nodes.flatMap((node) =>
    node.type === "element"
      ? [...(node.tagName === name ? [node] : []), ...elementsOf(node.children, name)]
      : [],
  );
}

const KIND = /^\[!(\w+)\]\s*/;

function withKind(quote: Element): Element {
  const [paragraph] = elementsOf(quote.children, "p");
  const first = paragraph?.children[0] as Text | undefined;
  const kind = first?.type === "text" ? KIND.exec(first.value)?.[1] : undefined;
  if (!first || kind === undefined) return quote;
  first.value = first.value.replace(KIND, "");
  return { ...quote, tagName: "div", properties: { className: ["alert", kind.toLowerCase()] } };
}
