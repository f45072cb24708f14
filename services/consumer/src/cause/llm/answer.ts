import { cut, withoutControls } from "@cali/base";
import { z } from "zod";
import { redact } from "../../redact/redact.ts";
import { LlmError } from "../errors.ts";

/** As the model is asked to answer. Lengths are checked here: strict schemas of the API know none for texts. */
const wireSchema = z.strictObject({
  known: z.boolean(),
  cause: z.string(),
  action: z.string(),
  link: z.string().nullable(),
});

/** The schema that the API holds the model to. */
export const ANSWER_SCHEMA: Record<string, unknown> = (() => {
  const { $schema: _, ...schema } = z.toJSONSchema(wireSchema);
  return schema;
})();

const LONGEST_WIRE_TEXT = 2_000;
const LONGEST_TEXT = 500;
const LONGEST_LINK = 500;

const limitedSchema = wireSchema.extend({
  cause: z.string().max(LONGEST_WIRE_TEXT),
  action: z.string().max(LONGEST_WIRE_TEXT),
  link: z.string().max(LONGEST_LINK).nullable(),
});

/** A cause that a model proposes; nobody has confirmed it. */
export const proposalSchema = z.strictObject({
  cause: z.string().min(1).max(LONGEST_TEXT),
  action: z.string().min(1).max(LONGEST_TEXT),
  link: z
    .url({ protocol: /^https$/ })
    .max(LONGEST_LINK)
    .optional(),
});
export type Proposal = z.output<typeof proposalSchema>;

/**
 * What an answer proposes; nothing: the model says that it doesn't know.
 *
 * The answer is as hostile as the log text it was made of: what is left is plain text that says nothing to Slack, a browser
 * or a Markdown reader, and at most one link, to one of `linkHosts`.
 *
 * @throws LlmError `broken-answer`
 */
export function readAnswer(
  text: string,
  { restore, linkHosts }: { restore: (text: string) => string; linkHosts: readonly string[] },
): Proposal | undefined {
  const answer = limitedSchema.safeParse(parse(text));
  if (!answer.success) {
    throw new LlmError("broken-answer", `the answer breaks the schema: ${problemsOf(answer.error)}`);
  }
  const { known, cause, action, link } = answer.data;
  if (!known) return undefined;
  const allowed = link === null ? undefined : allowedLink(link, linkHosts);
  const proposal = proposalSchema.safeParse({
    cause: plainText(restore(cause)),
    action: plainText(restore(action)),
    ...(allowed !== undefined && { link: allowed }),
  });
  if (!proposal.success) {
    throw new LlmError("broken-answer", `nothing usable is in the answer: ${problemsOf(proposal.error)}`);
  }
  return proposal.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LlmError("broken-answer", "the answer is no JSON");
  }
}

/** Where it breaks; not what was given, which is hostile. */
const problemsOf = (error: z.ZodError) =>
  error.issues.map(({ path, code }) => `${path.join(".") || "answer"} ${code}`).join(", ");

/** Placeholders that people may see, such as `<email>`. */
const PLACEHOLDER = /<([a-z][a-z-]{0,40})>/g;
const REMOVED = "[link removed]";

/** One paragraph of plain text, without secrets. No more is looked at than the schema lets in: the time is bounded. */
export function plainText(text: string): string {
  const plain = redact(withoutControls(text.slice(0, LONGEST_WIRE_TEXT)))
    .replaceAll(PLACEHOLDER, "[$1]")
    // Slack's <!channel>, <@U123>, <https://…|words>; HTML's tags and comments.
    .replaceAll(/<[^<>]{0,2000}>/g, " ")
    // Markdown's images and links keep their words.
    .replaceAll(/!?\[([^[\]]{0,500})\]\([^()]{0,2000}\)/g, "$1")
    .replaceAll(/[<>`*~|#]|_{2,}/g, " ")
    .replaceAll(/@+(?=[\w[])/g, "")
    .replaceAll(/\b(?:[a-z][a-z0-9+.-]{1,20}:\/\/|www\.)[^\s]{1,2000}/gi, REMOVED)
    .replaceAll(/\b(?:javascript|data|mailto|file|tel|vbscript):[^\s]{1,2000}/gi, REMOVED)
    .replaceAll(/\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}\.[a-z]{2,18}\/[^\s]{0,2000}/gi, REMOVED)
    .replaceAll("://", " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return cut(plain, LONGEST_TEXT);
}

function allowedLink(link: string, hosts: readonly string[]): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const url = new URL(link);
  const isAllowed =
    url.protocol === "https:" &&
    url.port === "" &&
    url.username === "" &&
    url.password === "" &&
    hosts.includes(url.hostname);
  // Where a query leads, or what it carries, nobody knows.
  return isAllowed ? `https://${url.hostname}${url.pathname}` : undefined;
}
