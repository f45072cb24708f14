import { readFileSync } from "node:fs";
import { parseJson } from "@cali/base";
import { z } from "zod";
import { TerraformError } from "../errors.ts";
import { jsonOf, textOf } from "../json-file.ts";

const instance = z.object({
  index_key: z.union([z.string(), z.int()]).optional(),
  schema_version: z.int().nonnegative().default(0),
  /** Terraform's key of what a replacement has left: the address has another object by now. */
  deposed: z.string().optional(),
  /** `tainted`: its next plan replaces it. */
  status: z.string().optional(),
  /** Absent or null where nothing is known of an object, such as one whose creation failed. */
  attributes: z
    .record(z.string(), z.json())
    .nullish()
    .transform((given) => given ?? {}),
  /** Where OpenTofu gives each key a provider of its own; the resource has none then. */
  provider: z.string().optional(),
  sensitive_attributes: z
    .array(z.json())
    .nullish()
    .transform((given) => given ?? []),
  /** Addresses without keys of what its text refers to. */
  dependencies: z.array(z.string()).optional(),
});

const resourceFields = z.object({
  module: z.string().optional(),
  mode: z.enum(["managed", "data"]),
  type: z.string(),
  name: z.string(),
  provider: z.string().default(""),
  instances: z.array(instance),
});

const resource = resourceFields.transform((fields) => ({
  ...fields,
  provider: fields.provider || (fields.instances[0]?.provider ?? ""),
}));

const stateFileSchema = z.object({
  version: z.literal(4),
  terraform_version: z.string().default("of an unknown version"),
  serial: z.int().nonnegative(),
  lineage: z.string().min(1),
  outputs: z
    .record(
      z.string(),
      z.object({ value: z.json(), type: z.json().optional(), sensitive: z.boolean().optional() }),
    )
    .nullish()
    .transform((given) => given ?? {}),
  resources: z
    .array(resource)
    .nullish()
    .transform((given) => given ?? []),
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
    text = jsonOf(textOf(readFileSync(path)));
  } catch (error) {
    throw new TerraformError(
      `${path}: given no file that can be read (${(error as NodeJS.ErrnoException).code}); allowed: a state`,
    );
  }
  return parseStateFile(text, path);
}

/** Reads a state's text. @param path where it is, for the error. @throws TerraformError when it is none of format 4. */
export function parseStateFile(text: string, path: string): StateFile {
  const json = parseJson(text);
  const parsed = stateFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "the whole file";
  const given = documentName(json) ?? `no Terraform state (${where} is not as format 4 has it)`;
  throw new TerraformError(
    `${path}: given ${given}; allowed: what \`terraform state pull\` or \`tofu state pull\` prints`,
  );
}

/** What a document is that is no state of format 4; undefined: it may be meant as one. */
function documentName(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const has = (key: string) => Object.hasOwn(json, key);
  if (has("encrypted_data")) return "a state that OpenTofu has encrypted";
  if (has("backend") && !has("resources")) return "what terraform init keeps of its backend";
  if (has("planned_values") || has("resource_changes")) return "a plan";
  if (has("values")) return "a state as terraform show -json prints it";
  const { version } = json as { version?: unknown };
  if (has("lineage") && typeof version === "number" && version !== 4) return `a state of format ${version}`;
  return undefined;
}

/** Address of a resource, its instances' keys left out: `module.x.aws_s3_bucket.logs`. */
export function addressOf({ module, mode, type, name }: StateResource): string {
  return [module, mode === "data" ? "data" : undefined, type, name].filter(Boolean).join(".");
}
