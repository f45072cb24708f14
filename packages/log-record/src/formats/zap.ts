import type { JsonFormat } from "./types.ts";

/** go.uber.org/zap in production: `ts` in seconds with a fraction, `msg`, `caller`, `stacktrace`. */
export const zap: JsonFormat = {
  name: "zap",
  matches: (fields) => fields.has("level", "ts", "msg"),
};
