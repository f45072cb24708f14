import { NamedError } from "@cali/base";
import { check, problemText } from "@cali/settings";
import { type CatalogEntry, idOf, type Knowledge, knowledgeSchema } from "./catalog.ts";

/** Something in a file of knowledge is wrong; the message lists every bad line: where, given, allowed. */
export class KnowledgeFileError extends NamedError {}

const MOST_SHOWN = 50;

/**
 * Reads a file of JSON lines; empty lines are left out.
 * @throws KnowledgeFileError with every bad line: then nothing of it may be used
 */
export function readKnowledge(text: string, file: string): (Knowledge & { readonly id: string })[] {
  const problems: string[] = [];
  const lineOf = new Map<string, number>();
  const found = text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const refuse = (key: string, given: string, allowed: string) =>
      problems.push(problemText({ key, line: index + 1, given, allowed }, file));
    const checked = check(knowledgeSchema, parse(line));
    if (!checked.ok) {
      for (const { path, given, allowed } of checked.problems)
        refuse(path.join(".") || "(whole line)", given, path.length === 0 ? "a JSON object" : allowed);
      return [];
    }
    const id = idOf(checked.data);
    const before = lineOf.get(id);
    if (before !== undefined) refuse("pattern", `the same as in line ${before}`, "each once");
    lineOf.set(id, index + 1);
    return [{ ...checked.data, id }];
  });
  if (problems.length === 0) return found;
  const more = problems.length - MOST_SHOWN;
  const shown = [...problems.slice(0, MOST_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])];
  throw new KnowledgeFileError(
    `nothing was imported: ${problems.length} problem(s):\n  ${shown.join("\n  ")}`,
  );
}

/** The entries as JSON lines, in the order of their ids: importing them gives the same. */
export function writeKnowledge(entries: readonly CatalogEntry[]): string {
  const sorted = [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
  return sorted.map(({ id: _, ...entry }) => `${JSON.stringify(entry)}\n`).join("");
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
