import type { JsonFormat } from "./types.ts";

/** python-json-logger: the attributes of Python's LogRecord by their names; `name` is the logger's, not the program's. */
export const pythonJsonLogger: JsonFormat = {
  name: "python-json-logger",
  matches: (fields) =>
    fields.has("message") && (fields.has("levelname") || fields.has("asctime") || fields.has("excinfo")),
};
