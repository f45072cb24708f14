import type { JsonFormat } from "./types.ts";

/** The project that CALI takes over: as CALI's record, with a blank for the `T` in its times and without a zone. */
export const handWritten: JsonFormat = {
  name: "cali-legacy",
  matches: (fields) =>
    fields.has("level", "timestamp", "service", "version", "message", "platform") &&
    !fields.has("logcontent"),
};
