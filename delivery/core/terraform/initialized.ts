import { existsSync, readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "@cali/base";
import { z } from "zod";

/** What `terraform init` notes of an S3 backend, with the values that came from its command line. */
const initializedSchema = z.object({
  backend: z.object({
    type: z.literal("s3"),
    config: z.object({
      bucket: z.string().nullish(),
      key: z.string().nullish(),
      region: z.string().nullish(),
      dynamodb_table: z.string().nullish(),
      use_path_style: z.boolean().nullish(),
    }),
  }),
});
type Initialized = z.output<typeof initializedSchema>["backend"]["config"];

/** The S3 backend that a folder of Terraform was initialized with; undefined: it was not, or with another kind. */
export function initializedBackend(folder: string): Initialized | undefined {
  try {
    const text = readFileSync(join(folder, ".terraform/terraform.tfstate"), "utf8");
    return initializedSchema.safeParse(parseJson(text)).data?.backend.config;
  } catch {
    return undefined;
  }
}

/** What `terraform init` notes in its folder, and reads before it does anything else. */
const NOTES = ["terraform.tfstate", "modules/modules.json"];

/**
 * Takes away notes that a killed `terraform init` left half-written. The next one would end with "unexpected end of JSON input", with
 * `-reconfigure` too; without them it makes them anew. What they say stands in the configuration.
 */
export async function removeHalfWritten(folder: string): Promise<void> {
  for (const path of NOTES.map((name) => join(folder, ".terraform", name))) {
    if (existsSync(path) && parseJson(await readFile(path, "utf8")) === undefined) await rm(path);
  }
}
