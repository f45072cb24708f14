import { pattern } from "./pattern.ts";

/** Ruby's Logger: `E, [2026-01-25T01:02:03.456789 #123] ERROR -- shop: message`. */
export const ruby = pattern("ruby", [
  /^[DIWEFAU], \[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}) #[0-9]+\] +(?<level>[A-Z]{3,5}) -- (?<service>[^:]{0,100}): ?(?<message>.*)$/,
]);
