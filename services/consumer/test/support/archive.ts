import { gzipSync } from "node:zlib";
import type { ObjectStore } from "../../src/state/objects/types.ts";
import { logRecord } from "./records.ts";

/** The day that tests of reports archive. */
export const DATE = "2026-01-25";

/** A time of the day, ISO 8601. */
export const at = (minute: number, date = DATE) =>
  new Date(Date.parse(`${date}T00:00:00Z`) + minute * 60_000).toISOString();

/** Archives texts as Firehose does: one after the other, packed. */
export const archive = (
  objects: ObjectStore,
  texts: readonly string[],
  { date = DATE, name = "a", separator = "\n" } = {},
) => objects.put(`raw/dt=${date}/${name}.gz`, gzipSync(texts.join(separator)));

/** A record as it stands in the archive. */
export const line = (over: Parameters<typeof logRecord>[0] = {}) =>
  JSON.stringify(logRecord({ timestamp: at(5), ...over }));

export const errors = (
  count: number,
  message: (i: number) => string,
  over: Parameters<typeof logRecord>[0] = {},
) =>
  Array.from({ length: count }, (_, i) =>
    line({ level: "ERROR", message: message(i), timestamp: at(i % 1_440), ...over }),
  );
