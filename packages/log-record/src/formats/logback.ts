import { isObject } from "./fields.ts";
import { stackText } from "./stack.ts";
import type { JsonFormat } from "./types.ts";

/** logback's own JsonEncoder: `formattedMessage`, `loggerName`, `throwable` with `stepArray`. */
export const logback: JsonFormat = {
  name: "logback",
  matches: (fields) =>
    fields.has("loggername", "level") && (fields.has("formattedmessage") || fields.has("sequencenumber")),
  read: (fields, draft) => {
    draft.message = fields.text("formattedmessage") ?? draft.message;
    const throwable = fields.get("throwable");
    if (isObject(throwable)) draft.stack = stackText(throwable) ?? draft.stack;
  },
};
