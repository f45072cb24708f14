import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { luaRules } from "../services/consumer/src/redact/lua.ts";

/** `npm run fluent-bit:redaction`: writes the consumer's rules that Lua can have into `fluent-bit-redact.lua`. */
const FILE = join(import.meta.dirname, "fluent-bit-redact.lua");

/** The file as it should be. */
export const withRules = (text: string): string =>
  text.replace(/(?<=-- <rules>\n)[\s\S]*?(?=-- <\/rules>)/, () => `${luaRules().text}\n`);

if (import.meta.filename === process.argv[1]) writeFileSync(FILE, withRules(readFileSync(FILE, "utf8")));
