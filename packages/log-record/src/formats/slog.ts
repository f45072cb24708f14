import type { JsonFormat } from "./types.ts";

/** Go's log/slog as JSON: `time`, `level` in capitals (`ERROR+2` for levels between), `msg`. */
export const slog: JsonFormat = {
  name: "slog",
  matches: (fields) =>
    fields.has("time", "level", "msg") && /^[A-Z]{4,5}(?:[+-]\d+)?$/.test(String(fields.get("level"))),
};
