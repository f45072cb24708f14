import type { JsonFormat } from "./types.ts";

/** bunyan: as pino, its ancestor, with `v: 0` and a time in ISO form. */
export const bunyan: JsonFormat = {
  name: "bunyan",
  matches: (fields) => typeof fields.get("level") === "number" && fields.has("name", "hostname", "msg", "v"),
  read: (fields, draft) => {
    draft.service ??= fields.text("name");
  },
};
