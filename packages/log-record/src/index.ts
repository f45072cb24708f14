export { LineFormatError, LineSyntaxError } from "./errors.ts";
export { jsonOf } from "./formats/fields.ts";
export { luaTables } from "./formats/lua.ts";
export { type ReadLog, type ReadLogs, type ReadOptions, readText, readValue } from "./formats/read.ts";
export { UNKNOWN } from "./formats/record.ts";
export { CONTINUATION_PATTERN, continuationRules, continues, EXCEPTION_PATTERN } from "./formats/split.ts";
export { isZone } from "./formats/time.ts";
export {
  BLOCK_PATTERN,
  ERROR_CODE_PATTERN,
  formatLine,
  LINE_PATTERN,
  LINE_START_PATTERN,
  type LogLine,
  type Origin,
  parseLine,
  toRecord,
  writeLine,
} from "./line.ts";
export {
  LEVELS,
  type Level,
  type LogRecord,
  logRecordSchema,
  MAX_LOG_CONTENT_LENGTH,
  MAX_MESSAGE_LENGTH,
  ownRecord,
  type RecordVerdict,
  SOURCE_ID,
  validateRecord,
} from "./schema.ts";
