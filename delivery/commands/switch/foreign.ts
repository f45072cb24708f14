import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@cdktf/hcl2json";
import type { Json } from "../../../config/overrides.ts";
import { SwitchError } from "../../core/errors.ts";
import type { JsonObject, StackJson } from "../../core/parity/stack-json.ts";
import { put } from "./parity.ts";

/**
 * Resources that this code never made, and what becomes of them: without their text they are forgotten by the state and stay
 * alive (`removed`, `destroy = false`); with it they come along.
 */
export function forgotten(addresses: readonly string[]): JsonObject {
  const resources = [...new Set(addresses.map((address) => address.replace(/\[.*$/, "")))];
  if (resources.length === 0) return {};
  return { removed: resources.map((from) => ({ from, lifecycle: { destroy: false } })) };
}

/** Blocks that stand under a type and a name, and those under a name alone. */
const TYPED = ["resource", "data"] as const;
const NAMED = ["variable", "output", "module", "provider"] as const;

/**
 * What a folder of hand-written Terraform has beyond the synthesized root: resources, data sources, variables, locals, outputs,
 * modules and providers, as JSON.
 *
 * @throws SwitchError for a file that is no Terraform.
 */
export async function carriedAlong(folder: string, root: StackJson): Promise<JsonObject> {
  const carried: JsonObject = {};
  for (const file of terraformFiles(folder)) {
    const blocks = await parsed(join(folder, file));
    for (const kind of TYPED) {
      for (const [type, byName] of Object.entries(blocks[kind] ?? {})) {
        for (const [name, body] of Object.entries(byName as JsonObject)) {
          if (!root[kind]?.[type]?.[name]) put(carried, [kind, type, name], only(body));
        }
      }
    }
    for (const kind of NAMED) {
      for (const [name, body] of Object.entries(blocks[kind] ?? {})) {
        const known = kind === "module" ? undefined : root[kind]?.[name];
        // A password's default has no place in a file that is committed.
        if (!known) put(carried, [kind, name], kind === "provider" ? body : withoutSecret(only(body)));
      }
    }
    for (const locals of (blocks.locals ?? []) as JsonObject[]) {
      for (const [name, value] of Object.entries(locals)) put(carried, ["locals", name], value);
    }
    for (const terraform of (blocks.terraform ?? []) as JsonObject[]) {
      const providers = ((terraform.required_providers ?? []) as JsonObject[])[0] ?? {};
      for (const [name, desired] of Object.entries(providers)) {
        if (!root.terraform.required_providers[name])
          put(carried, ["terraform", "required_providers", name], desired);
      }
    }
  }
  return carried;
}

function terraformFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".tf"))
      .sort();
  } catch {
    throw new SwitchError(
      `${folder}: given no folder that can be read; allowed: the hand-written project's root`,
    );
  }
}

type Blocks = Record<string, Record<string, Json> | Json[]> &
  Partial<Record<(typeof TYPED)[number], Record<string, Json>>>;

async function parsed(path: string): Promise<Blocks> {
  try {
    return plainNames((await parse(path, readFileSync(path, "utf8"))) as Json) as Blocks;
  } catch {
    throw new SwitchError(
      `${path}: given what Terraform can't read; allowed: HCL. \`terraform validate\` names the line`,
    );
  }
}

/** The one block that stands for a list of one. */
const only = (body: Json): Json => (Array.isArray(body) && body.length === 1 ? (body[0] ?? null) : body);

function withoutSecret(body: Json): Json {
  const isSecret =
    typeof body === "object" && body !== null && !Array.isArray(body) && body.sensitive === true;
  if (!isSecret || !("default" in body)) return body;
  const { default: _, ...rest } = body;
  return rest;
}

/** Arguments that name a type or an address. HCL's JSON has such names plain, the converter as `${…}`. */
const NAMES = new Set([
  "type",
  "depends_on",
  "provider",
  "providers",
  "ignore_changes",
  "replace_triggered_by",
]);

function plainNames(value: Json, isName = false): Json {
  if (typeof value === "string") return isName ? value.replace(/^\$\{(.*)\}$/s, "$1") : value;
  if (Array.isArray(value)) return value.map((item) => plainNames(item, isName));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, plainNames(child, NAMES.has(key))]),
  );
}
