import { messageOf } from "@cali/base";
import { z } from "zod";
import { BucketPolicyError } from "../errors.ts";

const oneOrMore = z.union([z.string(), z.array(z.string())]);

const statementSchema = z.looseObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.string(), z.record(z.string(), oneOrMore)]).optional(),
  Action: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  Condition: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.union([
          z.string(),
          z.boolean(),
          z.number(),
          z.array(z.union([z.string(), z.boolean(), z.number()])),
        ]),
      ),
    )
    .optional(),
});

const policySchema = z.looseObject({
  Statement: z.union([statementSchema.transform((statement) => [statement]), z.array(statementSchema)]),
});

export type Statement = z.output<typeof statementSchema>;
/** A bucket's policy. Keys that are not known here stay in it. */
export type Policy = z.output<typeof policySchema>;

const TLS_ONLY = "TlsOnly";

/**
 * Reads a bucket's policy.
 *
 * @throws BucketPolicyError when the text is no policy document.
 */
export function parsePolicy(text: string, bucket: string): Policy {
  try {
    return policySchema.parse(JSON.parse(text));
  } catch (error) {
    throw new BucketPolicyError(
      `the policy of bucket ${bucket} cannot be read, so nothing can be added to it without loss: ${messageOf(error)}\nRemedy: mend it in S3's console, under Permissions, and run again.`,
      { cause: error },
    );
  }
}

/**
 * The policy with the statement that refuses requests without TLS, after the statements that are there. A statement of
 * the same Sid that doesn't refuse all of them stays, and ours gets a number.
 *
 * @returns undefined when the policy refuses them already.
 */
export function withTlsOnly(policy: Policy | undefined, bucket: string): Policy | undefined {
  const statements = policy?.Statement ?? [];
  const resources = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  if (statements.some((statement) => refusesPlainHttp(statement, resources))) return undefined;
  const sids = new Set(statements.map(({ Sid }) => Sid));
  let sid = TLS_ONLY;
  for (let n = 2; sids.has(sid); n++) sid = `${TLS_ONLY}${n}`;
  return {
    ...(policy ?? { Version: "2012-10-17" }),
    Statement: [
      ...statements,
      {
        Sid: sid,
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: resources,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
}

/** Whether a statement refuses every request without TLS: to everybody, for every action and resource, unconditionally. */
function refusesPlainHttp(statement: Statement, resources: readonly string[]): boolean {
  const { Effect, Principal, Action, Resource, Condition = {} } = statement;
  const everybody = Principal === "*" || (typeof Principal === "object" && list(Principal.AWS).includes("*"));
  const everyAction = list(Action).some((action) => action === "*" || action.toLowerCase() === "s3:*");
  const everyResource =
    list(Resource).includes("*") || resources.every((resource) => list(Resource).includes(resource));
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ operator, key: key.toLowerCase(), values: list(values) })),
  );
  const [condition] = conditions;
  return (
    Effect === "Deny" &&
    everybody &&
    everyAction &&
    everyResource &&
    conditions.length === 1 &&
    condition?.operator === "Bool" &&
    condition.key === "aws:securetransport" &&
    condition.values.some((value) => String(value).toLowerCase() === "false")
  );
}

function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}
