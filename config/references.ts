import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, parseSettings } from "@cali/settings";
import { z } from "zod";
import type { Json } from "./overrides.ts";

/**
 * What overrides refer to in another state since a move: `cali adopt` writes the values into `config/<environment>.references.json`, by
 * the reference as it stands in the overrides. In a state that has the object itself the reference stays what it is.
 */
export type References = Readonly<Record<string, Json>>;

const referencesSchema = z.record(z.string(), z.json());

/** Where an environment's references are written down. */
export const referencesPath = (environment: string, folder: string) =>
  join(folder, `${environment}.references.json`);

/** @param folder where the configuration files are. @throws ConfigError */
export function loadReferences(environment: string, folder: string): References {
  const path = referencesPath(environment, folder);
  if (!existsSync(path)) return {};
  const file = `config/${environment}.references.json`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ConfigError(file, [{ key: "", given: "no JSON", allowed: "what cali adopt writes" }]);
  }
  return parseSettings(referencesSchema, { file, value }) as References;
}

/** A reference in a text: `aws_s3_bucket.logs.arn`, `data.aws_vpc.default.id`, `var.project_name`. */
export interface Reference {
  readonly text: string;
  readonly kind: "resource" | "data" | "var" | "local";
  readonly type: string;
  readonly name: string;
  /** The steps below the object. */
  readonly path: readonly (string | number)[];
}

const STEP = /\.[A-Za-z_][\w-]*|\.\d+|\[\d+\]|\["(?:[^"\\]|\\.)*"\]/g;
const REFERENCE =
  /(?<![\w.$-])(?:(data)\.)?([A-Za-z_]\w*)\.([A-Za-z_][\w-]*)((?:\.[A-Za-z_][\w-]*|\.\d+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*)/g;

/** Replaces references in the templates of a text; `depends_on` has them without a template. */
function replaced(text: string, replacement: (reference: Reference) => string | undefined): string {
  const inside = codeOf(text);
  return text.replaceAll(
    REFERENCE,
    (whole, data: string | undefined, type: string, name: string, rest: string, at: number) => {
      if (!inside[at]) return whole;
      const kind = data ? "data" : type === "var" || type === "local" ? type : "resource";
      const path = (rest.match(STEP) ?? []).map(stepOf);
      return replacement({ text: whole, kind, type, name, path }) ?? whole;
    },
  );
}

function stepOf(step: string): string | number {
  if (step.startsWith('["')) return JSON.parse(step.slice(1, -1));
  const word = step.replace(/^[.[]|\]$/g, "");
  return /^\d+$/.test(word) ? Number(word) : word;
}

/** Which characters of a text are code: inside `${…}`, and not inside its quotes. */
function codeOf(text: string): boolean[] {
  const modes: ("template" | "code" | "quotes")[] = ["template"];
  return [...Array(text.length).keys()].map((at) => {
    const [mode, next] = [modes.at(-1), text[at + 1]];
    const character = text[at];
    const begins = (character === "$" || character === "%") && next === "{" && text[at - 1] !== character;
    if (mode !== "code") {
      if (mode === "quotes" && character === '"' && text[at - 1] !== "\\") modes.pop();
      else if (begins) modes.push("code");
      return false;
    }
    if (character === '"') modes.push("quotes");
    else if (character === "{" && !/[$%]/.test(text[at - 1] ?? "")) modes.push("code");
    else if (character === "}") modes.pop();
    return true;
  });
}

/** Every reference in a value, keys included. */
export function referencesIn(value: Json): Reference[] {
  const found: Reference[] = [];
  mapTexts(value, (text) => replaced(text, (reference) => void found.push(reference)));
  return found;
}

/**
 * A stack's JSON with values where it refers to what is not in it.
 *
 * @param known the value; undefined: the reference stays.
 */
export function withValues(stack: Json, known: (reference: Reference) => Json | undefined): Json {
  return mapTexts(stack, (text) => {
    const whole = /^\$\{([^{}]*)\}$/.exec(text)?.[1];
    let only: Json | undefined;
    const result = replaced(text, (reference) => {
      const value = known(reference);
      if (value === undefined) return undefined;
      if (reference.text === whole?.trim()) only = value;
      return inHcl(value);
    });
    // A template of one reference has its value's type.
    return only === undefined ? result : escaped(only);
  });
}

function mapTexts(value: Json, change: (text: string) => Json): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [String(change(key)), mapTexts(child, change)]),
  );
}

/** A value that stands for itself where templates are read. */
const escaped = (value: Json): Json => mapTexts(value, (text) => text.replaceAll(/[$%](?=\{)/g, "$&$&"));

/** A value as an expression of HCL. */
const inHcl = (value: Json): string => JSON.stringify(escaped(value));
