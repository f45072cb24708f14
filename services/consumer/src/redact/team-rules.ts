import { messageOf } from "@cali/base";
import { RE2JS } from "re2js";
import { z } from "zod";
import { RULES } from "./redact.ts";
import type { Rule } from "./rule.ts";

const IDS = new Set(RULES.map(({ id }) => id));
const NAME = /^[a-z][a-z0-9-]{1,40}$/;

const rule = z.strictObject({
  id: z
    .string()
    .regex(NAME, "small letters, digits and hyphens, such as employee-number")
    .refine((id) => !IDS.has(id), "another name: there is a rule of that name")
    .describe("Name of the rule."),
  pattern: z
    .string()
    .min(1)
    .max(1_000)
    .superRefine((pattern, context) => {
      const problem = problemOf(pattern);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .describe("What is secret, in RE2's syntax; with groups, what these match."),
  kind: z
    .string()
    .regex(NAME, "small letters, digits and hyphens, such as employee-number")
    .optional()
    .describe("What is written instead. Default: the rule's name."),
});

/** Which rules redaction goes by. */
export const redactionSchema = z.strictObject({
  off: z
    .array(z.string().refine((id) => IDS.has(id), "a rule's name: `consumer redact --rules` lists them"))
    .default([])
    .describe("Names of rules that are not used. Default: none, all are used."),
  rules: z.array(rule).max(100).default([]).describe("Rules of your own. Default: none."),
});

/** What is wrong with a pattern; nothing: it can be used. */
function problemOf(pattern: string): string | undefined {
  try {
    return RE2JS.compile(pattern).matches("") ? "a pattern that does not match the empty text" : undefined;
  } catch (error) {
    return `a pattern in RE2's syntax (https://github.com/google/re2/wiki/Syntax): ${messageOf(error)}`;
  }
}

/**
 * The rules of a configuration. Patterns of a configuration are matched by RE2's algorithm: whatever they are, the time is linear in
 * the text.
 */
export function rulesOf({ off, rules }: z.output<typeof redactionSchema>): Rule[] {
  const own = rules.map(({ id, pattern, kind = id }): Rule => {
    const compiled = RE2JS.compile(pattern);
    return { id, kind, search: (text) => search(compiled, text) };
  });
  return [...own, ...RULES.filter(({ id }) => !off.includes(id))];
}

function search(pattern: RE2JS, text: string): [number, number][] {
  const found: [number, number][] = [];
  const matcher = pattern.matcher(text);
  while (matcher.find()) {
    const groups = Array.from({ length: matcher.groupCount() }, (_, place) => place + 1);
    const spans = (groups.length > 0 ? groups : [0]).map((group): [number, number] => [
      matcher.start(group),
      matcher.end(group),
    ]);
    found.push(...spans.filter(([start, end]) => start >= 0 && end > start));
  }
  return found;
}
