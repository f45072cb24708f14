import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "@cali/base";
import type { Json } from "../../../config/overrides.ts";
import { TerraformError } from "../errors.ts";
import { type Argument, readArguments, readValue } from "./hcl-values.ts";

/**
 * Reads a file of variables, in HCL, or in JSON where its name says so. No error quotes the file: a password may stand there.
 *
 * @throws SyntaxError for what Terraform can't read either.
 */
export function readVariableFile(path: string): ReadonlyMap<string, Argument> {
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".json")) return readArguments(text);
  const json = parseJson(text);
  if (json === undefined) throw new SyntaxError("no JSON");
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new SyntaxError("no object");
  // Terraform takes this key for a comment.
  const entries = Object.entries(json as Record<string, Json>).filter(([name]) => name !== "//");
  return new Map(entries.map(([name, value]) => [name, { value, texts: textsOf(value) }]));
}

const textsOf = (value: Json): string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
};

/**
 * A variable's value as Terraform would take it, of strings and lists of strings: the environment's `TF_VAR_<name>`, before it that of
 * `terraform.tfvars`, and before that one of `*.auto.tfvars`.
 *
 * @returns undefined where nobody gives one.
 * @throws TerraformError for an expression, whose value only Terraform can tell.
 */
export function variableValue(
  folder: string,
  name: string,
  environment: NodeJS.ProcessEnv,
): string | readonly string[] | undefined {
  const last = given(folder, name).at(-1);
  if (last) {
    const { file, value } = last;
    if (value !== undefined) return textOrList(value);
    throw new TerraformError(
      `${file}: given an expression for ${name}; allowed: a value, which can be compared with the state before anything is planned`,
    );
  }
  const text = environment[`TF_VAR_${name}`];
  return text !== undefined && /^\s*\[/.test(text) ? textOrList(literalOf(text)) : text;
}

/** Whether a folder's variable files give a variable. */
export const isInFiles = (folder: string, name: string): boolean => given(folder, name).length > 0;

/** In the order in which later ones go first. A null is what Terraform takes for a variable that nobody set. */
function given(folder: string, name: string) {
  return filesIn(folder).flatMap((file) => {
    const argument = readable(join(folder, file))?.get(name);
    return argument && argument.value !== null ? [{ ...argument, file }] : [];
  });
}

/** Terraform turns numbers and truth values into text where text is wanted. */
function textOrList(value: Json | undefined): string | readonly string[] | undefined {
  if (Array.isArray(value)) {
    return value.some((one) => typeof one === "object") ? undefined : value.map(String);
  }
  return value === undefined || typeof value === "object" ? undefined : String(value);
}

function literalOf(text: string): Json | undefined {
  try {
    return readValue(text).value;
  } catch {
    return undefined;
  }
}

function readable(path: string): ReadonlyMap<string, Argument> | undefined {
  try {
    return readVariableFile(path);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function filesIn(folder: string): string[] {
  const isAutomatic = (name: string) => name.includes(".auto.");
  return readdirSync(folder)
    .filter((name) => READ_BY_ITSELF.test(name))
    .sort((a, b) => Number(isAutomatic(a)) - Number(isAutomatic(b)) || (a < b ? -1 : 1));
}

/** Files that Terraform reads values of variables from without being asked to. */
const READ_BY_ITSELF = /^terraform\.tfvars(\.json)?$|\.auto\.tfvars(\.json)?$/;

/**
 * Texts that a folder's variable files give to some variables, in whatever they stand, as they may be shown. Of a file that nobody can read
 * it is every line: Terraform's error quotes one of them.
 */
export function valuesInFiles(folder: string, variables: readonly string[]): string[] {
  if (variables.length === 0) return [];
  return filesIn(folder).flatMap((file) => {
    const path = join(folder, file);
    const found = readable(path);
    if (!found) return linesOf(readFileSync(path, "utf8"));
    return variables.flatMap((name) => {
      const { value, texts = [] } = found.get(name) ?? {};
      return typeof value === "number" ? [String(value)] : texts;
    });
  });
}

/** What a text's lines say, without the names that they begin with. */
const linesOf = (text: string): string[] =>
  text.split("\n").flatMap((line) => {
    const said = line.replace(/^\s*["']?[\w-]+["']?\s*[=:]\s*/, "").trim();
    return [said, ...(said.match(/"(?:[^"\\]|\\.)+"?/g) ?? []).map((one) => one.replace(/^"|"$/g, ""))];
  });

/** Texts in a value that an environment variable gives for a list or an object. */
export function textsInValue(text: string): readonly string[] {
  if (!/^\s*[[{]/.test(text)) return [];
  try {
    return readValue(text).texts;
  } catch {
    return [];
  }
}
