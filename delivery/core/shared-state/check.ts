import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { SynthesizedStack } from "../application/application.ts";
import { TerraformError } from "../errors.ts";
import { variableValue } from "../terraform/variable-files.ts";
import { compareWithShared, configurationSchema, type SharedDifferences } from "./compare.ts";

const variablesSchema = z.object({
  project_name: z.string(),
  environment: z.string(),
  aws_region: z.string(),
  team_members_arns: z.array(z.string()).default([]),
});
const declarationsSchema = z.looseObject({
  variable: z.record(z.string(), z.looseObject({ default: z.unknown().optional() })).default({}),
});

/** Whether a stack is the one state of the layout `shared`, which somebody else's Terraform may have made. */
export function isShared({ name }: Pick<SynthesizedStack, "name">): boolean {
  return name === "infra";
}

/**
 * Compares a shared state with what would be planned: the configuration's values, and what `TF_VAR_…` and variable files in the stack's
 * folder say instead.
 *
 * @param resources the state's.
 * @throws TerraformError when the configuration is of another project, environment or region than the state.
 * @returns every other difference, a line each.
 */
export async function checkShared(
  stack: Pick<SynthesizedStack, "name" | "folder">,
  resources: readonly unknown[],
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const { stops, others } = await sharedDifferences(stack, resources, environment);
  if (stops.length > 0) throw new TerraformError(refusal(stack.name, stops));
  return others;
}

/** Why a configuration that is of something else than the state is not planned. */
function refusal(name: string, stops: readonly string[]): string {
  return `${name}: the configuration is not of this state:\n${stops.map((line) => `  ${line}`).join("\n")}\nEverything in it would be destroyed and made anew, so nothing is planned.\nRemedy: ${REMEDY}`;
}

export const REMEDY =
  "put the state's project, environment and region into config/<name>.yaml, or another state's bucket and key into its state.";

/** What differs, for callers with a rendering of their own. */
export async function sharedDifferences(
  { folder }: Pick<SynthesizedStack, "folder">,
  resources: readonly unknown[],
  environment: NodeJS.ProcessEnv,
): Promise<SharedDifferences> {
  const text: unknown = JSON.parse(await readFile(join(folder, "cdk.tf.json"), "utf8"));
  const { variable } = declarationsSchema.parse(text);
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(variablesSchema.shape)) {
    values[name] = (await variableValue(folder, name, environment)) ?? variable[name]?.default;
  }
  const variables = variablesSchema.safeParse(values);
  // A stack without these variables has no names that could be another project's.
  if (!variables.success) return { stops: [], others: [] };
  return compareWithShared(configurationSchema.parse(text), variables.data, resources);
}
