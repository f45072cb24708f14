import type { YAMLParseError } from "yaml";
import type { z } from "zod";
import { didYouMean } from "./nearest.ts";

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a section with keys of its own",
  record: "a section with keys of its own",
  date: "a time",
  null: "nothing",
};
/** What a kind of value is called. @param kind the validator's name of it, or JSON Schema's */
export const kindInPlainWords = (kind: string) =>
  KINDS[kind === "integer" ? "int" : kind] ?? "another kind of value";

const SIZES: Readonly<Record<string, [what: string, unit: string]>> = {
  string: ["a text of ", " characters"],
  array: ["a list of ", " entries"],
  number: ["a number of ", ""],
  int: ["a number of ", ""],
};
const FORMATS: Readonly<Record<string, string>> = {
  url: "an address such as https://example.com",
  datetime: "a time such as 2026-01-31T10:00:00Z",
  email: "an e-mail address",
};

/** What is allowed where a value is refused, in words of people rather than of the validator. */
export function allowedInPlainWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "string" && ["number", "boolean"].includes(typeof issue.input)
        ? "a text; put it in quotes"
        : kindInPlainWords(issue.expected);
    case "too_small":
    case "too_big": {
      const [bound, atBound, beyond] =
        issue.code === "too_small"
          ? [issue.minimum, "at least", "more than"]
          : [issue.maximum, "at most", "less than"];
      const [what, unit] = SIZES[issue.origin] ?? ["", ""];
      return `${what}${issue.inclusive === false ? beyond : atBound} ${bound}${unit}`;
    }
    case "invalid_format":
      return issue.format === "regex"
        ? `a text of the form ${issue.pattern}`
        : (FORMATS[issue.format] ?? `a text of the form ${issue.format}`);
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_value":
      return oneOf(issue.values.map(String), issue.input);
    case "invalid_union": {
      if (issue.discriminator !== undefined) {
        const { discriminator, input } = issue;
        const values = [
          ...((issue.inst as z.core.$ZodDiscriminatedUnion | undefined)?._zod.propValues[discriminator] ??
            []),
        ].map(String);
        return oneOf(values, (input as Record<string, unknown>)[discriminator]);
      }
      const forms = issue.errors.flat().filter(({ path }) => path.length === 0);
      return (
        [...new Set(forms.map(({ message }) => message))].join(", or ") ||
        "one of the forms that are described"
      );
    }
    case "invalid_key":
      return `another key: ${issue.issues.map(({ message }) => message).join(", ")}`;
    case "invalid_element":
      return "another entry";
    default:
      return undefined;
  }
}

const oneOf = (values: readonly string[], given: unknown) =>
  `${values.length === 1 ? "" : "one of "}${values.join(", ")}${didYouMean(given, values)}`;

const YAML_ERRORS: Readonly<Partial<Record<YAMLParseError["code"], string>>> = {
  BAD_ALIAS: "an alias without the name of an anchor",
  BAD_DQ_ESCAPE: "an escape that double quotes do not know; single quotes take everything as it is",
  BAD_INDENT: "a line that is indented otherwise than its neighbours",
  BAD_SCALAR_START: "a text that begins with a character of YAML's own; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a second colon in a line; put the text in quotes",
  BLOCK_IN_FLOW: "an indented section within brackets",
  DUPLICATE_KEY: "a key that is there already",
  KEY_OVER_1024_CHARS: "a key of more than 1,024 characters",
  MISSING_CHAR: "a bracket or quote that is not closed, or a missing blank or comma",
  MULTILINE_IMPLICIT_KEY: "a key that goes on in the next line",
  MULTIPLE_DOCS: "a second document; a configuration is one",
  NON_STRING_KEY: "a key that is no text",
  TAB_AS_INDENT: "a tab in front of a key; YAML is indented with blanks",
  TAG_RESOLVE_FAILED: "a tag that is not known",
  UNEXPECTED_TOKEN: "something that cannot stand here",
};

/** What a YAML file has where it cannot be read. */
export const yamlInPlainWords = ({ code }: YAMLParseError) =>
  YAML_ERRORS[code] ?? "something that is no YAML";
