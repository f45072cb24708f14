import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "./state.ts";

/**
 * A variable's value as Terraform would take it, of strings and lists of strings: the environment's `TF_VAR_<name>`, before it that of
 * `terraform.tfvars`, and before that one of `*.auto.tfvars`.
 *
 * @returns undefined where nobody gives one.
 */
export function variableValue(
  folder: string,
  name: string,
  environment: NodeJS.ProcessEnv,
): string | readonly string[] | undefined {
  const fromFiles = filesIn(folder).map((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    if (file.endsWith(".json")) return (parseJson(text) as Record<string, unknown> | undefined)?.[name];
    return listInHcl(text, name) ?? inHcl(text, [name]).at(-1);
  });
  const given = environment[`TF_VAR_${name}`];
  const fromEnvironment = given === undefined ? undefined : (stringsOf(given.trim()) ?? given);
  const found = [fromEnvironment, ...fromFiles].findLast((value) => value !== undefined);
  if (typeof found === "string") return found;
  return Array.isArray(found) && found.every((one) => typeof one === "string") ? found : undefined;
}

/** In the order in which later ones go first. */
function filesIn(folder: string): string[] {
  const isAutomatic = (name: string) => name.includes(".auto.");
  return readdirSync(folder)
    .filter((name) => READ_BY_ITSELF.test(name))
    .sort((a, b) => Number(isAutomatic(a)) - Number(isAutomatic(b)) || (a < b ? -1 : 1));
}

function listInHcl(text: string, name: string): string[] | undefined {
  const found = [...text.matchAll(new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*(\\[[^\\]]*\\])`, "gm"))].at(-1);
  return found && stringsOf(found[1] ?? "");
}

/** The strings of a list, written as HCL or JSON; undefined: it is no list. */
function stringsOf(text: string): string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  // A comment may have quotes, and a text what looks like a comment.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|#.*|\/\/.*|\/\*[\s\S]*?\*\//g) ?? [];
  return tokens.filter((token) => token.startsWith('"')).map((quoted) => String(parseJson(quoted)));
}

/** Files that Terraform reads values of variables from without being asked to. */
const READ_BY_ITSELF = /^terraform\.tfvars(\.json)?$|\.auto\.tfvars(\.json)?$/;

/**
 * Texts that a folder's variable files give to some variables, as they may be shown. HCL is read as far as a text may stand in it: in
 * quotes, or as a heredoc.
 */
export function valuesInFiles(folder: string, variables: readonly string[]): string[] {
  return filesIn(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    return name.endsWith(".json") ? inJson(text, variables) : inHcl(text, variables);
  });
}

function inJson(text: string, variables: readonly string[]): string[] {
  const values = parseJson(text);
  if (typeof values !== "object" || values === null) return [];
  return Object.entries(values)
    .filter(([name, value]) => variables.includes(name) && typeof value === "string")
    .map(([, value]) => value as string);
}

function inHcl(text: string, variables: readonly string[]): string[] {
  return variables.flatMap((variable) => {
    const quoted = [
      ...text.matchAll(new RegExp(`^[ \\t]*${variable}[ \\t]*=[ \\t]*("(?:[^"\\\\\\n]|\\\\.)*")`, "gm")),
    ];
    const heredocs = [
      ...text.matchAll(
        new RegExp(`^[ \\t]*${variable}[ \\t]*=[ \\t]*<<-?(\\w+)\\n([\\s\\S]*?)\\n[ \\t]*\\1$`, "gm"),
      ),
    ];
    return [
      // HCL's quoting is JSON's, but for what would be an interpolation.
      ...quoted.flatMap(([, literal = ""]) => [
        literal.slice(1, -1),
        String(parseJson(literal.replaceAll("$${", "${").replaceAll("%%{", "%{")) ?? ""),
      ]),
      ...heredocs.map(([, , body = ""]) => body),
    ];
  });
}
