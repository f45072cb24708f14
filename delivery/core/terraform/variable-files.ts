import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "./state.ts";

/** Files that Terraform reads values of variables from without being told. */
const READ_BY_ITSELF = /^terraform\.tfvars(\.json)?$|\.auto\.tfvars(\.json)?$/;

/**
 * Texts that a folder's variable files give to some variables, as they may be shown. HCL is read as far as a text may stand in it: in
 * quotes, or as a heredoc.
 */
export function valuesInFiles(folder: string, variables: readonly string[]): string[] {
  return readdirSync(folder)
    .filter((name) => READ_BY_ITSELF.test(name))
    .flatMap((name) => {
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
