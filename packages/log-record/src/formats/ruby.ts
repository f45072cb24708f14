import { requestOf } from "./draft.ts";
import { pattern } from "./pattern.ts";
import type { JsonFormat } from "./types.ts";

/** Ruby's Logger (`E, [2026-01-25T01:02:03.456789 #123] ERROR -- shop: message`) and semantic_logger's text. */
export const ruby = pattern(
  "ruby",
  [
    /^[DIWEFAU], \[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}) #[0-9]+\] +(?<level>[A-Z]{3,5}) -- (?<service>[^:]{0,100}): ?(?<message>.*)$/,
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3,9}) (?<level>[TDIWEF]) \[[^\]]{1,200}\] (?:\[[^\]]{1,200}\] ){0,5}(?:\([^)]{1,40}\) )?[\w:]{1,200} -- (?<message>.*)$/,
  ],
  {
    more(draft) {
      // Rails: `ActiveRecord::StatementInvalid (PG::…)`.
      const type = /^([A-Z]\w{0,60}(?:::[A-Z]\w{0,60}){1,8}) \(/.exec(draft.message ?? "")?.[1];
      if (type !== undefined) draft.errorType ??= type;
    },
  },
);

/** The type in lograge's `error`: `ActiveRecord::ConnectionNotEstablished: no pool`. */
const ERROR = /^([A-Z]\w{0,60}(?:::[A-Z]\w{0,60}){0,8}):/;

/** lograge and GitLab: a request as fields, without a message unless Logstash's formatter made one. */
export const lograge: JsonFormat = {
  name: "lograge",
  matches: (fields) => fields.has("controller", "action", "method", "path", "status"),
  read(fields, draft) {
    const type = ERROR.exec(fields.text("error") ?? "")?.[1];
    if (type !== undefined) draft.errorType ??= type;
    if (fields.has("message") || fields.has("msg")) return;
    draft.message = requestOf(fields) ?? draft.message;
  },
};
