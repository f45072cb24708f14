import { readFileSync } from "node:fs";
import { z } from "zod";
import { check } from "./check.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { descriptionAt, layersOf } from "./schema.ts";
import { shown } from "./shown.ts";
import { valueAt } from "./value-at.ts";
import { readYaml, type YamlFile } from "./yaml.ts";

/** A configuration that comes from a file and from the environment. */
export interface SettingsForm<T extends z.ZodObject> {
  readonly schema: T;
  /** Begins each variable: with `CALI`, `kinesis.pollIntervalMs` is CALI_KINESIS_POLL_INTERVAL_MS. */
  readonly prefix: string;
  /** Keys that no file may hold, so that none is committed by mistake; `<variable>_FILE` names a file that has one. */
  readonly secrets: readonly string[];
  /** Variables that other programs know, too, by the variable that they stand behind; they go behind the file. */
  readonly fallbacks: Readonly<Record<string, string>>;
}

interface Leaf {
  readonly path: readonly string[];
  readonly key: string;
  readonly variable: string;
  readonly isNumber: boolean;
  /** A list, or a map with names of its own: the variable holds it as JSON. */
  readonly isJson: boolean;
}

/**
 * Reads the YAML file (if one is given) and the environment, which goes before it.
 *
 * @throws ConfigError with every problem at once, none with a secret.
 */
export function loadSettings<T extends z.ZodObject>(
  form: SettingsForm<T>,
  file: string | undefined,
  env: NodeJS.ProcessEnv,
): z.output<T> {
  const source: Partial<YamlFile> = file === undefined ? {} : readYaml(file);
  const values = source.value ?? {};
  if (typeof values !== "object" || Array.isArray(values)) {
    const allowed = `a map of ${Object.keys(form.schema.shape).join(", ")}`;
    throw new ConfigError(file, [{ key: "", given: shown(values), allowed }]);
  }
  const leaves = leavesOf(form);
  const name = (key: string) => {
    const leaf = leaves.find((one) => one.key === key);
    return leaf ? `${key} (${leaf.variable})` : key;
  };
  const problems: ConfigProblem[] = secretsInFile(form, values, leaves).map(({ path, key, variable }) => ({
    key: name(key),
    line: source.lineOf?.(path),
    given: "a secret",
    allowed: `only ${variable} or ${variable}_FILE`,
  }));
  const setBy = overlay(form, values as Section, env, leaves, problems);
  const checked = check(form.schema, values, form.secrets);
  if (checked.ok && problems.length === 0) return checked.data;
  for (const { path, given, allowed } of checked.ok ? [] : checked.problems) {
    const key = path.join(".");
    problems.push({ key: name(key), line: source.lineOf?.(path), variable: setBy.get(key), given, allowed });
  }
  throw new ConfigError(file, problems);
}

/** Every key that the environment can set, with its variable and what it means. */
export function keysOf(
  form: SettingsForm<z.ZodObject>,
): { key: string; variable: string; description: string }[] {
  return leavesOf(form).map(({ path, key, variable }) => ({
    key,
    variable,
    description: descriptionAt(form.schema, path) ?? "",
  }));
}

type Section = Record<string, unknown>;

const secretsInFile = ({ secrets }: SettingsForm<z.ZodObject>, values: object, leaves: readonly Leaf[]) =>
  leaves.filter(({ key, path }) => secrets.includes(key) && valueAt(values, path) !== undefined);

/** Puts the environment's values over the file's; returns which variable a key came from. */
function overlay(
  { schema, prefix, secrets, fallbacks }: SettingsForm<z.ZodObject>,
  values: Section,
  env: NodeJS.ProcessEnv,
  leaves: readonly Leaf[],
  problems: ConfigProblem[],
): Map<string, string> {
  const setBy = new Map<string, string>();
  const isSecret = ({ key }: Leaf) => secrets.includes(key);
  for (const leaf of leaves) {
    const { variable, path, key } = leaf;
    const behind = valueAt(values, path) === undefined ? env[fallbacks[variable] ?? ""] : undefined;
    const raw = env[variable] ?? (isSecret(leaf) ? fromFile(variable, env, problems) : undefined) ?? behind;
    if (raw === undefined || raw === "") continue;
    setBy.set(key, variable);
    assign(values, path, parsedBy(raw, leaf));
  }
  const known = new Set(
    leaves.flatMap((leaf) => [leaf.variable, ...(isSecret(leaf) ? [`${leaf.variable}_FILE`] : [])]),
  );
  const sections = Object.keys(schema.shape).map((name) => variableOf(prefix, [name]));
  for (const variable of Object.keys(env)) {
    const section = sections.find((one) => variable === one || variable.startsWith(`${one}_`));
    if (section === undefined || known.has(variable)) continue;
    const allowed = leaves.flatMap((leaf) => (leaf.variable.startsWith(section) ? leaf.variable : []));
    problems.push({ key: "", variable, given: "an unknown variable", allowed: allowed.join(", ") });
  }
  return setBy;
}

/** What a variable's text stands for. One that is no number, or no JSON, stays a text, which the schema then refuses as it was given. */
function parsedBy(raw: string, { isNumber, isJson }: Leaf): unknown {
  if (isJson) {
    try {
      return JSON.parse(raw);
    } catch {
      return raw;
    }
  }
  const number = isNumber && raw.trim() !== "" ? Number(raw) : Number.NaN;
  return Number.isNaN(number) ? raw : number;
}

function fromFile(variable: string, env: NodeJS.ProcessEnv, problems: ConfigProblem[]): string | undefined {
  const name = `${variable}_FILE`;
  const file = env[name];
  if (file === undefined || file === "") return undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const allowed = `a file that can be read (${(error as NodeJS.ErrnoException).code})`;
    problems.push({ key: "", variable: name, given: shown(file), allowed });
    return undefined;
  }
}

function assign(target: Section, path: readonly string[], value: unknown): void {
  const [head = "", ...rest] = path;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const inner = target[head];
  const map = typeof inner === "object" && inner !== null ? (inner as Section) : {};
  target[head] = map;
  assign(map, rest, value);
}

const variableOf = (prefix: string, path: readonly string[]) =>
  [prefix, ...path.map((part) => part.replace(/([A-Z])/g, "_$1").toUpperCase())].join("_");

/** The keys with a value of their own; a section has none. */
function leavesOf(form: SettingsForm<z.ZodObject>, shape = form.schema.shape, above: string[] = []): Leaf[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const inner = layersOf(schema as z.ZodType).at(-1);
    const path = [...above, name];
    if (inner instanceof z.ZodObject) return leavesOf(form, inner.shape, path);
    const variable = variableOf(form.prefix, path);
    const isJson = inner instanceof z.ZodArray || inner instanceof z.ZodRecord;
    return [{ path, key: path.join("."), variable, isNumber: inner instanceof z.ZodNumber, isJson }];
  });
}
