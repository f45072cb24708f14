import { z } from "zod";
import { OpenSearchRequestError } from "../../core/errors.ts";
import { checked } from "./answers.ts";
import type { Connection } from "./client.ts";

const POLICY_ID = "index.plugins.index_state_management.policy_id";
/** Indices named in one request: its first line may have 4,096 bytes, a name has about 20. */
const MOST_NAMES = 50;

const explainSchema = z
  .looseObject({ total_managed_indices: z.int().optional() })
  .transform(({ total_managed_indices: _, ...indices }) => indices)
  .pipe(z.record(z.string(), z.looseObject({ [POLICY_ID]: z.string().nullish() })));
const addSchema = z.object({
  updated_indices: z.int(),
  failures: z.boolean(),
  failed_indices: z.array(z.object({ index_name: z.string(), reason: z.string() })),
});

/**
 * Gives a policy to indices that are older than it; new ones get it by themselves. One with a policy of somebody's choice keeps it.
 *
 * @param pattern of the indices' names.
 * @returns how many had none.
 * @throws OpenSearchRequestError naming the indices that did not get it, and why.
 */
export async function manageOld(
  connection: Connection,
  pattern: string,
  policy: string,
  checkOnly: boolean,
): Promise<number> {
  const unmanaged = [...(await policiesOf(connection, pattern))]
    .filter(([, its]) => its === undefined)
    .map(([index]) => index);
  if (checkOnly) return unmanaged.length;
  for (let from = 0; from < unmanaged.length; from += MOST_NAMES) {
    const path = `/_plugins/_ism/add/${unmanaged.slice(from, from + MOST_NAMES).join(",")}`;
    const answer = checked(addSchema, `POST ${path}`, await connection.post(path, { policy_id: policy }));
    if (!answer.failures && answer.failed_indices.length === 0) continue;
    // It is answered with 200, and an index that got the same policy meanwhile is among them.
    const now = await policiesOf(connection, pattern);
    const failed = answer.failed_indices.filter(({ index_name: index }) => now.get(index) !== policy);
    if (failed.length === 0 && answer.failed_indices.length > 0) continue;
    const reasons = failed.map(({ index_name: index, reason }) => `\n  ${index}: ${reason.slice(0, 300)}`);
    throw new OpenSearchRequestError(
      `POST /_plugins/_ism/add: policy ${policy} was not given to ${failed.length || "some"} indices ${pattern}, which would never be deleted:${reasons.join("") || "\n  OpenSearch names none"}\nRemedy: mend what is named, and run again.`,
      { status: undefined, cause: answer },
    );
  }
  return unmanaged.length;
}

/** The policy of each index; undefined: it has none. */
async function policiesOf(
  connection: Connection,
  pattern: string,
): Promise<ReadonlyMap<string, string | undefined>> {
  const path = `/_plugins/_ism/explain/${pattern}`;
  const indices = checked(explainSchema, `GET ${path}`, (await connection.get(path)) ?? {});
  return new Map(Object.entries(indices).map(([index, its]) => [index, its[POLICY_ID] ?? undefined]));
}
