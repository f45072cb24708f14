import { readFileSync } from "node:fs";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { ConfigError } from "../core/errors.ts";
import { allowedInPlainWords, yamlInPlainWords } from "./plain-words.ts";
import { type ConsumerConfig, configSchema, SECRET_KEYS } from "./schema.ts";

export { type ConsumerConfig, type ConsumerConfigInput, secretsOf } from "./schema.ts";

interface Leaf {
  path: string[];
  /** `CALI_KINESIS_POLL_INTERVAL_MS` */
  variable: string;
  kind: "number" | "text";
}

interface Source {
  values: Record<string, unknown>;
  problems: string[];
  /** Where a key stands: `consumer.yaml:3 kinesis.stream`. */
  where(path: readonly PropertyKey[]): string;
}

/**
 * Reads the YAML file (if one is given) and the environment, which goes before it.
 * @throws ConfigError with every problem at once: where, given, allowed
 */
export function loadConfig(file: string | undefined, env: NodeJS.ProcessEnv = process.env): ConsumerConfig {
  const source = file === undefined ? empty() : readYaml(file);
  const set = overlay(source, env);
  return validate(source, set);
}

/** Checks a configuration that a program made. @throws ConfigError */
export function parseConfig(input: unknown): ConsumerConfig {
  return validate({ ...empty(), values: (input ?? {}) as Record<string, unknown> }, new Map());
}

/**
 * One section of a configuration file; the rest of the file may be incomplete.
 * @throws ConfigError with every problem of the section at once
 */
export function loadSection<T extends z.ZodType>(file: string, name: string, schema: T): z.output<T> {
  const source = readYaml(file);
  const result = schema.safeParse(source.values[name], { reportInput: true, error: allowedInPlainWords });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) =>
    describe({ ...issue, path: [name, ...issue.path] } as z.core.$ZodIssue, source, new Map()),
  );
  throw new ConfigError(`the configuration has ${problems.length} problem(s):\n  ${problems.join("\n  ")}`);
}

/** Every key that the environment can say, with its variable and what it means. */
export function configKeys(): { key: string; variable: string; description: string }[] {
  return leaves().map(({ path, variable }) => ({
    key: path.join("."),
    variable,
    description: descriptionAt(path) ?? "",
  }));
}

const empty = (): Source => ({ values: {}, problems: [], where: named });

/** `kinesis.stream (CALI_KINESIS_STREAM)`, for what the environment can say. */
const named = (path: readonly PropertyKey[]) => {
  const key = path.join(".");
  const leaf = leaves().find((one) => one.path.join(".") === key);
  return leaf ? `${key} (${leaf.variable})` : key;
};

function validate(source: Source, set: Map<string, string>): ConsumerConfig {
  const result = configSchema.safeParse(source.values, { reportInput: true, error: allowedInPlainWords });
  const problems = [...source.problems];
  for (const issue of result.error?.issues ?? []) problems.push(...describe(issue, source, set));
  if (!result.success || problems.length > 0) {
    throw new ConfigError(`the configuration has ${problems.length} problem(s):\n  ${problems.join("\n  ")}`);
  }
  return result.data;
}

function describe(issue: z.core.$ZodIssue, source: Source, set: Map<string, string>): string[] {
  if (issue.code === "unrecognized_keys") {
    const allowed = Object.keys(shapeAt(issue.path)).join(", ");
    return issue.keys.map(
      (key) => `${source.where([...issue.path, key])}: given an unknown key, allowed ${allowed}`,
    );
  }
  const name = issue.path.join(".");
  const where = set.get(name) ?? source.where(issue.path);
  const secret = SECRET_KEYS.includes(name);
  const given = issue.input === undefined ? "nothing" : secret ? "[redacted]" : shown(issue.input);
  const description = descriptionAt(issue.path);
  // An entry of a list, or one of several keys, has no one form.
  const isOneKey = issue.code !== "custom" && issue.path.every((part) => typeof part === "string");
  const write = issue.input === undefined && isOneKey ? `; write ${written(issue.path)}` : "";
  return [
    `${where}: given ${given}, allowed: ${issue.message}${description ? ` (${description})` : ""}${write}`,
  ];
}

/** A key as YAML has it: `kinesis: { stream: … }`. */
const written = ([head, ...rest]: readonly PropertyKey[]): string =>
  `${String(head)}: ${rest.length > 0 ? `{ ${written(rest)} }` : "…"}`;

const shown = (value: unknown) => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
};

