import { LOCAL_LEVELS, readLevel } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { errorTypeOf } from "./stack.ts";
import { readTime } from "./time.ts";
import type { Draft, TextFormat } from "./types.ts";

const TIME = "(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9:]{4,6})?)";
const TIME_OR_CLOCK = `(?:${TIME}|[0-9:.,]{8,18})`;
/** A zone such as CEST stands before a level, and is none. */
const LEVEL = "(?<level>(?![A-Z]{2,3}T )[A-Z]{4,7})";
/** What stands between the logger and the message: contexts and places in brackets. */
const CONTEXT = "(?<context>(?: {1,40}\\[[^\\]]{0,500}\\]){0,4})(?: \\([^)]{0,200}\\))?";

/** logback's and log4j's usual patterns, Tomcat, Kafka, Elasticsearch, WildFly. */
export const javaText = pattern(
  "java-text",
  [
    // [time][LEVEL][logger] [node] message: Elasticsearch, OpenSearch.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}Z?)\]\[(?<level>[A-Z]{4,5}) *\]\[[^\]]{1,200}\] ?(?:\[[^\]]{0,200}\] ?)?(?<message>.*)$/,
    // Trino: time LEVEL thread logger message, with tabs.
    new RegExp(
      `^${TIME}\\t${LEVEL}\\t[^\\t]{1,200}\\t(?:[a-z][\\w$]{0,60}\\.){1,10}[\\w$]{1,100}\\t(?<message>.*)$`,
    ),
    // ZooKeeper: time [myid:1] - LEVEL [thread:logger@line] - message.
    new RegExp(`^${TIME} +(?:\\[[^\\]]{0,100}\\] )?- ${LEVEL} +\\[.{1,200}@[0-9]{1,6}\\] - (?<message>.*)$`),
    // Solr: time LEVEL (thread) [collection] logger message.
    new RegExp(
      `^${TIME} ${LEVEL} +\\([^)]{1,200}\\) \\[[^\\]]{0,300}\\] (?:[A-Za-z]\\w{0,40}\\.){1,10}[\\w$]{1,100} (?<message>.*)$`,
    ),
    // time | LEVEL | thread | logger | message.
    new RegExp(
      `^${TIME} \\| ${LEVEL} +\\| (?:main|[\\w./:-]{0,100}[-#][0-9]{1,6}) +\\| [\\w.$]{1,200} +\\| (?<message>.*)$`,
    ),
    // ActiveMQ: time | LEVEL | message | logger | thread.
    new RegExp(
      `^${TIME} \\| ${LEVEL} +\\| (?<message>\\S.*) \\| (?:[A-Za-z][\\w$]{0,60}\\.){1,12}[\\w$]{1,100} \\| [^|]{1,200}$`,
    ),
    // time [thread] LEVEL logger - message, the time or only the clock; time LEVEL [thread] logger - message.
    new RegExp(
      `^${TIME_OR_CLOCK} +\\[[^\\]]{1,200}\\] +${LEVEL} +[\\w.$/-]{1,200}(?:\\[\\d+\\]|:\\d+)?${CONTEXT} +(?:-(?<pairs>(?:[\\w.]{1,60}="[^"]{0,500}" ?)*)-(?= |$)|-|:) ?(?<message>.*)$`,
    ),
    new RegExp(
      `^${TIME_OR_CLOCK} +${LEVEL} +\\[[^\\]]{1,200}\\] +(?:[\\w.$/:-]{1,200}|\\([^)]{1,200}\\))${CONTEXT} *(?:-|:|(?<=\\))) ?(?<message>.*)$`,
    ),
    // time LEVEL [logger] [file:line] [dd.trace_id=… dd.span_id=…] - message: Python's and Ruby's loggers as Datadog documents them.
    new RegExp(`^${TIME} +${LEVEL} +(?<context>(?:\\[[^\\]]{0,500}\\] ?){2,5}) ?- (?<message>.*)$`),
    // time LEVEL logger:line - message.
    new RegExp(`^${TIME} +${LEVEL} +[\\w.$/-]{1,200}(?::[0-9]+)?${CONTEXT} +- ?(?<message>.*)$`),
    // time LEVEL [contexts] [thread] logger: message.
    new RegExp(
      `^${TIME} +${LEVEL} +(?<context>(?:\\[[^\\]]{0,300}\\] ){2,3})(?:[a-z][\\w$]{0,60}\\.){1,10}[\\w$]{1,100} ?[-:] (?<message>.*)$`,
    ),
    // time LEVEL logger [thread] message; [LEVEL] time [thread] logger - message: log4j's manual.
    new RegExp(
      `^${TIME} +${LEVEL} +(?:[a-z][\\w$]{0,60}\\.){1,10}[A-Z][\\w$]{0,100} \\[[\\w#:./-]{1,200}\\] (?<message>[^\\s:-].*)$`,
    ),
    new RegExp(`^\\[${LEVEL} *\\] ${TIME} \\[[^\\]]{1,200}\\] [\\w.$]{1,200} - (?<message>.*)$`),
    // ms since the epoch, LEVEL, message.
    /^(?<time>1[0-9]{12}) +(?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +(?<message>.*)$/,
    // [time] LEVEL [thread] message (logger): Kafka. Ruby's semantic_logger has its class before the message, Flask the module.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.,]{8,18})\] (?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +(?:[\w:]{1,200} -- |in [\w.]{1,200}: )?(?<message>.*)$/,
    // LEVEL [thread] time file:line - message: Cassandra.
    /^(?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +\[[^\]]{1,200}\] (?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.,]{8,18}) +[\w.$]{1,200}(?::[0-9]+)? - (?<message>.*)$/,
    // LEVEL time [shard] part - message: ScyllaDB.
    /^(?<level>TRACE|DEBUG|INFO|WARN|ERROR) +(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.,]{8,15}) \[[^\]]{1,100}\] [\w.-]{1,100} - (?<message>.*)$/,
    // Tomcat: 25-Jan-2026 01:02:03.456 SEVERE [main] org.apache.X.y message.
    /^(?<time>[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:.]{8,12}) (?<level>[A-Z]{4,7}) \[[^\]]{1,200}\]{1,4} \S{1,200} (?<message>.*)$/,
    // [thread] LEVEL logger - message: slf4j-simple.
    /^\[[^\]]{1,200}\] (?<level>TRACE|DEBUG|INFO|WARN|ERROR) [\w.$/-]{1,200} - (?<message>.*)$/,
  ],
  {
    more(draft, groups) {
      const { context = "", pairs = "" } = groups as Record<string, string | undefined>;
      readContext(draft, context);
      readContext(draft, pairs.replaceAll('"', ""));
      draft.traceId ??= /(?<![\w-])(?!0{32})[0-9a-f]{32}(?![\w-])/.exec(context)?.[0];
      if (draft.traceId === undefined) delete draft.traceId;
      readIds(draft);
      draft.errorType ??= AT_THE_END.exec(draft.stack ? (draft.message ?? "") : "")?.[1];
      if (draft.errorType === undefined) delete draft.errorType;
      draft.errorCode ??= CODE.exec(draft.message ?? "")?.[1];
      if (draft.errorCode === undefined) delete draft.errorCode;
    },
  },
);

