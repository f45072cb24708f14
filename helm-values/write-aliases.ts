import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { continuationRules, luaTables } from "@cali/log-record";

/**
 * `npm run fluent-bit:aliases`: writes what Fluent Bit shares with packages/log-record into `fluent-bit-values.yaml`: the table of
 * aliases for its Lua, and the rules that join lines.
 */
const FILE = join(import.meta.dirname, "fluent-bit-values.yaml");

/** A block of the file between two marks, anew. */
function replaced(text: string, mark: string, lines: string): string {
  const block = new RegExp(`( *)(-- |# )<${mark}>\\n[^]*?(?= *(?:-- |# )</${mark}>)`);
  const indent = block.exec(text)?.[1];
  if (indent === undefined) throw new Error(`${FILE}: given no <${mark}>, allowed one with its end`);
  return text.replace(block, (_, _indent: string, sign: string) => {
    const body = lines.split("\n").map((line) => `${indent}${line}\n`);
    return `${indent}${sign}<${mark}>\n${body.join("")}`;
  });
}

/** The values file as it should be. */
export function withAliases(text: string): string {
  return replaced(replaced(text, "aliases", luaTables()), "rules", continuationRules());
}

if (import.meta.filename === process.argv[1]) writeFileSync(FILE, withAliases(readFileSync(FILE, "utf8")));
