import type { JsonFormat } from "./types.ts";

/** Graylog's GELF 1.1: `short_message`, `full_message`, `level` of syslog, additional fields with `_`; `version` is GELF's. */
export const gelf: JsonFormat = {
  name: "gelf",
  matches: (fields) => fields.has("shortmessage", "version"),
  read: (fields, draft) => {
    const own = fields.text("version");
    if (draft.version === own && /^1\.[01]$/.test(own ?? "")) delete draft.version;
    draft.service ??= fields.text("facility");
    if (draft.service === undefined) delete draft.service;
    const full = fields.text("fullmessage");
    if (full?.includes("\n")) draft.stack ??= full;
  },
};
