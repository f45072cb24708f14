import type { JsonFormat } from "./types.ts";

/** winston's `format.json()`: a level of npm's names and `message`; the rest is what the program adds. */
export const winston: JsonFormat = {
  name: "winston",
  matches: (fields) =>
    fields.has("level", "message") &&
    /^(?:error|warn|info|http|verbose|debug|silly)$/.test(String(fields.get("level"))) &&
    !fields.has("@timestamp"),
  read: (fields, draft) => {
    draft.service ??= fields.text("label");
  },
};
