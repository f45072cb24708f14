import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "@cali/base";
import type { Json } from "../../../config/overrides.ts";
import { TerraformError } from "../errors.ts";
import { type Argument, readArguments, textsOf } from "./hcl.ts";

/**
 * Reads a file of variables, in HCL, or in JSON where its name says so. No error quotes the file: a password may stand there.
 *
 * @throws SyntaxError for what Terraform can't read either.
 */
export async function readVariableFile(path: string): Promise<ReadonlyMap<string, Argument>> {
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".json")) return readArguments(text);
  const json = parseJson(text);
  if (json === undefined) throw new SyntaxError("no JSON");
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new SyntaxError("no object");
  // Terraform takes this key for a comment.
  const entries = Object.entries(json as Record<string, Json>).filter(([name]) => name !== "//");
  return new Map(entries.map(([name, value]) => [name, { value, texts: textsOf(value) }]));
}

/**
 * A variable's value as Terraform would take it, of strings and lists of strings: the environment's `TF_VAR_<name>`, before it that of
 * `terraform.tfvars`, and before that one of `*.auto.tfvars`.
 *
 * @returns undefined where nobody gives one.
 * @throws TerraformError for an expression, whose value only Terraform can tell.
 */
export async function variableValue(
  folder: string,
  name: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | readonly string[] | undefined> {
  const last = await lastGiven(folder, name);
  if (last) {
    const { file, value } = last;
    if (value !== undefined) return textOrList(value);
    throw new TerraformError(
      `${file}: given an expression for ${name}; allowed: a value, which can be compared with the state before anything is planned`,
    );
  }
  const text = environment[`TF_VAR_${name}`];
  return text !== undefined && /^\s*\[/.test(text) ? textOrList((await argumentIn(text))?.value) : text;
}

/** Whether a folder's variable files give a variable a value; a null is none. */
export async function isInFiles(folder: string, name: string): Promise<boolean> {
  const last = await lastGiven(folder, name);
  return last !== undefined && last.value !== null;
}

/** The one that Terraform takes: a later file's goes first, and a null takes back what was given before it. */
async function lastGiven(folder: string, name: string) {
  let last: { readonly file: string; readonly value: Json | undefined } | undefined;
  for (const file of filesIn(folder)) {
    const argument = (await readable(join(folder, file)))?.get(name);
    if (argument) last = { file, value: argument.value };
  }
  return last;
}

/** Terraform turns numbers and truth values into text where text is wanted. */
function textOrList(value: Json | undefined): string | readonly string[] | undefined {
  if (Array.isArray(value)) {
    return value.some((one) => typeof one === "object") ? undefined : value.map(String);
  }
  return value === undefined || typeof value === "object" ? undefined : String(value);
}

/** What Terraform takes the text of an environment variable for, where a list or an object is wanted. */
async function argumentIn(text: string): Promise<Argument | undefined> {
  try {
    return (await readArguments(`value = ${text.trim()}`)).get("value");
  } catch {
    return undefined;
  }
}

async function readable(path: string): Promise<ReadonlyMap<string, Argument> | undefined> {
  try {
    return await readVariableFile(path);
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
export async function valuesInFiles(folder: string, variables: readonly string[]): Promise<string[]> {
  const values: string[] = [];
  for (const file of variables.length > 0 ? filesIn(folder) : []) {
    const path = join(folder, file);
    const found = await readable(path);
    if (!found) values.push(...linesOf(readFileSync(path, "utf8")));
    for (const name of found ? variables : []) {
      const { value, texts = [] } = found?.get(name) ?? {};
      values.push(...(typeof value === "number" ? [String(value)] : texts));
    }
  }
  return values;
}

/** What a text's lines say, without the names that they begin with. */
const linesOf = (text: string): string[] =>
  text.split("\n").flatMap((line) => {
    const said = line.replace(/^\s*["']?[\w-]+["']?\s*[=:]\s*/, "").trim();
    return [said, ...(said.match(/"(?:[^"\\]|\\.)+"?/g) ?? []).map((one) => one.replace(/^"|"$/g, ""))];
  });

/** Texts in a value that an environment variable gives for a list or an object. */
export async function textsInValue(text: string): Promise<readonly string[]> {
  return (/^\s*[[{]/.test(text) && (await argumentIn(text))?.texts) || [];
}
