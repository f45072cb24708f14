import { readLevel } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { leadingTime, readTime } from "./time.ts";

/** What a task prints through logging is a line within a line: the inner one counts. */
const AIRFLOW =
  /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ]|, )[0-9:]{8}(?:[.,][0-9]{3,6})?(?:[+-][0-9:]{4,6}| [A-Z]{3,5})?)\] \{{1,2}[^}]{1,200}\}{1,2} (?<level>[A-Z]{4,8}) - (?<message>.*)$/;

/** Python's logging as text, and what is built on it: gunicorn, uvicorn, Celery, Airflow, loguru. */
export const pythonText = pattern(
  "python-text",
  [
    // Tornado and Jupyter: [E 260125 01:02:03 web:1789] message.
    /^\[(?<level>[DIWEC]) (?<time>[0-9]{6} [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,12}) [\w.:-]{1,100}\] (?<message>.*)$/,
    // 2026-01-25 01:02:03,456 - shop.pay - ERROR - message; the separator may be | or :.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:[.,][0-9]{3,6})?(?:Z| ?[+-][0-9:]{4,6})?) ?(?:-|\||:) ?[\w.<>/-]{1,200} ?(?:-|\||:) ?(?<level>[A-Z]{4,8}) ?(?:-|\||:) ?(?<message>.*)$/,
    // loguru: time | ERROR    | module:function:12 - message.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15}) \| (?<level>[A-Z]{4,8}) *\| [^\s]{1,200}:[^\s]{1,200}:[0-9]+ - (?<message>.*)$/,
    // gunicorn: [2026-01-25 01:02:03 +0000] [7] [ERROR] message.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} [+-][0-9]{4})\] \[[0-9]+\] \[(?<level>[A-Z]{4,8})\] (?<message>.*)$/,
    // Flask: [2026-01-25 01:02:03,456] ERROR in app: message; logger's name in brackets behind the level's.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:,[0-9]{3})?)\] (?<level>[A-Z]{4,8}) in [\w.]{1,200}: (?<message>.*)$/,
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8},[0-9]{3})\] \[(?<level>[A-Z]{4,8})\] \[[A-Za-z_][\w.]{0,200}\] (?<message>[^[].*)$/,
    // Home Assistant: time LEVEL (thread) [logger] message.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15}) (?<level>[A-Z]{4,8}) \([\w -]{1,100}\) \[[\w.]{1,200}\] (?<message>.*)$/,
    // coloredlogs: time host logger[process] LEVEL message.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:,[0-9]{3})?) [\w.-]{1,253} [\w.-]{1,200}\[[0-9]{1,10}\] (?<level>DEBUG|INFO|NOTICE|VERBOSE|WARNING|SUCCESS|ERROR|CRITICAL) (?<message>.*)$/,
    // Django's verbose: LEVEL time module process thread message.
    /^(?<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) (?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8},[0-9]{3}) \w{1,100} [0-9]{1,10} [0-9]{6,20} (?<message>.*)$/,
    // Celery with a format of its own: time: LEVEL/process message.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8},[0-9]{3}): (?<level>[A-Z]{4,8})\/[\w-]{1,60}:? (?<message>.*)$/,
    // OpenStack's oslo.log: time process LEVEL logger [request …] message.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15}) [0-9]{1,10} (?<level>TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL) [\w.-]{1,200} \[(?:None )?(?:(?<trace>req-[0-9a-f-]{36})[^\]]{0,300}|-)\] (?<message>.*)$/,
    // Celery: [2026-01-25 01:02:03,456: ERROR/ForkPoolWorker-1] message.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8},[0-9]{3}): (?<level>[A-Z]{4,8})\/[^\]]{1,100}\] (?<message>.*)$/,
    // Airflow: [2026-01-25T01:02:03.456+0000] {taskinstance.py:1} ERROR - message; [2026-01-25, 01:02:03 UTC] before 2.9.
    AIRFLOW,
    // basicConfig: ERROR:root:message; uvicorn: ERROR:    message.
    /^(?<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):(?:[\w.-]{1,200}:| +)(?<message>.*)$/,
    // Twisted: 2026-01-25 01:02:03+0000 [shop.pay#error] message; the system's name alone for what informs.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}[+-][0-9]{4}) \[(?:[\w.,: -]{1,100}#(?<level>[a-z]{4,8})|-|[\w.]{1,100}[.,][\w.,: -]{1,100})\] (?<message>.*)$/,
    // structlog on a terminal: time [level    ] event, padded, [logger] key=value.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,15}Z?) \[(?<level>[a-z]{4,8}) *\] (?<message>\S.{0,300}?) {2,}(?<rest>(?:\[[\w.]{1,100}\] ?)?(?:[\w.]{1,60}=.*)?)$/,
  ],
  {
    more(draft, groups, context) {
      const inner = AIRFLOW.exec(draft.message ?? "")?.groups;
      if (inner !== undefined) {
        draft.level = readLevel(inner.level) ?? draft.level;
        draft.time = readTime(inner.time, context) ?? draft.time;
        draft.message = inner.message;
      }
      // What is logged with the time behind the level, as Go's prefixes are, too.
      const time = draft.time === undefined ? leadingTime(draft.message ?? "", context) : undefined;
      if (time !== undefined) {
        draft.time = time.time;
        draft.message = draft.message?.slice(time.end).replace(/^[ :,|-]{1,4}(?=\S)/, "");
      }
      const { rest } = groups as Record<string, string | undefined>;
      if (rest) draft.stack = [rest, draft.stack].filter((one) => one).join("\n");
    },
  },
);
