import type { z } from "zod";

/** Where an answer from outside has another form than expected, what is expected there and what was given, in words. Values are not said. */
export function mismatch(error: z.ZodError, answer: unknown): string {
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  const given = path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    answer,
  );
  const where = path.length > 0 ? path.join(".") : "the answer";
  const expected = issue?.code === "invalid_type" ? issue.expected : "another value";
  return `${where}: given ${kindOf(given)}, expected ${expected}`;
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}
