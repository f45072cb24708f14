import { draftOfFields } from "./draft.ts";
import { Fields, isObject, jsonOf } from "./fields.ts";
import { pattern } from "./pattern.ts";
import type { Draft, ReadContext } from "./types.ts";

const ZAP =
  "(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9:]{4,6})|1\\.[0-9]{9,18}e\\+09)(?:\\t| {2,})(?<level>DEBUG|INFO|WARN|ERROR|DPANIC|PANIC|FATAL|debug|info|warn|error|dpanic|panic|fatal)";

/** Text of Go's loggers: zap's console, logrus on a terminal, zerolog's console, the standard library's slog and log. */
export const goText = pattern(
  "go-text",
  [
    // zap: columns with tabs between: time, level, (logger,) caller, message, fields. Terminals and web pages make blanks of the tabs.
    new RegExp(`^${ZAP}\\t(?:[\\w.-]{1,100}\\t(?!\\{))?(?:[^\\s]{1,200}\\.go:[0-9]+\\t)?(?<message>.*)$`),
    new RegExp(
      `^${ZAP} {2,}(?=[^ ].*\\}$)(?:[\\w.-]{1,100} {2,}(?![ {]))?(?:[^\\s]{1,200}\\.go:[0-9]+ {2,}(?! ))?(?<message>.* {2}\\{.*\\})$`,
    ),
    // logrus: ERRO[0000] message; apex/log: ERROR[0000] message.
    /^(?<level>TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI|DEBUG|ERROR|FATAL)\[(?:[0-9]{1,10}|(?<time>[0-9]{4}-[0-9T:+Z-]{6,25})|[0-9T:+Z-]{4,30})\] ?(?<message>.*)$/,
    // geth, log15: ERROR[01-25|01:02:03.456] message.
    /^(?<level>TRACE|DEBUG|DBUG|INFO|WARN|ERROR|EROR|CRIT) ?\[(?<time>[0-9]{2}-[0-9]{2}\|[0-9:.]{8,12})\] (?<message>.*)$/,
    // zerolog: 1:02AM ERR message, with a whole time where the program or Traefik has set one.
    /^(?:[0-9]{1,2}:[0-9]{2}[AP]M|(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9:]{5}))) (?<level>TRC|DBG|INF|WRN|ERR|FTL|PNC) (?:[^\s]{1,200}\.go:[0-9]+ > )?(?<message>.*)$/,
    // capnslog: 2026-01-25 01:02:03.456789 E | part: message (etcd before 3.5, Rook).
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{6}) (?<level>[CEWNIDT]) \| (?:[\w./-]{1,60}: )?(?<message>.*)$/,
    // log and slog's default: 2026/01/25 01:02:03 ERROR message.
    /^(?<time>[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9:]{8}(?:\.[0-9]{1,9})?) (?:[^\s:]{1,200}\.go:[0-9]+: )?(?<level>DEBUG|INFO|WARN|ERROR)(?:[+-][0-9]+)? (?<message>.*)$/,
  ],
  { more: fieldsBehind },
);

/** The fields that zap and winston print as JSON behind a message are none of its words: they go below it. */
export function fieldsBehind(draft: Draft, _groups: unknown, context: ReadContext): void {
  const [whole, message = "", json = ""] =
    /^(.*?)(?:\t| {2,}| (?=\{"))(\{.*\})$/.exec(draft.message ?? "") ?? [];
  const value = whole === undefined ? undefined : jsonOf(json);
  if (!isObject(value)) return;
  const fields = draftOfFields(draft.format, new Fields(value), context);
  draft.message = message;
  draft.stack = draft.stack ? `${json}\n${draft.stack}` : (fields.stack ?? json);
  draft.time ??= fields.time;
  draft.service ??= fields.service;
  draft.version ??= fields.version;
  draft.traceId ??= fields.traceId;
  draft.errorCode ??= fields.errorCode;
  draft.errorMessage ??= fields.errorMessage;
  draft.errorType ??= fields.errorType;
}
