import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, parseSettings } from "@cali/settings";
import { z } from "zod";

/**
 * A move of 01-07 between the layouts `shared` and `stacks`, which `cali adopt` writes into `config/<environment>.adoption.json`. While
 * it is there, a synth has both sides: the one that takes the objects, with `import` blocks, and the one that gives them.
 */
const adoptionSchema = z.strictObject({
  to: z.enum(["stacks", "shared"]).describe("The layout that takes the objects."),
  step: z
    .enum(["import", "forget"])
    .describe("`import`: both sides have the objects. `forget`: the side that gives them forgets them."),
  lineage: z.string().min(1).describe("Of the one state."),
  objects: z
    .array(
      z.strictObject({
        stack: z.string().describe("Of the layout `stacks`, such as `01-kinesis`."),
        address: z.string().regex(/^[a-z]\w*\.[\w-]+(\[".*"\])?$/s, {
          error: "an address such as aws_s3_bucket.logs, with its key in brackets where it has one",
        }),
        id: z.string().min(1).describe("What the provider imports it by."),
        from: z
          .string()
          .optional()
          .describe(
            "Its address in the one state, where a count gave it another: `aws_iam_role.app_role[0]`.",
          ),
      }),
    )
    .min(1),
});
export type Adoption = z.output<typeof adoptionSchema>;

/** Where an environment's move is written down. */
export const adoptionPath = (environment: string, folder: string) =>
  join(folder, `${environment}.adoption.json`);

/**
 * The move that an environment is in; undefined: none.
 *
 * @param folder where the configuration files are.
 * @throws ConfigError
 */
export function loadAdoption(environment: string, folder: string): Adoption | undefined {
  const path = adoptionPath(environment, folder);
  if (!existsSync(path)) return undefined;
  const file = `config/${environment}.adoption.json`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ConfigError(file, [{ key: "", given: "no JSON", allowed: "what cali adopt writes" }]);
  }
  return parseSettings(adoptionSchema, { file, value });
}

/** An address without the key: `aws_eks_access_entry.team_members`. */
export const resourceOf = (address: string): string => address.replace(/\[.*$/s, "");