/** The exception that a message ends with, the frames below it: `request failed: java.lang.NullPointerException`. */
const AT_THE_END = /: ((?:[a-z]\w{0,40}\.){1,10}[A-Z]\w{0,80}(?:Exception|Error))(?:: [^\n]*)?$/;
/** Codes that messages of application servers begin with: `WFLYCTL0013: …`, `HHH000100: …`, `CWWKZ0002E: …`. */
const CODE = /^([A-Z]{3,12}(?:-[A-Z]{2,12})?[0-9]{4,6}[A-Z]?): /;

/** Datadog's pattern: `… - trace span - message`, two decimal numbers. */
function readIds(draft: Draft): void {
  const [whole = "", trace] = /^([1-9][0-9]{6,19}) [0-9]{1,20} - /.exec(draft.message ?? "") ?? [];
  if (trace === undefined) return;
  draft.traceId ??= trace;
  draft.message = draft.message?.slice(whole.length);
}

/** What tracers put into a line's context: `traceId=…`, `dd.service=shop`. */
function readContext(draft: Draft, context: string): void {
  if (!context.includes("=")) return;
  for (const [, key = "", value = ""] of context.matchAll(/([\w.]{1,40})=([^\s,\]]{1,200})/g)) {
    const name = key.toLowerCase().replace(/[_-]/g, "");
    if (/^(?:dd\.|otel)?traceid$/.test(name)) draft.traceId ??= value;
    else if (name === "dd.service") draft.service ??= value;
    else if (name === "dd.version") draft.version ??= value;
    else if (name === "dd.env") draft.environment ??= value;
  }
}

const SECOND = new RegExp(`^\\n(SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST|${LOCAL_LEVELS}): ?([^\\n]*)`);

/** java.util.logging's default: the level and message are in the second line. */
export const julText: TextFormat = {
  name: "java-util-logging",
  read(head, below, context) {
    const first =
      /^((?:[A-Z][a-z]{2}\.?|[01]?[0-9][월月]) [0-9]{1,2}, [0-9]{4} [0-9:]{7,8} (?:[AP]M|[오上下午][전후前後午])) [\w.$]{1,200}(?: [\w.$<>]{1,200})?$/.exec(
        head,
      );
    const second = SECOND.exec(below);
    if (first === null || second === null) return undefined;
    const worst = readLevel(second[1]);
    const stack = below.slice(second[0].length + 1);
    const type = errorTypeOf(stack);
    return {
      format: "java-util-logging",
      // SEVERE is the worst it has, in whichever language.
      level: worst === "FATAL" ? "ERROR" : worst,
      levelSource: "record",
      time: readTime(first[1], context),
      message: second[2] ?? "",
      stack,
      ...(type !== undefined && { errorType: type }),
    };
  },
};
