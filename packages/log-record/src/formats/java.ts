import { readLevel } from "./levels.ts";
import { pattern } from "./pattern.ts";
import { readTime } from "./time.ts";
import type { TextFormat } from "./types.ts";

/** logback's and log4j's usual patterns, Tomcat, Kafka, Elasticsearch, WildFly. */
export const javaText = pattern("java-text", [
  // [time][LEVEL][logger] [node] message: Elasticsearch, OpenSearch.
  /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.,]{8,18}Z?)\]\[(?<level>[A-Z]{4,5}) *\]\[[^\]]{1,200}\] (?:\[[^\]]{0,200}\] ?)?(?<message>.*)$/,
  // time [thread] LEVEL logger - message, the time or only the clock; time LEVEL [thread] logger - message.
  /^(?:(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9:]{4,6})?)|[0-9:.,]{8,18}) +\[[^\]]{1,200}\] +(?<level>[A-Z]{4,7}) +[\w.$/-]{1,200}(?:\[\d+\])?(?: \([^)]{0,200}\))? +(?:-|:) ?(?<message>.*)$/,
  /^(?:(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9:]{4,6})?)|[0-9:.,]{8,18}) +(?<level>[A-Z]{4,7}) +\[[^\]]{1,200}\] +(?:[\w.$/:-]{1,200}|\([^)]{1,200}\))(?: \([^)]{0,200}\))? *(?:-|:|(?<=\))) ?(?<message>.*)$/,
  // time LEVEL logger:line - message.
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9:]{4,6})?) +(?<level>[A-Z]{4,7}) +[\w.$/-]{1,200}(?::[0-9]+)? +- ?(?<message>.*)$/,
  // [time] LEVEL [thread] message (logger): Kafka.
  /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.,]{8,18})\] (?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) (?<message>.*)$/,
  // LEVEL [thread] time file:line - message: Cassandra.
  /^(?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +\[[^\]]{1,200}\] (?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.,]{8,18}) +[\w.$]{1,200}(?::[0-9]+)? - (?<message>.*)$/,
  // Tomcat: 25-Jan-2026 01:02:03.456 SEVERE [main] org.apache.X.y message.
  /^(?<time>[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:.]{8,12}) (?<level>[A-Z]{4,7}) \[[^\]]{1,200}\] \S{1,200} (?<message>.*)$/,
]);

/** java.util.logging's default: the level and message are in the second line. */
export const julText: TextFormat = {
  name: "java-util-logging",
  read(head, below, context) {
    const first =
      /^([A-Z][a-z]{2} [0-9]{1,2}, [0-9]{4} [0-9:]{7,8} [AP]M) [\w.$]{1,200}(?: [\w.$<>]{1,200})?$/.exec(
        head,
      );
    const second = /^\n(SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST): ?([^\n]*)/.exec(below);
    if (first === null || second === null) return undefined;
    return {
      format: "java-util-logging",
      level: readLevel(second[1]),
      levelSource: "record",
      time: readTime(first[1], context),
      message: second[2] ?? "",
      stack: below.slice(second[0].length + 1),
    };
  },
};
