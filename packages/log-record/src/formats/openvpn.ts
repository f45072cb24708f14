import { pattern } from "./pattern.ts";

const PEER =
  "(?:[\\w.@-]{1,100}\\/)?(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|\\[?[0-9a-fA-F:]{3,45}\\]?):[0-9]{1,5} ";
const TIME =
  "(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}|[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4}) ";
const SAID =
  "(?:TLS(?: \\w{1,20})? Error|TLS_ERROR|VERIFY |AUTH|Options error|Authenticate/Decrypt|Connection reset|SIG[A-Z]+\\[|Exiting due to fatal error|Initialization Sequence|Inactivity timeout|Cannot |Could not |DEPRECATED OPTION: |peer info|MULTI:|PUSH:|SENT CONTROL|OpenVPN )";

/**
 * OpenVPN: a time, from `verb 4` on its µs as `us=`, the peer, and what happened; no level. With another time before it, or none.
 * Source: https://openvpn.net/community-resources/reference-manual-for-openvpn-2-6/
 */
export const openVpn = pattern(
  "openvpn",
  [
    new RegExp(`^${TIME}us=(?<micros>[0-9]{1,6}) (?<message>.*)$`),
    new RegExp(`^(?:${TIME})?(?<message>(?:${PEER})?${SAID}.*)$`),
  ],
  {
    more(draft, groups) {
      const { micros } = groups as Record<string, string | undefined>;
      if (micros !== undefined && draft.time !== undefined) draft.time += Math.floor(Number(micros) / 1000);
      const message = draft.message ?? "";
      const warned = /^(?:WARNING: |DEPRECATED OPTION: )/.exec(message);
      if (warned !== null) draft.message = message.slice(message.indexOf(": ") + 2);
      draft.level =
        warned !== null ? "WARN" : FATAL.test(message) ? "FATAL" : ERROR.test(message) ? "ERROR" : "INFO";
      draft.levelSource = "text";
    },
  },
);

const FATAL = /^Exiting due to fatal error/;
const ERROR = /\b(?:[Ee]rror|ERROR|TLS_ERROR|AUTH_FAILED|Cannot|Could not|[Ff]ailed)\b/;
