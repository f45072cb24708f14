import type { JsonFormat } from "./types.ts";

/** sirupsen/logrus as JSON: `msg`, `time` in ISO form, `level` in lower case. */
export const logrus: JsonFormat = {
  name: "logrus",
  matches: (fields) => fields.has("level", "msg", "time") && /^[a-z]{4,7}$/.test(String(fields.get("level"))),
};
