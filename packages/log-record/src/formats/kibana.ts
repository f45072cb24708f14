import { readLevel } from "./levels.ts";
import type { JsonFormat } from "./types.ts";

/** Kibana before 8 and OpenSearch Dashboards: the level is one of the tags, beside the parts of the program. */
export const kibana: JsonFormat = {
  name: "kibana",
  matches: (fields) => fields.has("type", "pid", "tags") && Array.isArray(fields.get("tags")),
  read(fields, draft) {
    const tags = fields.get("tags") as unknown[];
    draft.level = tags.map((tag) => readLevel(tag)).find((level) => level !== undefined) ?? draft.level;
    draft.levelSource = "record";
  },
};
