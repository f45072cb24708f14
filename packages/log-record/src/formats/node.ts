import { fieldsBehind } from "./go.ts";
import { pattern } from "./pattern.ts";

/** Text of Node's loggers: Nest, winston's simple and printf formats, npm. */
export const nodeText = pattern(
  "node-text",
  [
    /^\[Nest\] [0-9]+ +- (?<time>[0-9/]{8,10}, [0-9:]{7,8} [AP]M) +(?<level>[A-Z]{3,7}) (?:\[[^\]]{1,200}\] )?(?<message>.*)$/,
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}Z?) (?:\[[^\]]{1,100}\] )?\[?(?<level>error|warn|info|http|verbose|debug|silly)\]?: (?<message>.*)$/,
    // tslog: time LEVEL file:line message, with tabs.
    /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,12})\t(?<level>SILLY|TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\t(?:\[?[^\t]{1,300}:[0-9]+\]?\t)?(?<message>.*)$/,
    // log4js: [time] [LEVEL] logger - message.
    /^\[(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}Z?)\] \[(?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL|MARK)\] [\w./:-]{1,100} - (?<message>.*)$/,
    // pino-pretty: [time] LEVEL (name/process on host): message; the time may be the clock alone.
    /^\[(?:(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,15}(?: ?[+-][0-9:]{4,5}|Z)?|[0-9]{13})|[0-9:.]{8,12})\] (?<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) ?\((?:(?<service>[\w.-]{1,100})\/)?[0-9]{1,9}(?: on [^)]{1,255})?\): (?<message>.*)$/,
    // signale: [time] [scope] › ✖  error     message.
    /^(?:\[[^\]]{1,60}\] ){0,4}(?:› )?[^\w\s[\]"'{(<] {1,2}(?<level>fatal|error|warning|warn|info|success|debug|note|start|complete|pending|await|watch) {2,}(?<message>\S.*)$/,
    // Node itself: (node:7) [DEP0005] DeprecationWarning: message.
    /^\(node:[0-9]{1,10}\) (?:\[(?<code>[A-Z_]{2,40}[0-9]{0,5})\] )?(?<type>\w{0,60}(?<level>Warning)): (?<message>.*)$/,
    // winston's simple: level: message {"its":"fields"}.
    /^(?<level>error|warn|info|http|verbose|debug|silly): {1,5}(?=.*\}$)(?<message>.* \{".*)$/,
    /^npm (?<level>ERR|error|WARN|warn)!? (?<message>.*)$/,
  ],
  {
    more(draft, groups, context) {
      if (/\{".*\}$/.test(draft.message ?? "")) fieldsBehind(draft, groups, context);
      // pino-pretty shows an error's fields below the message.
      const type = /^ +err: \{\n +"type": "([\w$.]{1,100})"/.exec(draft.stack ?? "")?.[1];
      if (type !== undefined) draft.errorType = type;
    },
  },
);
