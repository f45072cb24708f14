import type { Level } from "../schema.ts";
import { isObject, textOf } from "./fields.ts";
import { errorTypeOf } from "./stack.ts";
import type { JsonFormat } from "./types.ts";

/** fatal and error, warn, log, info (and success, fail, ready, start), debug, trace. */
const LEVELS: readonly Level[] = ["ERROR", "WARN", "INFO", "INFO", "DEBUG", "DEBUG"];

/**
 * unjs/consola's log objects: `level` is a number of its own scale, `type` its name, `args` what was logged, `tag` the part of the program.
 * Source: https://github.com/unjs/consola/blob/main/src/constants.ts
 */
export const consola: JsonFormat = {
  name: "consola",
  matches: (fields) =>
    typeof fields.get("level") === "number" &&
    fields.has("date") &&
    (Array.isArray(fields.get("args")) || typeof fields.get("type") === "string"),
  read(fields, draft) {
    // silent and verbose are infinite: no JSON number is.
    const level = fields.get("type") === "fatal" ? "FATAL" : LEVELS[fields.get("level") as number];
    if (level !== undefined) {
      draft.level = level;
      draft.levelSource = "record";
    }
    const tag = fields.text("tag");
    if (tag !== undefined) draft.service ??= tag;
    const error = [fields.get("args")].flat().find((one) => isObject(one) && textOf(one.stack) !== undefined);
    if (isObject(error)) {
      draft.stack ??= textOf(error.stack);
      draft.message ??= textOf(error.message);
      draft.errorType ??= errorTypeOf(textOf(error.stack) ?? "");
      if (draft.errorType === undefined) delete draft.errorType;
    }
  },
};
