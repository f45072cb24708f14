import { redact } from "../../redact/redact.ts";
import { type PackedReadings, pack, readPatterns } from "../signature/readings.ts";
import { type ProductEntry, parseProducts } from "./products.ts";

/** What the program has of the files of known errors, in a form that is quickly read: their YAML and their patterns take seconds. */
export interface KnownErrors {
  readonly errors: {
    readonly products: readonly KnownError[];
    /** Numbers of their patterns, counted through, by the longest plain word of each; by `""` those without one. */
    readonly byWord: readonly (readonly [word: string, patterns: readonly number[]])[];
    /** Templates of patterns that redaction changes, as it leaves them. */
    readonly redacted: readonly (readonly [template: string, redacted: string])[];
  };
  /** Of all patterns, in their order. */
  readonly readings: PackedReadings;
}

/** Where its messages were read is for whoever changes the files. */
export type KnownError = Omit<ProductEntry, "source">;

/** What varies in a pattern, by whatever name. */
const PLACEHOLDER = /<[A-Za-z][\w .:-]{0,40}>/g;

/** A pattern as a template of it reads. */
export const templateOf = (pattern: string): string =>
  pattern.replaceAll("**", "").replaceAll(PLACEHOLDER, "<*>");

/** A word that no masking changes: a template of the pattern has it. */
const LITERAL = /^[a-z]{4,}$/;

const longestWord = (template: string) =>
  template
    .toLowerCase()
    .split(" ")
    .filter((word) => LITERAL.test(word))
    .reduce((one, other) => (other.length > one.length ? other : one), "");

/** @throws ProductFileError with every problem in any of the files */
export function makeKnownErrors(
  files: readonly { readonly file: string; readonly text: string }[],
): KnownErrors {
  const products = parseProducts(files).map(({ source: _, ...known }): KnownError => known);
  const patterns = products.flatMap((known) => known.patterns);
  const templates = patterns.map(templateOf);
  const byWord = Map.groupBy(templates.keys(), (number) => longestWord(templates[number] ?? ""));
  const redacted = templates
    .map((template) => [template, redact(template)] as const)
    .filter(([template, plain]) => plain !== template);
  return {
    errors: { products, byWord: [...byWord], redacted },
    readings: pack(patterns, readPatterns(patterns)),
  };
}
