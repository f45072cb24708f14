import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A log line, and what of it must not leave. */
export interface RedactionLine {
  readonly kind: string;
  readonly line: string;
  readonly secrets: readonly string[];
}

/** A line of `cases.jsonl`; `hard`: no rule can know it. */
export interface RedactionCase extends RedactionLine {
  readonly family: "key" | "pii" | "plain";
  readonly hard: boolean;
}

const read = (name: string) => readFileSync(join(import.meta.dirname, "../redaction", name), "utf8");
const linesOf = (name: string) =>
  read(name)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const MIXED = `${LOWER}${LOWER.toUpperCase()}${DIGITS}`;
const ALPHABETS: Readonly<Record<string, string>> = {
  an: MIXED,
  AN: `${LOWER.toUpperCase()}${DIGITS}`,
  hex: `${DIGITS}abcdef`,
  HEX: `${DIGITS}ABCDEF`,
  b64: `${MIXED}+/`,
  url: `${MIXED}_-`,
  dig: DIGITS,
  az: LOWER,
  b32: `${LOWER.toUpperCase()}234567`,
};
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", e: "\u001b" };

/** Numbers that look random and are the same each time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lines with secrets of many formats. Their random parts are made here, so that nobody's scanner takes them for real ones. */
export function secretLines(seed = 1): RedactionLine[] {
  const random = generator(seed);
  return linesOf("secret-lines.txt").map((entry) => {
    const at = entry.indexOf(" | ");
    const text = entry
      .slice(at + 3)
      .replaceAll(
        /\\\\|\\([nre])/g,
        (match, name: string | undefined) => ESCAPES[name ?? ""] ?? match[0] ?? "",
      )
      .replaceAll(/\{(\w+):(\d+)\}/g, (_, name: string, length: string) =>
        Array.from({ length: Number(length) }, () => pick(ALPHABETS[name] ?? "", random)).join(""),
      );
    return {
      kind: entry.slice(0, at),
      line: text.replaceAll(/[⟦⟧]/g, ""),
      secrets: [...text.matchAll(/⟦([^⟧]+)⟧/g)].map(([, secret = ""]) => secret),
    };
  });
}

const pick = (alphabet: string, random: () => number) => alphabet[Math.floor(random() * alphabet.length)];

/** Lines in which nothing is secret or personal. */
export const plainLines = (): string[] =>
  linesOf("plain-lines.txt").map((line) => line.replaceAll("\\n", "\n"));

/** Parts the values of `cases.jsonl`, so that nobody's scanner takes them for real ones. */
const PARTING = "⁞";

export const caseLines = (): RedactionCase[] =>
  linesOf("cases.jsonl").map((line) => JSON.parse(line.replaceAll(PARTING, "")));
