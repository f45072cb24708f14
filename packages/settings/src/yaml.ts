import { readFileSync } from "node:fs";
import { type Document, isMap, isNode, isPair, LineCounter, parseDocument } from "yaml";
import { ConfigError } from "./errors.ts";
import { yamlInPlainWords } from "./plain-words.ts";

/** Aliases are followed, but not more of them than a person writes: each could stand for all before it. */
const MOST_ALIASES = 100;

/** A YAML file's content, and where in it a key stands. */
export interface YamlFile {
  /** What errors call it. */
  readonly file: string;
  /** null for an empty file. */
  readonly value: unknown;
  /** The line of the deepest part of the path that the file has. */
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/** As `parseYaml`. @throws ConfigError also when the file cannot be read. */
export function readYaml(file: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const given = `a file that cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new ConfigError(file, [{ key: "", given, allowed: "a configuration in YAML" }]);
  }
  return parseYaml(text, file);
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
        given: yamlInPlainWords(error),
        allowed: "YAML with each key once",
      })),
    );
  }
  return { file, value: contentOf(document, file), lineOf: (path) => lineOf(document, lines, path) };
}

function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch {
    throw new ConfigError(file, [
      {
        key: "",
        given:
          "aliases (*name) that no anchor (&name) stands before, or that become too much when they are written out",
        allowed: `anchors first, and at most ${MOST_ALIASES} aliases in all`,
      },
    ]);
  }
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
