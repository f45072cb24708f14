import { ALIASES, type Field } from "./aliases.ts";
import { LEVEL_SCALES, LEVEL_WORDS, LOCAL_LEVEL_WORDS, SCALE_OF_KEY } from "./level-tables.ts";

/** The fields that Fluent Bit sets. */
const FIELDS: readonly Field[] = [
  "level",
  "timestamp",
  "service",
  "version",
  "trace_id",
  "message",
  "stack",
  "error_type",
  "error_code",
  "error_message",
  "environment",
  "platform",
  "pod_service",
  "pod_version",
];

/** The table of aliases, of words and of numbers for levels, as Lua. */
export function luaTables(): string {
  const list = (values: readonly string[]) =>
    `{ ${values.map((value) => JSON.stringify(value)).join(", ")} }`;
  const words = [LEVEL_WORDS, LOCAL_LEVEL_WORDS].flatMap((table) =>
    Object.entries(table).flatMap(([level, names]) =>
      names.map((name) => `[${JSON.stringify(name)}] = "${level}"`),
    ),
  );
  const scales = Object.entries(LEVEL_SCALES).map(
    ([name, steps]) =>
      `  ${name} = { ${steps.map(([least, level]) => `{ ${least}, "${level}" }`).join(", ")} },`,
  );
  const keys = Object.entries(SCALE_OF_KEY).map(([key, scale]) => `[${JSON.stringify(key)}] = "${scale}"`);
  return [
    "local ALIASES = {",
    ...FIELDS.map((field) => `  ${field} = ${list(ALIASES[field])},`),
    "}",
    `local LEVEL_WORDS = { ${words.join(", ")} }`,
    "local LEVEL_SCALES = {",
    ...scales,
    "}",
    `local SCALE_OF_KEY = { ${keys.join(", ")} }`,
  ].join("\n");
}
