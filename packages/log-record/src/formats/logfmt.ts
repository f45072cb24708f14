import { draftOfFields, requestOf } from "./draft.ts";
import { Fields } from "./fields.ts";
import { lograge } from "./ruby.ts";
import type { TextFormat } from "./types.ts";

const PAIR =
  /([A-Za-z_@][\w.@/-]{0,100})=(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|'([^']*)'|([^\s"]*))(?:[ \t]+|$)/y;
const MOST_PAIRS = 200;
/** One of these makes a line of pairs a log line; a message may begin with a pair, too. */
const TELLING = new Set([
  "level",
  "lvl",
  "severity",
  "msg",
  "message",
  "time",
  "ts",
  "timestamp",
  "at",
  "err",
  "error",
  "event",
  "t",
]);

/** A request is one, too. */
const REQUEST = ["method", "path", "status"];

/** `level=error ts=… msg="cannot write" err="no space left"`: logrus and slog as text, go-kit, Grafana's, Heroku's router. */
export const logfmt: TextFormat = {
  name: "logfmt",
  read(head, below, context) {
    const pairs: Record<string, string> = Object.create(null);
    let count = 0;
    let end = 0;
    PAIR.lastIndex = 0;
    for (let found = PAIR.exec(head); found !== null && count < MOST_PAIRS; found = PAIR.exec(head)) {
      const [, key = "", quoted, escaped, single, bare] = found;
      pairs[key] ??=
        quoted === undefined ? (escaped?.replaceAll("\\'", "'") ?? single ?? bare ?? "") : unquoted(quoted);
      count += 1;
      end = PAIR.lastIndex;
    }
    const isRequest = REQUEST.every((key) => key in pairs);
    if (count < 2 || !(isRequest || Object.keys(pairs).some((key) => TELLING.has(key.toLowerCase()))))
      return undefined;
    const fields = new Fields(pairs);
    const draft = draftOfFields("logfmt", fields, context);
    const hasMessage = fields.firstText("message") !== undefined || pairs.desc !== undefined;
    if (lograge.matches(fields)) lograge.read?.(fields, draft, context);
    else if (!hasMessage) draft.message = (isRequest ? requestOf(fields) : undefined) ?? head;
    else if (fields.firstText("message") === undefined) draft.message = pairs.desc as string;
    else if (end < head.length) draft.message = `${draft.message ?? ""} ${head.slice(end)}`;
    if (below !== "") draft.stack = draft.stack === undefined ? below.slice(1) : draft.stack + below;
    // Heroku's router: at=error code=H12, with the status.
    const at = fields.text("at");
    if (draft.level === undefined && (at === "error" || at === "info" || at === "warning")) {
      draft.level = at === "error" ? "ERROR" : at === "info" ? "INFO" : "WARN";
      draft.levelSource = "record";
    }
    return draft;
  },
};

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unquoted(text: string): string {
  return text.includes("\\") ? text.replace(/\\(.)/gs, (_, one: string) => ESCAPES[one] ?? one) : text;
}
