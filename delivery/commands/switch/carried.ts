import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { parse } from "@cdktf/hcl2json";
import type { Json } from "../../../config/overrides.ts";
import { SwitchError } from "../../core/errors.ts";
import type { JsonObject, StackJson } from "../../core/parity/stack-json.ts";
import { mapTexts, unescaped } from "../../core/terraform/hcl.ts";
import type { Program } from "../../core/terraform/programs.ts";
import { put } from "./parity.ts";
import type { Values } from "./variables.ts";

/** What a folder of hand-written Terraform has beyond the synthesized root. */
export interface Carried {
  readonly patch: JsonObject;
  /** Modules and files that it names, as paths in the folder. */
  readonly files: readonly string[];
  /** Secret variables that somebody has to give, as `TF_VAR_<name>`. */
  readonly secrets: readonly string[];
  /** What cannot come along, and why. */
  readonly left: readonly string[];
}

/** Blocks that stand under a type and a name, and those under a name alone. */
const TYPED = ["resource", "data"] as const;
const NAMED = ["variable", "output", "module"] as const;
/** What a root's own objects take over of the text: a plan depends on it, and no state tells it. */
const LIFECYCLE = ["ignore_changes", "create_before_destroy", "prevent_destroy"];
/** Arguments of the provider that the configuration says, or that say who somebody is. */
const PROVIDER_SAYS = new Set(["region", "default_tags", "access_key", "secret_key", "token"]);

/**
 * Reads resources, data sources, variables, locals, outputs, modules and providers that a root has not, as JSON.
 *
 * @param values of the variables; those that are no secrets become defaults.
 * @param program what reads the folder.
 * @throws SwitchError for a file that is no Terraform.
 */
export async function carriedAlong(
  folder: string,
  root: StackJson,
  values: Values,
  program: Program,
): Promise<Carried> {
  const patch: JsonObject = {};
  const secrets: string[] = [];
  for (const file of textFiles(folder, program)) {
    const blocks = await parsed(join(folder, file));
    for (const kind of TYPED) {
      for (const [type, byName] of Object.entries(blocks[kind] ?? {})) {
        for (const [name, given] of Object.entries(byName as JsonObject)) {
          const body = metaArguments(only(given) as JsonObject, ["provider", "depends_on"]);
          const known = root[kind]?.[type]?.[name];
          if (!known) put(patch, [kind, type, name], body);
          else if (kind === "resource") carryLifecycle(patch, [kind, type, name], body);
        }
      }
    }
    for (const kind of NAMED) {
      for (const [name, given] of Object.entries(blocks[kind] ?? {})) {
        if (kind !== "module" && root[kind]?.[name]) continue;
        const body = metaArguments(only(given as Json) as JsonObject, META[kind]);
        if (kind !== "variable") put(patch, [kind, name], body);
        else {
          const { isMissing, variable } = withValue(isJson(file) ? body : literal(body), values[name]);
          put(patch, [kind, name], variable);
          if (isMissing) secrets.push(name);
        }
      }
    }
    for (const [name, given] of Object.entries(blocks.provider ?? {}))
      carryProvider(patch, name, given, root);
    for (const locals of [blocks.locals ?? []].flat() as JsonObject[]) {
      for (const [name, value] of Object.entries(locals)) put(patch, ["locals", name], value);
    }
    for (const terraform of [blocks.terraform ?? []].flat() as JsonObject[]) {
      const providers = (only(terraform.required_providers ?? {}) ?? {}) as JsonObject;
      for (const [name, source] of Object.entries(providers)) {
        if (!root.terraform.required_providers[name])
          put(patch, ["terraform", "required_providers", name], source);
      }
    }
  }
  return { patch, secrets, ...filesOf(patch, folder) };
}

const META = { variable: ["type"], output: ["depends_on"], module: ["providers", "depends_on"] } as const;

function carryLifecycle(patch: JsonObject, path: readonly string[], body: JsonObject): void {
  const own = Object.entries((only(body.lifecycle ?? {}) ?? {}) as JsonObject).filter(([key]) =>
    LIFECYCLE.includes(key),
  );
  if (own.length > 0) put(patch, [...path, "lifecycle"], Object.fromEntries(own));
}

/** Aliases come along whole; of the default provider only what the configuration doesn't say. */
function carryProvider(patch: JsonObject, name: string, given: Json, root: StackJson): void {
  const known = root.provider?.[name];
  const blocks = ([given].flat() as JsonObject[]).flatMap((block) => {
    if (!known || block.alias !== undefined) return [block];
    const own = Object.entries(block).filter(
      ([key]) => !PROVIDER_SAYS.has(key) && !(key in (known[0] ?? {})),
    );
    return own.length > 0 ? [Object.fromEntries(own)] : [];
  });
  const before = ((patch.provider as JsonObject | undefined)?.[name] ?? []) as JsonObject[];
  if (blocks.length > 0) put(patch, ["provider", name], [...before, ...blocks]);
}

