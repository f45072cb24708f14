import { type Document, isMap, isNode, isPair, LineCounter, parseDocument } from "yaml";
import { ConfigError } from "./errors.ts";

const LONGEST_GIVEN = 80;

/** A YAML file's content, and where in it a key stands. */
export interface YamlFile {
  readonly value: unknown;
  /** The line of the deepest part of the path that the file has. */
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/**
 * Parses YAML that people write.
 *
 * @param file what errors call it
 * @throws ConfigError with every mistake in the YAML itself, each at its line.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map((error) => ({
        key: "",
        line: error.linePos?.[0].line,
        given: shorten(error.message.split("\n")[0] ?? error.code),
        allowed: "YAML with each key once",
      })),
    );
  }
  return { value: document.toJS(), lineOf: (path) => lineOf(document, lines, path) };
}

/** What a message shows of a value. */
export function shorten(text: string): string {
  return text.length <= LONGEST_GIVEN ? text : `${text.slice(0, LONGEST_GIVEN)}…`;
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && String(item.key) === String(path[depth - 1]));
      const key = pair?.key;
      if (isNode(key) && key.range) return lines.linePos(key.range[0]).line;
    }
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
