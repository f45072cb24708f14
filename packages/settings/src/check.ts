import type { z } from "zod";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { didYouMean } from "./nearest.ts";
import { allowedInPlainWords } from "./plain-words.ts";
import { descriptionAt, keysAt, requiredKeysAt } from "./schema.ts";
import { shown } from "./shown.ts";
import { valueAt } from "./value-at.ts";

/** A value that a schema refuses. */
interface ValueProblem extends Pick<ConfigProblem, "given" | "allowed"> {
  readonly path: readonly PropertyKey[];
}

/** What a schema makes of a value, or everything that is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly problems: readonly ValueProblem[] };

/**
 * Checks a value that people wrote against a schema.
 *
 * @param secrets keys such as `slack.webhookUrl` whose values no problem shows
 */
export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  secrets: readonly string[] = [],
): Checked<z.output<T>> {
  const result = schema.safeParse(value, { error: allowedInPlainWords });
  if (result.success) return { ok: true, data: result.data };
  return {
    ok: false,
    problems: result.error.issues.flatMap((issue) => problemsOf(issue, schema, value, secrets)),
  };
}

/** A configuration, and where its parts come from. */
export interface Source {
  /** What errors call it; undefined: it is no file. */
  readonly file?: string;
  readonly value: unknown;
  /** Line of a key in the file. */
  readonly lineOf?: (path: readonly PropertyKey[]) => number | undefined;
}

/** As `check`, of a whole configuration. @throws ConfigError with every problem, each at its line. */
export function parseSettings<T extends z.ZodType>(
  schema: T,
  { file, value, lineOf }: Source,
  secrets?: readonly string[],
): z.output<T> {
  const checked = check(schema, value, secrets);
  if (checked.ok) return checked.data;
  throw new ConfigError(
    file,
    checked.problems.map(({ path, ...problem }) => ({
      key: path.join("."),
      line: lineOf?.(path),
      ...problem,
    })),
  );
}

function problemsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  root: unknown,
  secrets: readonly string[],
): ValueProblem[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    const keys = keysAt(schema, path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      given: "an unknown key",
      allowed: `${keys.join(", ")}${didYouMean(key, keys)}`,
    }));
  }
  const value = valueAt(root, path);
  const isEmptyFile = value === null && path.length === 0;
  const given = holdsSecret(path, value, secrets)
    ? "[redacted]"
    : isEmptyFile
      ? "an empty file"
      : shown(value);
  // What a schema's author wrote for the case says it all.
  const description = issue.code === "custom" ? undefined : descriptionAt(schema, path);
  // An entry of a list has no one form.
  const isOneKey = path.length > 0 && path.every((part) => typeof part === "string");
  const write =
    value === undefined && isOneKey && issue.code !== "custom"
      ? `; write ${written(path, requiredKeysAt(schema, path))}`
      : "";
  return [{ path, given, allowed: `${issue.message}${description ? ` (${description})` : ""}${write}` }];
}

function holdsSecret(path: readonly PropertyKey[], value: unknown, secrets: readonly string[]): boolean {
  if (value === undefined) return false;
  const key = path.join(".");
  const isSection = typeof value === "object" && value !== null;
  return secrets.some(
    (secret) =>
      secret === key ||
      key.startsWith(`${secret}.`) ||
      (isSection && `.${secret}`.startsWith(key && `.${key}.`)),
  );
}

/** A key as YAML has it, with the keys that its section needs: `kinesis: { stream: … }`. */
function written([head, ...rest]: readonly PropertyKey[], needed: readonly string[]): string {
  const section = needed.length > 0 ? `{ ${needed.map((key) => `${key}: …`).join(", ")} }` : "…";
  return `${String(head)}: ${rest.length > 0 ? `{ ${written(rest, needed)} }` : section}`;
}
