import { readFileSync } from "node:fs";
import { type Document, isMap, isNode, isPair, LineCounter, parseDocument, visit } from "yaml";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { didYouMean } from "./nearest.ts";
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
  // What other encodings, such as UTF-16, are when they are read as UTF-8.
  if (/[\0\ufffd]/.test(text)) {
    throw new ConfigError(file, [{ key: "", given: "a file in another encoding", allowed: "text in UTF-8" }]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true });
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
  const dangling = danglingAliases(document, lines);
  if (dangling.length > 0) throw new ConfigError(file, dangling);
  return { file, value: contentOf(document, file), lineOf: (path) => lineOf(document, lines, path) };
}

function danglingAliases(document: Document, lines: LineCounter): ConfigProblem[] {
  const anchors: string[] = [];
  const problems: ConfigProblem[] = [];
  visit(document, {
    Alias: (_, { source, range }) => {
      if (anchors.includes(source)) return;
      problems.push({
        key: "",
        line: range ? lines.linePos(range[0]).line : undefined,
        given: `*${source}, an alias that no anchor &${source} stands before`,
        allowed: `the anchor first${didYouMean(source, anchors)}, or a text with * in quotes`,
      });
    },
    Value: (_, { anchor }) => {
      if (anchor !== undefined) anchors.push(anchor);
    },
  });
  return problems;
}

function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch {
    throw new ConfigError(file, [
      {
        key: "",
        given: "aliases (*name) that become too much when they are written out",
        allowed: `at most ${MOST_ALIASES} aliases in all`,
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
