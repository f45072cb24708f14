import { pattern } from "./pattern.ts";

/** Text of Node's loggers: Nest, winston's simple and printf formats, npm. */
export const nodeText = pattern("node-text", [
  /^\[Nest\] [0-9]+ +- (?<time>[0-9/]{8,10}, [0-9:]{7,8} [AP]M) +(?<level>[A-Z]{3,7}) (?:\[[^\]]{1,200}\] )?(?<message>.*)$/,
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}Z?) (?:\[[^\]]{1,100}\] )?\[?(?<level>error|warn|info|http|verbose|debug|silly)\]?: (?<message>.*)$/,
  // tslog: time LEVEL file:line message, with tabs.
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,12})\t(?<level>SILLY|TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\t(?:\[?[^\t]{1,300}:[0-9]+\]?\t)?(?<message>.*)$/,
  // log4js: [time] [LEVEL] logger - message.
  /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}Z?)\] \[(?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL|MARK)\] [\w./:-]{1,100} - (?<message>.*)$/,
  // pino-pretty: [time] LEVEL (name/process on host): message; the time may be the clock alone.
  /^\[(?:(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,15}(?: ?[+-][0-9:]{4,5}|Z)?|[0-9]{13})|[0-9:.]{8,12})\] (?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) ?\((?:(?<service>[\w.-]{1,100})\/)?[0-9]{1,9}(?: on [^)]{1,255})?\): (?<message>.*)$/,
  /^npm (?<level>ERR|error|WARN|warn)!? (?<message>.*)$/,
]);
