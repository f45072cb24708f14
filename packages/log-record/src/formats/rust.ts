import { pattern } from "./pattern.ts";
import { errorTypeOf } from "./stack.ts";

/** Rust's env_logger (`[2026-01-25T01:02:03Z ERROR app::db] message`) and tracing's text, with spans or without. */
export const rust = pattern(
  "rust",
  [
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z) (?<level>ERROR|WARN|INFO|DEBUG|TRACE) +[\w:.-]{1,200}\] (?<message>.*)$/,
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z) +(?<level>ERROR|WARN|INFO|DEBUG|TRACE) (?:(?:[\w.-]{1,100}(?:::[\w.-]{1,100}){0,10}(?:\{[^}]{0,2000}\})?|[\w.-]{1,60}(?: [\w.-]{1,60}){1,4}\{[^}]{0,2000}\}):[ ]?){1,6}(?<message>[^\s:].*)$/,
    // Linkerd's proxy: the seconds since its start, and the thread.
    /^\[ *[0-9]+\.[0-9]{3,9}s\] +(?<level>ERROR|WARN|INFO|DEBUG|TRACE) (?:ThreadId\([0-9]+\) )?(?:[\w.-]{1,100}(?:::[\w.-]{1,100}){0,10}(?:\{[^}]{0,2000}\})?:[ ]?){1,8}(?<message>[^\s:].*)$/,
    // log4rs: time LEVEL target - message; pretty_env_logger: LEVEL target > message.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9:]{5})) +(?<level>ERROR|WARN|INFO|DEBUG|TRACE) [\w:.-]{1,200} - (?<message>.*)$/,
    /^(?<level>ERROR|WARN|INFO|DEBUG|TRACE) +[\w:.-]{1,200} +> (?<message>.*)$/,
    // flexi_logger: [time] LEVEL [target] file:line: message.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]{8,18}(?: ?[+-][0-9:]{5,6}|Z)?)\] (?<level>ERROR|WARN|INFO|DEBUG|TRACE) \[[\w:.-]{1,200}\] (?:[\w./-]{1,200}\.rs:[0-9]+: )?(?<message>.*)$/,
    // env_logger without a time.
    /^\[(?<level>ERROR|WARN|INFO|DEBUG|TRACE) +[\w-]{1,100}(?:::[\w-]{1,100}){0,10}\] (?<message>.*)$/,
    // TiKV and TiDB: [time] [LEVEL] [file:line] ["message"] [key=value].
    /^\[(?<time>[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9:.]{12} [+-][0-9:]{5})\] \[(?<level>ERROR|WARN|INFO|DEBUG|FATAL)\] \[[^\]]{1,200}\] \["?(?<message>.*)$/,
    // fern: [date][time][target][LEVEL] message.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}\]\[[0-9:.]{8,18})\]\[[\w:.-]{1,200}\]\[(?<level>ERROR|WARN|INFO|DEBUG|TRACE)\] (?<message>.*)$/,
  ],
  {
    more(draft) {
      const [, message = "", rest] =
        /^((?:[^"\\\]]|\\.){1,4000})"?\](?: (\[.*))?$/.exec(draft.message ?? "") ?? [];
      if (message === "") return;
      draft.message = message;
      const type = errorTypeOf(message);
      if (type !== undefined) draft.errorType = type;
      draft.stack = [rest, draft.stack].filter((one) => one).join("\n");
    },
  },
);
