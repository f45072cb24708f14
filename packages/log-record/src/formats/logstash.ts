import type { JsonFormat } from "./types.ts";

/** logstash-logback-encoder and Logstash's layouts: `@timestamp`, `@version`, `logger_name`, `stack_trace`. */
export const logstash: JsonFormat = {
  name: "logstash",
  matches: (fields) =>
    fields.has("@timestamp", "message") &&
    (fields.has("@version") || fields.has("loggername") || fields.has("levelvalue")),
};
