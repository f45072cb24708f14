/** One statement of an IAM policy. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: "*" | Readonly<Record<string, unknown>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const VERSION = "2012-10-17";

/**
 * A policy document as JSON. Strings, keys too, may hold references.
 *
 * @param encoded values in the statements that are JSON already: references to `jsonencode(…)`, for lists that only
 *   Terraform knows. (A whole document in `jsonencode` would break silently where a key holds a reference.)
 */
export function policyDocument(statements: readonly Statement[], encoded: readonly string[] = []): string {
  // On several lines: cdktf 0.21's HCL renderer turns those into a heredoc, and breaks on the quotes of a single line.
  const text = JSON.stringify({ Version: VERSION, Statement: statements }, null, 2);
  return encoded.reduce((json, value) => json.replaceAll(JSON.stringify(value), value), text);
}

/** Lets an AWS service use a role. */
export function serviceTrust(service: string, condition?: Statement["Condition"]): string {
  return policyDocument([
    {
      Effect: "Allow",
      Principal: { Service: service },
      Action: "sts:AssumeRole",
      ...(condition && { Condition: condition }),
    },
  ]);
}
