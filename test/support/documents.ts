import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import type { Command } from "commander";
import { ROOT } from "./run.ts";

/** A Markdown file of the project. */
export interface Document {
  readonly file: string;
  readonly text: string;
  /** Code within lines, as it is between its backticks. */
  readonly spans: readonly string[];
  /** `sh` blocks, as they stand. */
  readonly scripts: readonly string[];
  /** Commands of `sh` blocks, lines that go on joined, comments left out. */
  readonly commands: readonly string[];
  /** What links point to. */
  readonly links: readonly string[];
  /** Headings, as links name them. */
  readonly anchors: readonly string[];
}

const FENCE = /^[ \t]*```(\w*)\n([\s\S]*?)^[ \t]*```$/gm;

/** Files that Git knows, relative to the checkout. */
export const FILES: ReadonlySet<string> = new Set(
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .trim()
    .split("\n"),
);

export function readDocument(file: string): Document {
  const text = readFileSync(join(ROOT, file), "utf8");
  const prose = text.replaceAll(FENCE, "");
  const scripts = [...text.matchAll(FENCE)]
    .filter(([, language]) => language === "sh")
    .map(([, , block = ""]) => block);
  return {
    file,
    text,
    spans: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span),
    scripts,
    commands: scripts
      .flatMap((block) => block.replaceAll(/\\\n\s*/g, " ").split("\n"))
      .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
      .filter((line) => line !== ""),
    links: [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target),
    anchors: [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading)),
  };
}

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s-]/gu, "")
    .replaceAll(" ", "-");

/** Whether there is a file or a folder of that name; relative to the document, or to the checkout. */
export function exists(path: string, document: Document): boolean {
  const names = [join(dirname(document.file), path), join(path)].map((name) => name.replace(/\/$/, ""));
  return names.some((name) => FILES.has(name) || [...FILES].some((file) => file.startsWith(`${name}/`)));
}

/** The simple commands of a line of shell, without the variables set for them. */
export function simpleCommands(line: string): string[] {
  return line
    .split(/\s*(?:&&|\|\||[|;])\s*/)
    .map((command) => command.replace(/^([A-Z][A-Z0-9_]*=\S*\s+)+/, "").trim())
    .filter((command) => command !== "");
}

/** What of a command's words the program doesn't know: a command or an option. Nothing: it knows all. */
export function unknownTo(program: Command, words: readonly string[]): string[] {
  let command = program;
  let rest = words;
  while (command.commands.length > 0) {
    const next = command.commands.find(
      (one) => one.name() === rest[0] || one.aliases().includes(rest[0] ?? ""),
    );
    if (!next) return rest[0]?.startsWith("-") ? [] : [`no command ${command.name()} ${rest[0] ?? ""}`];
    command = next;
    rest = rest.slice(1);
  }
  const known = command.options.flatMap(({ long, short }) => [long, short]);
  return rest
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.replace(/=.*$/, ""))
    .filter((word) => !known.includes(word))
    .map((word) => `${command.name()} has no option ${word}`);
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** Whether a JSON schema has a key, such as `domain.masterUser.kind`. */
export function hasKey(schema: JsonSchema, path: readonly string[]): boolean {
  const [head, ...rest] = path;
  if (head === undefined) return true;
  const { properties = {}, additionalProperties, items, anyOf = [], allOf = [], oneOf = [] } = schema;
  const next =
    properties[head] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
  if (next && hasKey(next, rest)) return true;
  if (items && hasKey(items, /^\d+$/.test(head) ? rest : path)) return true;
  return [...anyOf, ...allOf, ...oneOf].some((one) => hasKey(one, path));
}
