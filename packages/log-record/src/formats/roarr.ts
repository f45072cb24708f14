import type { JsonFormat } from "./types.ts";

/** gajus/roarr: `context.logLevel` in tens, a `sequence`; `version` is that of its form. */
export const roarr: JsonFormat = {
  name: "roarr",
  matches: (fields) => fields.has("sequence", "context.loglevel", "version"),
  read: (fields, draft) => {
    if (draft.version === fields.text("version")) delete draft.version;
  },
};
