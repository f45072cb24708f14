import { readFileSync } from "node:fs";
import { parse } from "@cdktf/hcl2json";
import { z } from "zod";
import type { Json } from "../../../config/overrides.ts";
import { SwitchError } from "../../core/errors.ts";

const variablesSchema = z.object({
  project_name: z.string().optional(),
  environment: z.string().optional(),
  aws_region: z.string().optional(),
  team_members_arns: z.array(z.string()).optional(),
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
  const values: Record<string, Json> = {};
  for (const path of paths) {
    try {
      const text = readFileSync(path, "utf8");
      Object.assign(values, path.endsWith(".json") ? JSON.parse(text) : await parse(path, text));
    } catch {
      // Neither message of the two parsers is shown: they quote the lines, and a password may stand there.
      throw new SwitchError(
        `${path}: given no readable variables; allowed: a terraform.tfvars or .tfvars.json`,
      );
    }
  }
  // A null is what Terraform takes for a variable that nobody set.
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const parsed = variablesSchema.safeParse(set);
  if (parsed.success) return { variables: parsed.data, values };
  const wrong = parsed.error.issues.map(({ path: key }) => String(key[0])).join(", ");
  throw new SwitchError(
    `${paths.join(", ")}: given another type for ${wrong}; allowed: texts, and a list of ARNs for team_members_arns`,
  );
}
