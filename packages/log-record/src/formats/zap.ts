import { readLevel } from "./levels.ts";
import { readTime } from "./time.ts";
import type { JsonFormat } from "./types.ts";

/** go.uber.org/zap in production: `ts` in seconds with a fraction, `msg`, `caller`, `stacktrace`; in development one capital letter each. */
export const zap: JsonFormat = {
  name: "zap",
  matches: (fields) => fields.has("level", "ts", "msg") || fields.has("l", "t", "m"),
  read(fields, draft, context) {
    if (!fields.has("l", "t", "m")) return;
    const level = readLevel(fields.get("l"));
    if (level !== undefined) {
      draft.level = level;
      draft.levelSource = "record";
    }
    draft.time = readTime(fields.get("t"), context);
    draft.message = fields.text("m");
    draft.stack = fields.text("s") ?? draft.stack;
  },
};
