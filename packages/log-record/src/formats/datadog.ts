import type { JsonFormat } from "./types.ts";

/** Datadog's attributes: `status` is the level, `dd.trace_id`, `error.kind`, `error.stack`. */
export const datadog: JsonFormat = {
  name: "datadog",
  matches: (fields) =>
    fields.has("ddsource") ||
    fields.has("ddtags") ||
    fields.has("dd.traceid") ||
    fields.has("dd.service") ||
    fields.has("error.kind"),
  read: (fields, draft) => {
    // ddtags: `env:prod,version:1.2`.
    for (const [, key, value] of (fields.text("ddtags") ?? "").matchAll(
      /(?:^|,)\s*(env|version|service|pod_name):([^,]+)/g,
    )) {
      if (key === "env") draft.environment ??= value as string;
      else if (key === "version") draft.version ??= value as string;
      else if (key === "service") draft.service ??= value as string;
      else draft.podName ??= value as string;
    }
  },
};
