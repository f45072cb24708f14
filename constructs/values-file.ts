import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, didYouMean, kindInPlainWords, parseYaml, shown, valueAt } from "@cali/settings";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";

const ROOT = join(import.meta.dirname, "..");

/** A chart's values: what a values file holds. */
export type Values = { readonly [key: string]: unknown };

/** A chart and its version, as in `helm-values/keys/`. */
export interface ChartVersion {
  readonly chart: string;
  /** Exact, such as `0.58.0`. */
  readonly version: string;
}

/**
 * A values file merged with what AWS decides. Every key must be one that this version of the chart has, of its type.
 *
 * @param path from the checkout's root, such as `helm-values/fluent-bit-values.yaml`
 * @param inject goes over the file's values; maps are merged, lists and other values replaced
 * @throws ConfigError with every key that the chart doesn't know or takes another type for, at its line
 */
export function chartValues(chart: ChartVersion, path: string, inject: Values = {}): Values {
  const { value, lineOf } = parseYaml(readFileSync(join(ROOT, path), "utf8"), path);
  const file = value ?? {};
  const values = isMap(file) ? merge(file, inject) : file;
  const schema = keysOf(chart);
  if (compiled(namedIn(values, schema))(values)) return values as Values;
  const check = compiled(schema);
  check(values);
  const problems = (check.errors ?? []).filter(({ keyword }) => !["anyOf", "oneOf"].includes(keyword));
  throw new ConfigError(
    path,
    problems.map((error) => {
      const keys = pathOf(error);
      const inFile = keys.length === 0 || valueAt(file, keys) !== undefined;
      return {
        key: `${keys.join(".")}${inFile ? "" : " (injected by the stack)"}`,
        line: inFile ? lineOf(keys) : undefined,
        ...explain(error, valueAt(values, keys)),
      };
    }),
  );
}

/** Where the keys of a chart are; `npm run charts:keys` writes the file. */
export function keysFile({ chart, version }: ChartVersion): string {
  return `helm-values/keys/${chart}-${version}.json`;
}

type Schema = { readonly properties?: { readonly [key: string]: Schema } };

function keysOf(chart: ChartVersion): Schema {
  const file = keysFile(chart);
  const path = join(ROOT, file);
  if (!existsSync(path)) {
    throw new ConfigError(file, [
      {
        key: "",
        given: "no such file",
        allowed: `the keys of ${chart.chart} ${chart.version}: npm run charts:keys -- FOLDER_OF_THE_CHART`,
      },
    ]);
  }
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The part of a schema that speaks of the values: compiling all of a chart's keys takes a third of the synthesis. */
function namedIn(values: unknown, schema: Schema): Schema {
  const { properties } = schema;
  if (!properties || !isMap(values)) return schema;
  const named = Object.keys(values).filter((key) => Object.hasOwn(properties, key));
  return {
    ...schema,
    properties: Object.fromEntries(named.map((key) => [key, namedIn(values[key], properties[key] ?? {})])),
  };
}

function compiled(schema: Schema): ValidateFunction {
  return new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    verbose: true,
    // That the files in helm-values/keys are schemas is a test's business: asking takes twice what compiling them does.
    meta: false,
    validateSchema: false,
    // A check runs once: optimizing its code takes twice what making it does.
    code: { optimize: false },
  }).compile(schema);
}

function pathOf({ instancePath, keyword, params }: ErrorObject): string[] {
  const path = instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return keyword === "additionalProperties" ? [...path, String(params.additionalProperty)] : path;
}

function explain(error: ErrorObject, given: unknown): { given: string; allowed: string } {
  switch (error.keyword) {
    case "additionalProperties":
      return {
        given: "an unknown key",
        allowed: keysAllowed(Object.keys(error.parentSchema?.properties ?? {}), error),
      };
    case "type":
      return { given: shown(given), allowed: [error.params.type].flat().map(kindInPlainWords).join(", or ") };
    case "enum":
      return { given: shown(given), allowed: error.params.allowedValues.map(JSON.stringify).join(", ") };
    default:
      return { given: shown(given), allowed: error.message ?? error.keyword };
  }
}

function keysAllowed(keys: readonly string[], { params }: ErrorObject): string {
  return `${keys.join(", ") || "no key"}${didYouMean(params.additionalProperty, keys)}`;
}

function merge(base: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isMap(below) && isMap(value) ? merge(below, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
