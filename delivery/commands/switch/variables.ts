import { z } from "zod";
import type { Json } from "../../../config/overrides.ts";
import { SwitchError } from "../../core/errors.ts";
import { readVariableFile } from "../../core/terraform/variable-files.ts";

/** Terraform turns numbers and truth values into text where text is wanted. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const variablesSchema = z.object({
  project_name: text.optional(),
  environment: text.optional(),
  aws_region: text.optional(),
  team_members_arns: z.array(text).optional(),
});

/** What users of the hand-written project set, as far as it is known here; secrets are not looked at. */
export type Variables = z.output<typeof variablesSchema>;

/** Every variable's value, by name. */
export type Values = Readonly<Record<string, Json>>;

/**
 * Reads variable files as Terraform would: what a later one says goes first.
 *
 * @param paths each a `terraform.tfvars`, or one in JSON.
 * @throws SwitchError when one cannot be read, or a variable that matters has another type.
 */
export async function readVariables(
  paths: readonly string[],
): Promise<{ variables: Variables; values: Values }> {
  const values: Values = Object.assign({}, ...(await Promise.all(paths.map(valuesOf))));
  // A null is what Terraform takes for a variable that nobody set.
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const parsed = variablesSchema.safeParse(set);
  if (parsed.success) return { variables: parsed.data, values };
  const wrong = [...new Set(parsed.error.issues.map(({ path: key }) => String(key[0])))].join(", ");
  throw new SwitchError(
    `${paths.join(", ")}: given another type for ${wrong}; allowed: texts, and a list of ARNs for team_members_arns`,
  );
}

async function valuesOf(path: string): Promise<Values> {
  try {
    const found = [...(await readVariableFile(path))];
    const expressions = found.filter(([, { value }]) => value === undefined).map(([name]) => name);
    if (expressions.length === 0) {
      return Object.fromEntries(found.map(([name, { value }]) => [name, value ?? null]));
    }
    throw new SwitchError(`${path}: given an expression for ${expressions.join(", ")}; allowed: values`);
  } catch (error) {
    if (error instanceof SwitchError) throw error;
    // Of a file that cannot be read, the system's own word.
    const why = error instanceof SyntaxError ? error.message : (error as NodeJS.ErrnoException).code;
    throw new SwitchError(
      `${path}: given no readable variables (${why}); allowed: a terraform.tfvars or .tfvars.json`,
    );
  }
}
