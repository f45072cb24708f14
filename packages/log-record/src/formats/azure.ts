import type { Level } from "../schema.ts";
import type { JsonFormat } from "./types.ts";

/** https://learn.microsoft.com/en-us/dotnet/api/system.diagnostics.tracing.eventlevel */
const LEVELS: readonly (Level | undefined)[] = [undefined, "FATAL", "ERROR", "WARN", "INFO", "DEBUG"];

/** Azure's resource logs and Windows' events: their numbers for a level are neither syslog's nor others'. */
export const azure: JsonFormat = {
  name: "azure",
  matches: (fields) => fields.has("resourceid", "category") || fields.has("roleinstance"),
  read(fields, draft) {
    const level = LEVELS[Number(fields.text("level") ?? Number.NaN)];
    if (level !== undefined) {
      draft.level = level;
      draft.levelSource = "record";
    }
    draft.message ??= fields.text("operationname");
  },
};
