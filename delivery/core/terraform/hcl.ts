import type { Json } from "../../../config/overrides.ts";

/** An argument of a file of values, such as `terraform.tfvars`. */
export interface Argument {
  /** undefined: an expression, whose value only Terraform can tell. */
  readonly value: Json | undefined;
  /** Every text in it, those of an expression too; also as it is written, where that is another one. */
  readonly texts: readonly string[];
}

/**
 * Reads HCL of arguments. The text of an error says nothing of the file's.
 *
 * @throws SyntaxError for what Terraform can't read either; its message is the line's number.
 */
export async function readArguments(text: string): Promise<ReadonlyMap<string, Argument>> {
  // Most environments have no such file.
  const { parse } = await import("@cdktf/hcl2json");
  let values: Record<string, Json>;
  try {
    values = await parse("variables", text);
  } catch (error) {
    throw new SyntaxError(`line ${/variables:(\d+),/.exec(String(error))?.[1] ?? 1}`);
  }
  return new Map(Object.entries(values).map(([name, value]) => [name, argumentOf(value)]));
}

function argumentOf(value: Json): Argument {
  return {
    value: TEMPLATE.test(JSON.stringify(value)) ? undefined : mapTexts(value, unescaped),
    texts: textsOf(value).flatMap((text) => [
      text,
      unescaped(text),
      ...(TEMPLATE.test(text) ? partsOf(text) : []),
    ]),
  };
}

/** A value whose texts are others, keys of objects too. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [change(key), mapTexts(one, change)]));
}

/** The parser gives an expression as a template of its text. */
const TEMPLATE = /(?<!\$)\$\{|(?<!%)%\{/;

/** Texts of an expression, and what stands between those of a template. */
const partsOf = (text: string) => [
  ...text.split(/[$%]\{[^}]*\}/),
  ...text.split("\n"),
  ...[...text.matchAll(QUOTED)].map(([, one]) => one ?? ""),
];
const QUOTED = /"((?:[^"\\]|\\.)*)"/g;

/** Every text in a value, but for the names in objects: `password` is no secret. */
export function textsOf(value: Json): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** A text as it is meant in which `$${` and `%%{` are written for what begins no template. */
export const unescaped = (text: string): string => text.replaceAll("$${", "${").replaceAll("%%{", "%{");

/** A text in which `${` and `%{` begin no template. */
export const withoutTemplates = (text: string): string =>
  text.replaceAll("${", () => "$${").replaceAll("%{", "%%{");
