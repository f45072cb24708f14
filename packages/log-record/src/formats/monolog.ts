import { isObject } from "./fields.ts";
import { stackText } from "./stack.ts";
import type { JsonFormat } from "./types.ts";

/** PHP's monolog as JSON: `level` in hundreds beside `level_name`, `channel`, `datetime`, exceptions in `context`. */
export const monolog: JsonFormat = {
  name: "monolog",
  matches: (fields) => fields.has("message", "channel") && (fields.has("levelname") || fields.has("level")),
  read: (fields, draft) => {
    const exception = fields.get("context.exception");
    if (!isObject(exception)) return;
    draft.stack = stackText({ ...exception, name: exception.class }) ?? draft.stack;
    const file = fields.text("context.exception.file");
    draft.stack ??=
      file === undefined ? undefined : `${exception.class}: ${exception.message}\n    at ${file}`;
    if (draft.stack === undefined) delete draft.stack;
  },
};