/** A secret's value has no place in a file that is committed. */
function withValue(variable: JsonObject, value: Json | undefined) {
  if (variable.sensitive === true) {
    const { default: _, ...rest } = variable;
    return { isMissing: true, variable: rest };
  }
  return { isMissing: false, variable: value === undefined ? variable : { ...variable, default: value } };
}

/** In a variable's block Terraform's JSON has no templates: `$${` stays what it is, and `${` begins none. */
function literal(variable: JsonObject): JsonObject {
  const texts = Object.entries(variable).filter(([key]) => key === "default" || key === "description");
  return {
    ...variable,
    ...Object.fromEntries(texts.map(([key, value]) => [key, mapTexts(value, unescaped)])),
  };
}

/** Where a text names a file or a folder of the project. */
const NAMED_FILE =
  /(?:\$\{path\.(?:module|root)\}|path\.module\}|\b(?:file|templatefile|fileset|file(?:md5|sha1|sha256|sha512|base64|base64sha256))\(\s*\\*")\/?(?:\$\{path\.(?:module|root)\}\/)?([\w./-]+)/g;

function filesOf(patch: JsonObject, folder: string): Pick<Carried, "files" | "left"> {
  const modules = Object.entries((patch.module ?? {}) as Record<string, JsonObject>).flatMap(
    ([name, { source }]) =>
      typeof source === "string" && /^\.\.?\//.test(source) ? [[`module.${name}`, source] as const] : [],
  );
  const named = [...JSON.stringify(patch).matchAll(NAMED_FILE)].map(
    ([, path = ""]) => ["a file", path] as const,
  );
  const files = new Set<string>();
  const left: string[] = [];
  for (const [what, given] of [...modules, ...named]) {
    const path = normalize(given).replace(/\/$/, "");
    if (path.startsWith("..") || path.startsWith("/")) {
      left.push(`${what}: ${given} is outside of the project's folder, and cannot come along`);
    } else if (path !== "." && existsSync(join(folder, path))) files.add(path);
  }
  return { files: [...files].sort(), left };
}

/** Files that a program reads in a folder: OpenTofu takes `main.tofu` in place of `main.tf`. */
function textFiles(folder: string, { command }: Program): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    throw new SwitchError(
      `${folder}: given no folder that can be read; allowed: the hand-written project's root`,
    );
  }
  const isTofu = command === "tofu";
  const read = names.filter((name) => /\.tf(\.json)?$|\.tofu(\.json)?$/.test(name) && !name.startsWith("."));
  return read
    .filter((name) => {
      const other = name.replace(/\.tf(?=(\.json)?$)/, ".tofu");
      return name === other ? isTofu : !isTofu || !read.includes(other);
    })
    .sort();
}

type Blocks = Record<string, Record<string, Json> | Json[]> &
  Partial<Record<(typeof TYPED)[number], Record<string, Json>>>;

const isJson = (path: string) => path.endsWith(".json");

async function parsed(path: string): Promise<Blocks> {
  try {
    const text = readFileSync(path, "utf8");
    return (isJson(path) ? JSON.parse(text) : await parse(path, text)) as Blocks;
  } catch {
    throw new SwitchError(
      `${path}: given what Terraform can't read; allowed: HCL. \`terraform validate\` names the line`,
    );
  }
}

/** The one block that stands for a list of one. */
const only = (body: Json): Json => (Array.isArray(body) && body.length === 1 ? (body[0] ?? null) : body);

/** Arguments that name a type or an address: JSON has such names plain, the converter as `${…}`. */
function metaArguments(body: JsonObject, names: readonly string[]): JsonObject {
  const result = Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, names.includes(key) ? plain(value) : value]),
  );
  const { lifecycle, provisioner } = body;
  if (lifecycle) {
    const { ignore_changes, replace_triggered_by, ...rest } = only(lifecycle) as JsonObject;
    result.lifecycle = {
      ...rest,
      ...(ignore_changes !== undefined && { ignore_changes: plain(ignore_changes) }),
      ...(replace_triggered_by !== undefined && { replace_triggered_by: plain(replace_triggered_by) }),
    };
  }
  if (provisioner && !Array.isArray(provisioner)) {
    result.provisioner = Object.entries(provisioner as JsonObject).flatMap(([kind, blocks]) =>
      ([blocks].flat() as JsonObject[]).map((block) => ({
        [kind]: metaArguments(block, ["when", "on_failure"]),
      })),
    );
  }
  return result;
}

function plain(value: Json): Json {
  if (typeof value === "string") return value.replace(/^\$\{(.*)\}$/s, "$1");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plain(child)]));
}
