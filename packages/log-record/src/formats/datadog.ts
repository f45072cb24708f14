import { pattern } from "./pattern.ts";
import type { JsonFormat } from "./types.ts";

/** Datadog's attributes: `status` is the level, `dd.trace_id`, `error.kind`, `error.stack`. */
export const datadog: JsonFormat = {
  name: "datadog",
  matches: (fields) =>
    fields.has("ddsource") ||
    fields.has("ddtags") ||
    fields.has("dd.traceid") ||
    fields.has("dd.service") ||
    fields.has("error.kind") ||
    fields.has("attributes", "tags", "status") ||
    fields.has("attributes", "tags", "service", "message", "timestamp"),
  read: (fields, draft) => {
    // ddtags: `env:prod,version:1.2`.
    const tags = fields.get("tags");
    const list = fields.text("ddtags") ?? (Array.isArray(tags) ? tags.slice(0, 100).join(",") : "");
    for (const [, key, value] of list.matchAll(/(?:^|,)\s*(env|version|service|pod_name):([^,]+)/g)) {
      if (key === "env") draft.environment ??= value as string;
      else if (key === "version") draft.version ??= value as string;
      else if (key === "service") draft.service ??= value as string;
      else draft.podName ??= value as string;
    }
  },
};

/** Datadog's agent's own: `2026-01-25 01:02:03 UTC | CORE | ERROR | (file.go:69 in Error) | message`; a part is called TRACE. */
export const datadogAgent = pattern("datadog", [
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} [A-Z]{2,5}) \| [A-Z-]{2,30} \| (?<level>TRACE|DEBUG|INFO|WARN|ERROR|CRITICAL) \| (?:\([^)]{1,300}\) \| )?(?<message>.*)$/,
]);
