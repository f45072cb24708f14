import { readFileSync } from "node:fs";
import { z } from "zod";
import { TerraformError } from "../errors.ts";
import { parseJson } from "./state.ts";

const instance = z.object({
  index_key: z.union([z.string(), z.int()]).optional(),
  schema_version: z.int().nonnegative(),
  /** Terraform's key of what a replacement has left: the address has another object by now. */
  deposed: z.string().optional(),
  /** `tainted`: its next plan replaces it. */
  status: z.string().optional(),
  attributes: z.record(z.string(), z.json()),
  sensitive_attributes: z.array(z.json()).default([]),
  /** Addresses without keys of what its text refers to. */
  dependencies: z.array(z.string()).optional(),
});

const resource = z.object({
  module: z.string().optional(),
  mode: z.enum(["managed", "data"]),
  type: z.string(),
  name: z.string(),
  provider: z.string(),
  instances: z.array(instance),
});

const stateFileSchema = z.object({
  version: z.literal(4),
  terraform_version: z.string(),
  serial: z.int().nonnegative(),
  lineage: z.string().min(1),
  outputs: z.record(
    z.string(),
    z.object({ value: z.json(), type: z.json().optional(), sensitive: z.boolean().optional() }),
  ),
  resources: z.array(resource),
});

/** A whole Terraform state, format 4, as `terraform state pull` prints it. */
export type StateFile = z.output<typeof stateFileSchema>;
export type StateResource = StateFile["resources"][number];

/**
 * Reads a state from a file.
 *
 * @throws TerraformError when it is not there, or is no state of format 4.
 */
export function readStateFile(path: string): StateFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new TerraformError(
      `${path}: given no file that can be read (${(error as NodeJS.ErrnoException).code}); allowed: a state`,
    );
  }
  return parseStateFile(text, path);
}

/** Reads a state's text. @param path where it is, for the error. @throws TerraformError when it is none of format 4. */
export function parseStateFile(text: string, path: string): StateFile {
  const parsed = stateFileSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "the whole file";
  throw new TerraformError(
    `${path}: given no Terraform state (${where} is not as format 4 has it); allowed: what \`terraform state pull\` prints`,
  );
}

/** Address of a resource, its instances' keys left out: `module.x.aws_s3_bucket.logs`. */
export function addressOf({ module, mode, type, name }: StateResource): string {
  return [module, mode === "data" ? "data" : undefined, type, name].filter(Boolean).join(".");
}
