import { createInterface } from "node:readline";
import { letReadersLeave, parseJson } from "@cali/base";
import { parseSettings, readYaml } from "@cali/settings";
import { Command } from "commander";
import { z } from "zod";
import { writeLine } from "../ops/output.ts";
import { Redactor, RULES } from "../redact/redact.ts";
import { redactionSchema, rulesOf } from "../redact/team-rules.ts";

/** The rest of the consumer's file may be incomplete. */
const fileSchema = z.looseObject({ redaction: redactionSchema.prefault({}) });
const lineSchema = z.object({ text: z.string() });

/** Standard input, line by line, with what redaction would take out of it. */
export function redactCommand(): Command {
  return new Command("redact")
    .description(
      "show what redaction would take out of the lines of standard input, and by which rule: ⟦value⟧(rule)",
    )
    .option("-c, --config <file>", "YAML file whose section `redaction` is used. Default: all rules")
    .option("--json", 'read lines of {"text"}, write {"text": redacted, "rules": […]} for each')
    .option("--rules", "list the rules instead: name and what is written instead of a value")
    .action(async ({ config, json, rules }: { config?: string; json?: boolean; rules?: boolean }) => {
      letReadersLeave(() => process.exit(0));
      if (rules) {
        for (const { id, kind } of RULES) process.stdout.write(`${id}\t<${kind}>\n`);
        return;
      }
      const redactor =
        config === undefined
          ? new Redactor()
          : new Redactor(rulesOf(parseSettings(fileSchema, readYaml(config)).redaction));
      let number = 0;
      for await (const line of createInterface({
        input: process.stdin,
        crlfDelay: Number.POSITIVE_INFINITY,
      })) {
        number++;
        await writeLine(json ? inJson(redactor, line, number) : marked(redactor, line));
      }
    });
}

function marked(redactor: Redactor, line: string): string {
  let text = "";
  let after = 0;
  for (const { start, end, rules } of redactor.find(line)) {
    text += `${line.slice(after, start)}⟦${line.slice(start, end)}⟧(${rules.join(", ")})`;
    after = end;
  }
  return text + line.slice(after);
}

function inJson(redactor: Redactor, line: string, number: number): string {
  const given = lineSchema.safeParse(parseJson(line));
  if (!given.success) {
    const shown = redactor.replace(line.slice(0, 100), (kind) => `<${kind}>`);
    return JSON.stringify({ error: `line ${number}: given ${shown}, allowed {"text": "…"}` });
  }
  const { text } = given.data;
  const rules = [...new Set(redactor.find(text).flatMap((finding) => finding.rules))];
  return JSON.stringify({ text: redactor.replace(text, (kind) => `<${kind}>`), rules });
}
