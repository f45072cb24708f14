import type { JsonFormat } from "./types.ts";

/** https://getpino.io: `level` in tens, `time` in ms, `name` of the logger is the program's. */
export const pino: JsonFormat = {
  name: "pino",
  matches: (fields) =>
    typeof fields.get("level") === "number" &&
    fields.has("msg", "time") &&
    !fields.has("v") &&
    fields.has("pid"),
  read: (fields, draft) => {
    draft.service ??= fields.text("name");
  },
};
