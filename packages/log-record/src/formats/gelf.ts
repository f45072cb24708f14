import { levelInText } from "./plain.ts";
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
    // Spring Boot has the application's name for the host.
    if (fields.has("loglogger", "processthreadname")) {
      draft.service ??= fields.text("host");
      delete draft.podName;
    }
    // Docker's driver knows the stream alone.
    const said = fields.has("containername", "imagename") ? levelInText(draft.message ?? "") : undefined;
    if (said?.start !== undefined && said.start < 40)
      Object.assign(draft, { level: said.level, levelSource: "text" });
    const full = fields.text("fullmessage");
    if (full?.includes("\n")) draft.stack ??= full;
  },
};