function readYaml(file: string): Source {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${file}: the configuration file cannot be read: ${(error as Error).message}`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(
      (e) => `${file}:${e.linePos?.[0].line ?? 1}: given ${yamlInPlainWords(e)}`,
    );
    throw new ConfigError(`the configuration is no YAML with each key once:\n  ${problems.join("\n  ")}`);
  }
  const values = valuesOf(document, file);
  if (typeof values !== "object" || Array.isArray(values)) {
    throw new ConfigError(
      `${file}: given ${shown(values)}, allowed a map of ${Object.keys(configSchema.shape).join(", ")}`,
    );
  }
  const where = (path: readonly PropertyKey[]) => `${file}:${lineOf(document, lines, path)} ${named(path)}`;
  const problems = SECRET_KEYS.filter((key) => document.hasIn(key.split("."))).map(
    (key) =>
      `${where(key.split("."))}: given a secret, allowed only ${variableOf(key.split("."))} or ${variableOf(key.split("."))}_FILE`,
  );
  return { values: values as Record<string, unknown>, problems, where };
}

/** Aliases are followed, but not more of them than a person writes: each could stand for all before it. */
function valuesOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    throw new ConfigError(
      `${file}: given aliases (*name) that no anchor (&name) stands before, or that become too much when they are written out; allowed: anchors first, and at most 100 aliases in all`,
    );
  }
}

/** The line of the key, or of the nearest map around it. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** Puts the environment's values over the file's; returns which variable a key came from. */
function overlay(source: Source, env: NodeJS.ProcessEnv): Map<string, string> {
  const set = new Map<string, string>();
  const known = new Map<string, Leaf>(leaves().map((leaf) => [leaf.variable, leaf]));
  for (const [variable, leaf] of known) {
    const raw = env[variable] ?? readSecret(variable, leaf, env, source) ?? fallback(leaf, env, source);
    if (raw === undefined || raw === "") continue;
    set.set(leaf.path.join("."), variable);
    assign(source.values, leaf.path, leaf.kind === "number" && raw.trim() !== "" ? asNumber(raw) : raw);
  }
  const sections = Object.keys(configSchema.shape).map((name) => variableOf([name]));
  for (const variable of Object.keys(env)) {
    const section = sections.find((one) => variable === one || variable.startsWith(`${one}_`));
    if (section === undefined || known.has(variable) || isSecretFile(variable)) continue;
    const allowed = [...known.keys()].filter((one) => one.startsWith(section));
    source.problems.push(`${variable}: given an unknown variable, allowed ${allowed.join(", ")}`);
  }
  return set;
}

const isSecretFile = (variable: string) =>
  SECRET_KEYS.some((key) => variable === `${variableOf(key.split("."))}_FILE`);

function readSecret(
  variable: string,
  leaf: Leaf,
  env: NodeJS.ProcessEnv,
  source: Source,
): string | undefined {
  const file = SECRET_KEYS.includes(leaf.path.join(".")) ? env[`${variable}_FILE`] : undefined;
  if (file === undefined || file === "") return undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    source.problems.push(
      `${variable}_FILE: given ${shown(file)}, allowed a readable file: ${(error as Error).message}`,
    );
    return undefined;
  }
}

/** Variables that other programs know, too; they go behind the file. */
const FALLBACKS: Readonly<Record<string, string>> = {
  CALI_REGION: "AWS_REGION",
  CALI_LLM_API_KEY: "OPENAI_API_KEY",
  CALI_LLM_BASE_URL: "OPENAI_BASE_URL",
};

function fallback({ variable, path }: Leaf, env: NodeJS.ProcessEnv, source: Source): string | undefined {
  const name = FALLBACKS[variable];
  return name !== undefined && valueAt(source.values, path) === undefined ? env[name] : undefined;
}

const valueAt = (values: unknown, path: readonly string[]): unknown =>
  path.reduce((inner: unknown, part) => (inner as Record<string, unknown> | undefined)?.[part], values);

/** A text that is no number stays a text, which the schema then refuses as it was given. */
const asNumber = (raw: string) => (Number.isNaN(Number(raw)) ? raw : Number(raw));

function assign(target: Record<string, unknown>, path: string[], value: unknown): void {
  const [head = "", ...rest] = path;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const inner = target[head];
  const map = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
  target[head] = map;
  assign(map, rest, value);
}

const variableOf = (path: readonly string[]) =>
  `CALI_${path.map((part) => part.replace(/([A-Z])/g, "_$1").toUpperCase()).join("_")}`;

function leaves(shape: z.ZodRawShape = configSchema.shape, path: string[] = []): Leaf[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const inner = unwrap(schema as z.ZodType);
    const here = [...path, name];
    if (inner instanceof z.ZodObject) return leaves(inner.shape, here);
    if (inner instanceof z.ZodArray || inner instanceof z.ZodRecord) return [];
    return [
      { path: here, variable: variableOf(here), kind: inner instanceof z.ZodNumber ? "number" : "text" },
    ];
  });
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}

function schemaAt(path: readonly PropertyKey[]): z.ZodType | undefined {
  let schema: z.ZodType | undefined = configSchema;
  for (const part of path) {
    const inner: z.ZodType | undefined = schema && unwrap(schema);
    if (inner instanceof z.ZodObject) schema = inner.shape[String(part)] as z.ZodType | undefined;
    else if (inner instanceof z.ZodArray) schema = inner.element as z.ZodType;
    else return undefined;
  }
  return schema;
}

function shapeAt(path: readonly PropertyKey[]): z.ZodRawShape {
  const schema = schemaAt(path);
  const inner = schema && unwrap(schema);
  return inner instanceof z.ZodObject ? inner.shape : {};
}

function descriptionAt(path: readonly PropertyKey[]): string | undefined {
  const schema = schemaAt(path);
  return schema && (schema.description ?? unwrap(schema).description);
}
