import type { Level } from "../schema.ts";
import { pattern } from "./pattern.ts";

/** The kernel's ring buffer: `<3>[12345.678901] Out of memory`. The number is syslog's severity, the time that since the start. */
export const kernel = pattern(
  "kernel",
  [
    /^<(?<level>[0-7])>\[ *[0-9]+\.[0-9]+\] (?<message>.*)$/,
    // In syslog its severity is before it.
    /^\[ *[0-9]{1,9}\.[0-9]{6}\] (?<message>.*)$/,
  ],
  {
    scale: "syslog",
    more(draft) {
      draft.service = "kernel";
    },
  },
);

/** Blue Gene's and other supercomputers' logs: a tag or -, seconds, date, node, time, node, RAS, part, level, message. */
export const blueGene = pattern("blue-gene", [
  /^(?:-|[A-Z][A-Z0-9_]{1,30}) (?<time>1[0-9]{9}) [0-9]{4}\.[0-9]{2}\.[0-9]{2} \S{1,60} [0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9.]{8,15} (?<pod>\S{1,60}) [A-Z]{2,10} [A-Z_]{2,20} (?<level>INFO|WARNING|ERROR|SEVERE|FATAL|FAILURE) (?<message>.*)$/,
]);

/** Android: `01-25 01:02:03.456  1234  5678 E Tag: message`. */
export const logcat = pattern("logcat", [
  /^(?<time>[0-9]{2}-[0-9]{2} [0-9:.]{12}) +[0-9]+ +[0-9]+ (?<level>[VDIWEFA]) [^:]{1,100}: (?<message>.*)$/,
]);

/** swift-log: `2026-01-25T01:02:03+0900 error shop : key=value [Module] message`. */
export const swiftLog = pattern("swift-log", [
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[+-][0-9]{4}) (?<level>trace|debug|info|notice|warning|error|critical) (?<service>[\w.-]{1,100}) ?:(?: [\w.-]{1,100}=\S{1,500}){0,50}(?: \[[\w.-]{1,100}\])? (?<message>.*)$/,
]);

/** Erlang's reports: `=ERROR REPORT==== 25-Jan-2026::01:02:03.456789 ===`, and below what happened. */
export const erlangReport = pattern(
  "erlang",
  [
    /^=(?<level>[A-Z]{4,10}) REPORT==== (?<time>[0-9]{1,2}-[A-Z][a-z]{2}-[0-9]{4}::[0-9:.]{8,15}) ===(?: (?<message>\S.*))?$/,
  ],
  {
    more(draft, { message }) {
      if (message !== undefined) return;
      const { stack = "" } = draft;
      const end = stack.indexOf("\n");
      draft.message = (end === -1 ? stack : stack.slice(0, end)).trim() || draft.message;
      draft.stack = end === -1 ? "" : stack.slice(end + 1);
      if (draft.level === undefined) Object.assign(draft, { level: "ERROR", levelSource: "text" });
    },
  },
);

/** Julia's ConsoleLogger: `┌ Error: message`, with lines below that begin with `│` and `└`; `[ Info: message` is a single line. */
export const julia = pattern("julia", [/^[┌[] (?<level>Debug|Info|Warning|Error): (?<message>.*)$/]);

/** Linux's audit log: `type=AVC msg=audit(1769302923.456:4711): …`. */
export const auditd = pattern(
  "auditd",
  [
    /^(?:node=\S{1,253} )?type=(?<kind>[A-Z_0-9]{2,40}) msg=audit\((?<time>[0-9]{10}\.[0-9]{3}):[0-9]+\): *(?<message>.*)$/,
  ],
  {
    more(draft, groups) {
      const { kind } = groups as Record<string, string>;
      const program = / comm="([^"]{1,64})"/.exec(draft.message ?? "")?.[1];
      if (program !== undefined) draft.service = program;
      draft.message = `${kind} ${draft.message}`;
      // A process that a signal ended.
      if (kind === "ANOM_ABEND") Object.assign(draft, { level: "ERROR", levelSource: "text" });
    },
  },
);

/** What Heroku reports of a dyno or a router: `Error R14 (Memory quota exceeded)`. https://devcenter.heroku.com/articles/error-codes */
export const herokuError = pattern(
  "heroku-error",
  [/^(?<level>Error) (?<code>[RHL][0-9]{1,3}) \(.*$/, /^State changed from [a-z]{2,12} to (?<end>crashed)$/],
  {
    more(draft, groups) {
      if ((groups as Record<string, string>).end !== undefined)
        Object.assign(draft, { level: "ERROR", levelSource: "text" });
    },
  },
);

/** What Nagios says of a host or a service: its state is among the fields, and ALERT is no level. */
export const nagios = pattern(
  "nagios",
  [
    /^\[(?<time>1[0-9]{9})\] (?<message>(?:[A-Z]{4,12} )?(?:SERVICE|HOST) (?:[A-Z]{4,12} )?(?:ALERT|STATE|NOTIFICATION): .*)$/,
  ],
  {
    more(draft) {
      const state = /;(OK|UP|WARNING|UNKNOWN|CRITICAL|DOWN|UNREACHABLE)(?=[; ])/.exec(draft.message ?? "");
      const level = STATES[state?.[1] ?? ""];
      if (level !== undefined) Object.assign(draft, { level, levelSource: "record" });
    },
  },
);

/** https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/pluginapi.html */
const STATES: Readonly<Record<string, Level>> = {
  OK: "INFO",
  UP: "INFO",
  WARNING: "WARN",
  UNKNOWN: "WARN",
  CRITICAL: "FATAL",
  DOWN: "FATAL",
  UNREACHABLE: "FATAL",
};
