import { pattern } from "./pattern.ts";

/** Apache's error log: `[Sun Jan 25 01:02:03.456789 2026] [core:error] [pid 1:tid 2] (2)No such file: [client …] AH00128: …`. */
export const apacheError = pattern(
  "apache-error",
  [
    /^\[(?<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9:.]{8,18} [0-9]{4})\] \[(?:[a-z_0-9-]{0,40}:)?(?<level>[a-z]{3,8}[0-9]?)\] (?:\[pid [^\]]{1,60}\] )?(?<message>.*)$/,
  ],
  {
    more(draft) {
      const code = /\b(AH[0-9]{5}): /.exec(draft.message ?? "")?.[1];
      if (code !== undefined) draft.errorCode = code;
    },
  },
);
