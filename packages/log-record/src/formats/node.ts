import { pattern } from "./pattern.ts";

/** Text of Node's loggers: Nest, winston's simple and printf formats, npm. */
export const nodeText = pattern("node-text", [
  /^\[Nest\] [0-9]+ +- (?<time>[0-9/]{8,10}, [0-9:]{7,8} [AP]M) +(?<level>[A-Z]{3,7}) (?:\[[^\]]{1,200}\] )?(?<message>.*)$/,
  /^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}Z?) (?:\[[^\]]{1,100}\] )?\[?(?<level>error|warn|info|http|verbose|debug|silly)\]?: (?<message>.*)$/,
  /^npm (?<level>ERR|error|WARN|warn)!? (?<message>.*)$/,
]);
