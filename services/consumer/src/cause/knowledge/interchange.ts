import type { z } from "zod";
import { type CatalogEntry, idOf, KNOWLEDGE_KEYS, type Knowledge, knowledgeSchema } from "./catalog.ts";

/** Something in a file of knowledge is wrong; the message lists every bad line: where, given, allowed. */
export class KnowledgeFileError extends Error {
  override readonly name = "KnowledgeFileError";
}

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
    const where = `${file}:${index + 1}`;
    const parsed = knowledgeSchema.safeParse(parse(line), { reportInput: true });
    if (!parsed.success) {
      problems.push(...parsed.error.issues.map((issue) => `${where}: ${problemOf(issue)}`));
      return [];
    }
    const id = idOf(parsed.data);
    const before = lineOf.get(id);
    if (before !== undefined)
      problems.push(`${where}: given the same pattern as in line ${before}, allowed: each once`);
    lineOf.set(id, index + 1);
    return [{ ...parsed.data, id }];
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

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    const allowed = KNOWLEDGE_KEYS.join(", ");
    return `given the unknown key ${issue.keys.join(", ")}, allowed ${allowed}`;
  }
  const given = issue.input === undefined ? "nothing" : shown(issue.input);
  const key = issue.path.join(".");
  return `${key === "" ? "" : `${key}: `}given ${given}, allowed: ${key === "" ? "a JSON object" : issue.message}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
