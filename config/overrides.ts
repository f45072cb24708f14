import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ConfigError } from "@cali/settings";
import { z } from "zod";

/**
 * The escape hatch: what no key of the configuration can say. `config/<environment>.overrides/<stack>.json` is Terraform's
 * JSON syntax, merged into what the stack synthesizes (JSON Merge Patch, RFC 7396: mappings merge, null removes, everything
 * else replaces; a mapping given for a list of one block merges into that block).
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** By the stack's name. */
export type Overrides = Readonly<Record<string, JsonObject>>;

const overrideSchema = z.strictObject(
  Object.fromEntries(
    [
      "resource",
      "data",
      "provider",
      "variable",
      "locals",
      "output",
      "module",
      "terraform",
      "moved",
      "removed",
      "import",
    ].map((block) => [block, z.union([z.record(z.string(), z.json()), z.array(z.json())]).optional()]),
  ),
);

/**
 * Reads an environment's overrides; an environment without the folder has none.
 *
 * @param folder where the configuration files are.
 * @throws ConfigError for a file that is no JSON, or has a top-level key that Terraform's syntax doesn't know.
 */
export function loadOverrides(environment: string, folder: string): Overrides {
  const place = join(folder, `${environment}.overrides`);
  if (!existsSync(place)) return {};
  return Object.fromEntries(
    readdirSync(place)
      .filter((file) => file.endsWith(".json"))
      .sort()
      .map((file) => [basename(file, ".json"), readOverride(join(place, file), environment)]),
  );
}

function readOverride(path: string, environment: string): JsonObject {
  const file = `config/${environment}.overrides/${basename(path)}`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ConfigError(file, [
      { key: "", given: "no JSON", allowed: "an object in Terraform's JSON syntax" },
    ]);
  }
  const parsed = overrideSchema.safeParse(value);
  if (parsed.success) return parsed.data as JsonObject;
  throw new ConfigError(
    file,
    parsed.error.issues.map((issue) => ({
      key: issue.code === "unrecognized_keys" ? issue.keys.join(", ") : issue.path.join("."),
      given: issue.code === "unrecognized_keys" ? "an unknown key" : "another kind of value",
      allowed: `blocks of Terraform's JSON syntax: ${Object.keys(overrideSchema.shape).join(", ")}`,
    })),
  );
}

/** A value with a patch merged into it. */
export function merged(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  if (Array.isArray(target) && target.length === 1) return [merged(target[0], patch)];
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
