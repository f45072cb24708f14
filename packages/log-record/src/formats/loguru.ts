import { traceAt } from "./draft.ts";
import { Fields, isObject } from "./fields.ts";
import type { JsonFormat } from "./types.ts";

/** Python's loguru with `serialize`: `text` is the whole line with its traceback, `record` what it was made of. */
export const loguru: JsonFormat = {
  name: "loguru",
  matches: (fields) => fields.has("record.message", "record.level.name", "text"),
  read(fields, draft) {
    draft.message = fields.text("record.message") ?? "";
    const text = fields.text("text") ?? "";
    const newline = text.trimEnd().indexOf("\n");
    if (newline !== -1) draft.stack = text.slice(newline + 1);
    const type = fields.text("record.exception.type");
    const value = fields.text("record.exception.value");
    if (type !== undefined) draft.errorType = type;
    if (value !== undefined) draft.errorMessage = value;
    const extra = fields.get("record.extra");
    if (!isObject(extra)) return;
    const bound = new Fields(extra);
    const trace = bound.first("trace_id", traceAt);
    const service = bound.firstText("service");
    if (trace !== undefined) draft.traceId ??= trace;
    if (service !== undefined) draft.service ??= service;
  },
};
