import { readFileSync } from "node:fs";
import { parse } from "@cdktf/hcl2json";
import { z } from "zod";
import { SwitchError } from "../../core/errors.ts";

const variablesSchema = z.object({
  project_name: z.string().optional(),
  environment: z.string().optional(),
  aws_region: z.string().optional(),
  team_members_arns: z.array(z.string()).optional(),
});

/** What users of the hand-written project set, secrets aside: nothing here reads them. */
export type Variables = z.output<typeof variablesSchema>;

/**
 * Reads a `terraform.tfvars`, or one in JSON.
 *
 * @throws SwitchError when it cannot be read, or a variable that matters has another type.
 */
export async function readVariables(path: string): Promise<Variables> {
  let value: unknown;
  try {
    const text = readFileSync(path, "utf8");
    value = path.endsWith(".json") ? JSON.parse(text) : await parse(path, text);
  } catch {
    // Neither message of the two parsers is shown: they quote the lines, and a password may stand there.
    throw new SwitchError(
      `${path}: given no readable variables; allowed: a terraform.tfvars or .tfvars.json`,
    );
  }
  const parsed = variablesSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path: key }) => String(key[0])).join(", ");
  throw new SwitchError(
    `${path}: given another type for ${wrong}; allowed: texts, and a list of ARNs for team_members_arns`,
  );
}
