import type { JsonFormat } from "./types.ts";

/** rs/zerolog: `message`, `time` in s or ISO form, `error`, `stack` as frames. */
export const zerolog: JsonFormat = {
  name: "zerolog",
  matches: (fields) =>
    fields.has("level", "message", "time") &&
    /^(?:trace|debug|info|warn|error|fatal|panic)$/.test(String(fields.get("level"))),
};
