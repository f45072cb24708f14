import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { ConfigError, parseSettings, parseYaml } from "@cali/settings";
import { z } from "zod";

/**
 * The escape hatch: what no key of the configuration can say. `config/<environment>.overrides/<stack>.json` is Terraform's
 * JSON syntax, merged into what the stack synthesizes (JSON Merge Patch, RFC 7396: mappings merge, null removes, everything
 * else replaces; a mapping given for a list of one block merges into that block; a provider's blocks are matched by their alias, and one
 * of a new alias is added). Modules and files that these name lie beside it, in `config/<environment>.overrides/<stack>/`, and are copied
 * into the stack's folder.
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
      .map((file) => {
        const stack = basename(file, ".json");
        const files = digests(join(place, stack), environment);
        const patch = readOverride(join(place, file), environment);
        // A change of a file is a change of the stack.
        return [stack, Object.keys(files).length > 0 ? { ...patch, "//": { files } } : patch];
      }),
  );
}

/** Copies what lies beside the overrides into the synthesized stacks' folders. @param outdir of the synth */
export function copyOverrideFiles(environment: string, folder: string, outdir: string): void {
  const place = join(folder, `${environment}.overrides`);
  if (!existsSync(place)) return;
  for (const stack of readdirSync(place, { withFileTypes: true })) {
    const target = join(outdir, "stacks", stack.name);
    if (!stack.isDirectory() || !existsSync(target)) continue;
    for (const name of readdirSync(join(place, stack.name))) {
      rmSync(join(target, name), { recursive: true, force: true });
      cpSync(join(place, stack.name, name), join(target, name), { recursive: true });
    }
  }
}

/** SHA-256 of each file in a stack's folder of files, by path. */
function digests(folder: string, environment: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
      .map((path) => {
        // Terraform would read it unseen by everything that looks at the synthesized JSON.
        if (/^[^/]*\.(tf|tf\.json|tfvars|tfvars\.json)$/.test(path)) {
          throw new ConfigError(`config/${environment}.overrides/${basename(folder)}/${path}`, [
            {
              key: "",
              given: "a file that Terraform reads by itself",
              allowed: `modules in folders, and other files; resources go into ${basename(folder)}.json`,
            },
          ]);
        }
        return [
          path,
          createHash("sha256")
            .update(readFileSync(join(folder, path)))
            .digest("hex"),
        ];
      }),
  );
}

function readOverride(path: string, environment: string): JsonObject {
  const file = `config/${environment}.overrides/${basename(path)}`;
  const text = readFileSync(path, "utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(file, [
      { key: "", given: "no JSON", allowed: "an object in Terraform's JSON syntax" },
    ]);
  }
  // JSON is YAML, whose reader knows the lines, and refuses a key that stands twice.
  return parseSettings(overrideSchema, { ...parseYaml(text, file), value }) as JsonObject;
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

/** A stack's JSON with its overrides merged in. */
export function overridden(stack: Json, { provider, ...patch }: JsonObject): Json {
  const result = merged(stack, patch);
  if (!isObject(result) || !isObject(provider)) return result;
  const before = isObject(result.provider) ? result.provider : {};
  const after = Object.entries(provider)
    .filter(([, given]) => given !== null)
    .map(([name, given]) => [name, providerBlocks(before[name], given)]);
  const kept = Object.entries(before).filter(([name]) => provider[name] !== null);
  return { ...result, provider: { ...Object.fromEntries(kept), ...Object.fromEntries(after) } };
}

function providerBlocks(target: Json | undefined, patch: Json): Json[] {
  const blocks = [target ?? []].flat();
  const aliasOf = (block: Json) => (isObject(block) ? block.alias : undefined);
  for (const one of [patch].flat()) {
    const place = blocks.findIndex((block) => aliasOf(block) === aliasOf(one));
    if (place < 0) blocks.push(one);
    else blocks[place] = merged(blocks[place], one);
  }
  return blocks;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
