import type { z } from "zod";
import { OpenSearchRequestError } from "../../core/errors.ts";
import { mismatch } from "../../core/mismatch.ts";

/**
 * An answer of OpenSearch that has the form its API is documented with.
 *
 * @param what the request, such as `GET /_index_template/cali-logs`.
 * @throws OpenSearchRequestError saying what is of another form, and where.
 */
export function checked<T>(schema: z.ZodType<T>, what: string, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new OpenSearchRequestError(
    `${what}: OpenSearch's answer has another form than its API says: ${mismatch(result.error, answer)}\nRemedy: look whether something between here and the domain answers in its place, and which version it is (config: domain.version).`,
    { status: undefined, cause: result.error },
  );
}
