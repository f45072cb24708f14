import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { keysFile } from "../constructs/values-file.ts";

/**
 * `npm run charts:keys -- FOLDER…`: writes the keys that a chart knows to `keys/<chart>-<version>.json`.
 *
 * The result is a small JSON Schema: names and types, nothing else. Of a chart with a `values.schema.json` it is that schema
 * without its texts; of another it is what its `values.yaml` and its templates name.
 */

type Schema = Record<string, unknown>;

/** Kubernetes' own objects: whatever their default holds, any of their fields may be set. The manifests are checked instead. */
const KUBERNETES =
  /annotations|labels|selector|resources|affinity|securityContext|requests|limits|probe|strategy|headers|^env$|^data$/i;
/** What of a chart's schema says which keys there are and of which type. */
const KEPT = ["type", "enum", "minimum", "maximum", "pattern"];

const chartSchema = z.object({
  name: z.string(),
  version: z.string(),
  dependencies: z.array(z.object({ name: z.string(), alias: z.string().optional() })).default([]),
});
const requirementsSchema = chartSchema.pick({ dependencies: true });

function main(folders: readonly string[]): void {
  if (folders.length === 0)
    throw new Error("charts:keys: given nothing; allowed: one or more folders of charts");
  for (const folder of folders) {
    const { name, version } = readYaml(join(folder, "Chart.yaml"), chartSchema);
    const file = keysFile({ chart: name, version });
    writeFileSync(join(import.meta.dirname, "..", file), `${JSON.stringify(keysOf(folder), null, 1)}\n`);
    console.log(file);
  }
}

/** The schema of a chart's values, those of its subcharts included. */
export function keysOf(folder: string): Schema {
  const schemaFile = join(folder, "values.schema.json");
  const schema = existsSync(schemaFile)
    ? reduce(JSON.parse(readFileSync(schemaFile, "utf8")))
    : schemaFromDefaults(folder);
  const properties = schema.properties as Record<string, Schema>;
  for (const [name, subchart] of subcharts(folder)) properties[name] = subchart;
  properties.global ??= {};
  return schema;
}

/** Only names and types: no text of a schema's author is kept. */
function reduce(node: unknown): Schema {
  if (typeof node !== "object" || node === null) return {};
  const from = node as Schema;
  const to: Schema = Object.fromEntries(KEPT.filter((key) => key in from).map((key) => [key, from[key]]));
  // What a schema refers to (`$ref`) are Kubernetes' own objects, and left open.
  if (isMap(from.properties)) to.properties = mapValues(from.properties, reduce);
  for (const key of ["additionalProperties", "items"]) {
    const child = from[key];
    if (child !== undefined) to[key] = typeof child === "boolean" ? child : reduce(child);
  }
  for (const key of ["anyOf", "oneOf"]) {
    const children = from[key];
    if (Array.isArray(children)) to[key] = children.map(reduce);
  }
  return to;
}

function schemaFromDefaults(folder: string): Schema {
  const defaults = z.record(z.string(), z.unknown()).parse(parse(read(join(folder, "values.yaml"))) ?? {});
  const schema = schemaOf(defaults);
  for (const path of readPaths(folder)) addPath(schema, path);
  for (const path of openPaths(folder)) open(schema, path);
  // Keys with a dot in them: `index .Values "grafana.ini"`, which is gone through key by key.
  for (const [, key = ""] of templates(folder).matchAll(/index \.Values "([^"]+)"/g)) open(schema, [key]);
  return schema;
}

function schemaOf(value: unknown): Schema {
  if (Array.isArray(value)) return { type: ["array", "null"] };
  if (isMap(value)) {
    if (Object.keys(value).length === 0) return { type: ["object", "null"] };
    return {
      type: ["object", "null"],
      properties: Object.fromEntries(
        Object.entries(value).map(([key, child]) => [key, KUBERNETES.test(key) ? {} : schemaOf(child)]),
      ),
      additionalProperties: false,
    };
  }
  // Templates print a number where they print a text, so either may be set; a switch is a switch.
  if (typeof value === "boolean") return { type: ["boolean", "null"] };
  if (typeof value === "string" || typeof value === "number") return { type: ["string", "number", "null"] };
  return {};
}

const VALUE = String.raw`\.Values\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)`;

/** Keys that the defaults only mention in a comment: what the templates read. */
const readPaths = (folder: string) => pathsInTemplates(folder, new RegExp(VALUE, "g"));

/** Maps that templates print as they are, or go through key by key: any key may be set in them. */
const openPaths = (folder: string) =>
  pathsInTemplates(folder, new RegExp(String.raw`(?:toYaml\s+|range\s+\$\w+,\s*\$\w+\s*:=\s*)${VALUE}`, "g"));

function pathsInTemplates(folder: string, pattern: RegExp): string[][] {
  const paths = [...templates(folder).matchAll(pattern)].map(([, path = ""]) => path);
  return [...new Set(paths)].sort().map((path) => path.split("."));
}

const templates = (folder: string) =>
  globSync(join(folder, "templates/**/*.{yaml,tpl,txt}")).sort().map(read).join("\n");

function addPath(schema: Schema, [key = "", ...rest]: readonly string[]): void {
  const properties = schema.properties as Record<string, Schema> | undefined;
  if (!properties) return;
  const child = properties[key] ?? {};
  properties[key] = child;
  if (rest.length > 0) addPath(child, rest);
}

function open(schema: Schema, [key = "", ...rest]: readonly string[]): void {
  const properties = schema.properties as Record<string, Schema> | undefined;
  const child = properties?.[key];
  if (!properties || !child) return;
  if (rest.length > 0) open(child, rest);
  else properties[key] = {};
}

/** Subcharts that are unpacked in `charts/`; of the others any key may be set. */
function subcharts(folder: string): Map<string, Schema> {
  const { dependencies } = readYaml(join(folder, "Chart.yaml"), chartSchema);
  const old = join(folder, "requirements.yaml");
  const all = [...dependencies, ...(existsSync(old) ? readYaml(old, requirementsSchema).dependencies : [])];
  const unpacked = existsSync(join(folder, "charts")) ? readdirSync(join(folder, "charts")) : [];
  return new Map(
    all.map(({ name, alias }) => [
      alias ?? name,
      unpacked.includes(name)
        ? { ...keysOf(join(folder, "charts", name)), additionalProperties: true }
        : { type: ["object", "null"] },
    ]),
  );
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const mapValues = (map: Record<string, unknown>, change: (value: unknown) => Schema) =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));

const read = (file: string) => readFileSync(file, "utf8");

function readYaml<T>(file: string, schema: z.ZodType<T>): T {
  return schema.parse(parse(read(file)));
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2));
