import { isObject } from "./fields.ts";
import type { JsonFormat } from "./types.ts";

/**
 * Serilog's compact form (`@t`, `@m` or `@mt`, `@l` unless it is Information, `@x`) and its JsonFormatter (`Timestamp`, `Level`,
 * `MessageTemplate`, `Exception`, `Properties`).
 */
export const serilog: JsonFormat = {
  name: "serilog",
  matches: (fields) =>
    (fields.has("@t") && (fields.has("@m") || fields.has("@mt"))) || fields.has("messagetemplate", "level"),
  read: (fields, draft) => {
    const template = fields.text("@mt") ?? fields.text("messagetemplate");
    const rendered = fields.text("@m") ?? fields.text("renderedmessage") ?? fields.text("message");
    if (template !== undefined) {
      draft.message =
        rendered ??
        template.replace(/\{[@$]?(\w{1,60})[^{}]{0,40}\}/g, (hole, name: string) => {
          const key = name.toLowerCase().replaceAll("_", "");
          return fields.text(key) ?? fields.text(`properties.${key}`) ?? fields.text(`fields.${key}`) ?? hole;
        });
    }
    // It leaves out the level of most lines.
    if (fields.has("@t") && !fields.has("@l")) {
      draft.level = "INFO";
      draft.levelSource = "record";
    }
    const thrown = fields.get("exceptions");
    const first = Array.isArray(thrown) ? thrown.find(isObject) : undefined;
    if (typeof first?.ClassName === "string") draft.errorType ??= first.ClassName;
    const exception = fields.text("@x") ?? fields.text("exception");
    if (exception !== undefined) {
      draft.stack ??= exception;
      draft.errorType ??= /^([\w.+`]+(?:Exception|Error))\b/.exec(exception)?.[1];
    }
  },
};
