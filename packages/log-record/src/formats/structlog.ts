import type { JsonFormat } from "./types.ts";

/** Python's structlog: the message is `event`; `exception` is text or, with dict_tracebacks, frames. */
export const structlog: JsonFormat = {
  name: "structlog",
  matches: (fields) =>
    typeof fields.get("event") === "string" && !fields.has("message") && !fields.has("msg"),
};
