import type { JsonFormat } from "./types.ts";

/** log4j2's JsonLayout and JsonTemplateLayout: `instant` or `timeMillis`, `loggerName`, `thrown`, `contextMap`. */
export const log4j2: JsonFormat = {
  name: "log4j2",
  matches: (fields) =>
    fields.has("level", "message") &&
    fields.has("loggername") &&
    (fields.has("instant") || fields.has("timemillis") || fields.has("endofbatch") || fields.has("thrown")),
};
