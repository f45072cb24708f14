import { readLevel } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { errorTypeOf } from "./stack.ts";
import type { TextFormat } from "./types.ts";

/** Serilog's and NLog's text: `2026-01-25 01:02:03.456 +00:00 [ERR] message`, `[01:02:03 ERR] message`, `time|ERROR|logger|message`. */
export const dotnetText = pattern("dotnet-text", [
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,16}(?: ?[+-][0-9:]{5,6}|Z)?) \[(?<level>VRB|DBG|INF|WRN|ERR|FTL)\] (?<message>.*)$/,
  /^\[[0-9]{2}:[0-9]{2}:[0-9]{2} (?<level>VRB|DBG|INF|WRN|ERR|FTL)\] (?<message>.*)$/,
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,16})\|(?<level>[A-Za-z]{4,5})\|[^|]{1,200}\|(?<message>.*)$/,
]);

/** .NET's console logger: the level and category in the first line, the message indented below. */
export const dotnetConsole: TextFormat = {
  name: "dotnet-console",
  read(head, below) {
    const first = /^(trce|dbug|info|warn|fail|crit): [\w.`+]{1,200}\[[0-9]+\] *(.*)$/.exec(head);
    if (first === null) return undefined;
    const lines = below === "" ? [] : below.slice(1).split("\n");
    const message = first[2] || lines.shift()?.trim() || head;
    const type = errorTypeOf(lines[0]?.trim() ?? "");
    return {
      format: "dotnet-console",
      level: readLevel(first[1]),
      levelSource: "record",
      message,
      stack: lines.join("\n"),
      ...(type !== undefined && { errorType: type }),
    };
  },
};
