import { pattern } from "./pattern.ts";

/** nginx's error log: `2026/01/25 01:02:03 [error] 31#31: *5 connect() failed`. */
export const nginxError = pattern("nginx-error", [
  /^(?<time>[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) \[(?<level>[a-z]{3,8})\] [0-9]+#[0-9]+: (?:\*[0-9]+ )?(?<message>.*)$/,
]);
