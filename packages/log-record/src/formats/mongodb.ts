import { readLevel } from "./levels.ts";
import type { JsonFormat } from "./types.ts";

/** MongoDB since 4.4: `t.$date`, `s` (F, E, W, I, D1 to D5), `c`, `id`, `ctx`, `msg`, `attr`. */
export const mongodb: JsonFormat = {
  name: "mongodb",
  matches: (fields) => fields.has("t.$date", "s", "c", "msg"),
  read: (fields, draft) => {
    const level = readLevel(fields.get("s"));
    if (level !== undefined) {
      draft.level = level;
      draft.levelSource = "record";
    }
    const error = fields.text("attr.error") ?? fields.text("attr.error.errmsg");
    if (error !== undefined) draft.errorMessage = error;
    const code = fields.text("attr.error.codename");
    if (code !== undefined) draft.errorCode = code;
  },
};
