import { pattern } from "./pattern.ts";

const LEVEL = "(?<level>trace|debug|info|warning|warn|error|err|critical|fatal|off)";

/** Text of C++'s loggers: spdlog, Boost.Log, g3log, Ray. */
export const cppText = pattern(
  "cpp-text",
  [
    // [time] [logger] [level] [file:line] message; the logger may be a thread.
    new RegExp(
      `^\\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,18})\\] (?:\\[[^\\]]{1,100}\\] ){0,3}\\[${LEVEL}\\] +(?:\\[[\\w./-]{1,200}:[0-9]+\\] )?(?<message>.*)$`,
    ),
    // g3log: time µs LEVEL [file->function:line] message, with tabs.
    /^(?<time>[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9:]{8}) (?<micros>[0-9]{6})\t(?<level>DEBUG|INFO|WARNING|ERROR|FATAL) (?:\[[^\]]{1,300}\]\t?)?(?<message>.*)$/,
    // ClickHouse: time [ thread ] {query} <Level> part: message.
    /^(?<time>[0-9]{4}\.[0-9]{2}\.[0-9]{2} [0-9:.]{8,15}) \[ [0-9]{1,10} \] \{(?<trace>[\w:-]{0,64})\} <(?<level>Fatal|Critical|Error|Warning|Notice|Information|Debug|Trace|Test)> (?<message>(?:.{0,300}?Code: (?<code>[0-9]{1,5})\. )?.*)$/,
    // Ceph: time thread priority message; only an error's priority is below zero.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,15}(?:[+-][0-9]{4})?) [0-9a-f]{12,16} +(?<ceph>-?[0-9]{1,2}) (?<message>.*)$/,
    // Ray: [time letter process thread] (part) file:line: message.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}[.,][0-9]{3,6}) (?<level>[DIWECF]) [0-9]{1,10} [0-9]{1,10}\] (?:\([\w-]{1,60}\) )?(?:[\w./-]{1,200}:[0-9]+: )?(?<message>.*)$/,
  ],
  {
    more(draft, groups) {
      const { ceph, micros } = groups as Record<string, string | undefined>;
      if (ceph !== undefined) {
        draft.level = ceph.startsWith("-") ? "ERROR" : Number(ceph) > 1 ? "DEBUG" : "INFO";
        draft.levelSource = "record";
      }
      if (micros !== undefined && draft.time !== undefined) draft.time += Math.floor(Number(micros) / 1000);
    },
  },
);
