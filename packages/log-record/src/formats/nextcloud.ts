import type { Level } from "../schema.ts";
import type { JsonFormat } from "./types.ts";

/** https://docs.nextcloud.com/server/latest/admin_manual/configuration_server/logging_configuration.html */
const LEVELS: readonly Level[] = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** Nextcloud and ownCloud: `level` from 0 to 4, `app` the part of the server, `version` the server's. */
export const nextcloud: JsonFormat = {
  name: "nextcloud",
  matches: (fields) => fields.has("reqid", "level", "remoteaddr", "app", "message"),
  read(fields, draft) {
    const level = LEVELS[Number(fields.text("level") ?? Number.NaN)];
    if (level === undefined) return;
    draft.level = level;
    draft.levelSource = "record";
  },
};
