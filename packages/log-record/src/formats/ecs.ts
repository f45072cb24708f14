import type { JsonFormat } from "./types.ts";

/** Elastic Common Schema, keys with dots or nested: `log.level`, `service.name`, `error.stack_trace`. */
export const ecs: JsonFormat = {
  name: "ecs",
  matches: (fields) => fields.has("@timestamp") && (fields.has("log.level") || fields.has("ecs.version")),
};
