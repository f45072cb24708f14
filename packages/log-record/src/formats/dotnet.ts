import { traceAt } from "./draft.ts";
import { Fields, isObject } from "./fields.ts";
import { readLevel } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { errorTypeOf } from "./stack.ts";
import { leadingTime } from "./time.ts";
import type { JsonFormat, TextFormat } from "./types.ts";

/** Serilog's and NLog's text: `2026-01-25 01:02:03.456 +00:00 [ERR] message`, `[01:02:03 ERR] message`, `time|ERROR|logger|message`. */
export const dotnetText = pattern(
  "dotnet-text",
  [
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,16}(?: ?[+-][0-9:]{5,6}|Z)?) \[(?<level>VRB|DBG|INF|WRN|ERR|FTL)\] (?<message>.*)$/,
    /^\[(?:(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,16}(?: ?[+-][0-9:]{5,6}|Z)?)|[0-9:.]{8,12}) (?<level>VRB|DBG|INF|WRN|ERR|FTL)\] (?<message>.*)$/,
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,16})\|(?<level>[A-Za-z]{4,5})\|[^|]{1,200}\|(?<message>.*)$/,
  ],
  {
    more(draft) {
      // NLog's default layout ends with the exception.
      const found = /^(.*?)\|((?:[A-Z]\w{0,100}\.){1,10}[A-Z]\w{0,100}: .*)$/.exec(draft.message ?? "");
      if (found === null) return;
      draft.message = found[1] as string;
      draft.stack = `${found[2]}\n${draft.stack ?? ""}`;
      const type = errorTypeOf(draft.stack);
      if (type !== undefined) draft.errorType = type;
    },
  },
);

/** What such a line has somewhere; most lines have not, and a time takes longer to look for. */
const SOME_CONSOLE = /(?:trce|dbug|info|warn|fail|crit): [\w.`+]{1,200}\[[0-9]/;
const CONSOLE = /^(trce|dbug|info|warn|fail|crit): [\w.`+]{1,200}\[[0-9]+\] *(.*)$/;

/** .NET's console logger: the level and category in the first line, a time before them if one is configured; the message indented below. */
export const dotnetConsole: TextFormat = {
  name: "dotnet-console",
  read(head, below, context) {
    if (!SOME_CONSOLE.test(head)) return undefined;
    const stamp = leadingTime(head, context);
    const first = CONSOLE.exec(stamp === undefined ? head : head.slice(stamp.end).trimStart());
    if (first === null) return undefined;
    const lines = below === "" ? [] : below.slice(1).split("\n");
    const message = first[2] || lines.shift()?.trim() || head;
    const type = errorTypeOf(lines[0]?.trim() ?? "");
    return {
      format: "dotnet-console",
      level: readLevel(first[1]),
      levelSource: "record",
      ...(stamp !== undefined && { time: stamp.time }),
      message,
      stack: lines.join("\n"),
      ...(type !== undefined && { errorType: type }),
    };
  },
};

/**
 * .NET's JSON console: `LogLevel`, `Category`, `Message`. The trace is in one of the `Scopes`, which are objects, or texts such as
 * `SpanId:…, TraceId:…, ParentId:…`. Source: https://learn.microsoft.com/en-us/dotnet/core/extensions/console-log-formatter
 */
export const dotnetJson: JsonFormat = {
  name: "dotnet-json",
  matches: (fields) => fields.has("loglevel", "category", "message"),
  read(fields, draft) {
    const scopes = fields.get("scopes");
    if (draft.traceId !== undefined || !Array.isArray(scopes)) return;
    const found = scopes.slice(0, MOST_SCOPES).map(idsOf);
    // A trace goes before the id of a request, whichever scope it is in.
    const id =
      found.find(({ trace }) => trace !== undefined)?.trace ?? found.find(({ other }) => other)?.other;
    if (id !== undefined) draft.traceId = id;
  },
};

const MOST_SCOPES = 50;

function idsOf(scope: unknown): { trace?: string | undefined; other?: string | undefined } {
  if (typeof scope === "string") return { trace: traceAt(/\bTraceId:([\w-]{1,128})/.exec(scope)?.[1]) };
  if (!isObject(scope)) return {};
  const fields = new Fields(scope);
  return { trace: traceAt(fields.get("traceid")), other: fields.first("trace_id", traceAt) };
}
