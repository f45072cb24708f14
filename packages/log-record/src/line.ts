import { z } from "zod";
import { LineFormatError, LineSyntaxError } from "./errors.ts";
import {
  LEVELS,
  type Level,
  type LogRecord,
  MAX_LOG_CONTENT_LENGTH,
  MAX_MESSAGE_LENGTH,
  shown,
  WORD_PATTERNS,
} from "./schema.ts";

export { LEVELS, type LogRecord, MAX_LOG_CONTENT_LENGTH } from "./schema.ts";

/** A line of a log, with the stack trace that follows it. */
export interface LogLine {
  level: Level;
  /** ISO 8601, UTC, milliseconds. */
  timestamp: string;
  service: string;
  version: string;
  /** `-` when the line belongs to no request. */
  traceId: string;
  /** One line of text; may be empty. */
  message: string;
  /** The lines below the first, without their line ends; the last one is not empty. */
  stack: string[];
}

/** Where a record comes from: what the line itself does not say. */
export type Origin = Pick<LogRecord, "platform" | "environment" | "pod_name">;

const HEAD =
  `\\[(?<level>${LEVELS.join("|")})\\] ` +
  "(?<timestamp>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z) " +
  `(?<service>${WORD_PATTERNS.service})/(?<version>${WORD_PATTERNS.version}) ` +
  `\\[(?<trace_id>${WORD_PATTERNS.traceId})\\]: `;

/**
 * The first line, `[LEVEL] 2026-01-25T01:02:03.456Z service/version [trace_id]: message`. This pattern and the next
 * three mean the same in JavaScript and in Onigmo (Fluent Bit); their groups are named as the record's fields.
 */
export const LINE_PATTERN = `^${HEAD}(?<message>[^\\r\\n]*)$`;

/** A line with its stack trace. The group `log_content` holds the group `message` and all that follows. */
export const BLOCK_PATTERN = `^${HEAD}(?<log_content>(?<message>[^\\r\\n]*)(?:[\\r\\n][\\s\\S]*)?)`;

/** How a first line begins. Every line that does not begin so belongs to the stack trace above it. */
export const LINE_START_PATTERN = `^\\[(?:${LEVELS.join("|")})\\] [0-9]{4}-[0-9]{2}-[0-9]{2}T`;

/** Where a message carries an error code: `… error_code=DB_POOL_EXHAUSTED …`. The first one counts. */
export const ERROR_CODE_PATTERN = `(?<![A-Za-z0-9_])error_code=(?<error_code>${WORD_PATTERNS.errorCode})(?![A-Za-z0-9_.-])`;

const FIRST_LINE = new RegExp(LINE_PATTERN);
const LINE_START = new RegExp(LINE_START_PATTERN);
const ERROR_CODE = new RegExp(ERROR_CODE_PATTERN);
const TIMESTAMP = z.regexes.datetime({ precision: 3 });
const SERVICE = new RegExp(`^${WORD_PATTERNS.service}$`);
const VERSION = new RegExp(`^${WORD_PATTERNS.version}$`);
const TRACE_ID = new RegExp(`^${WORD_PATTERNS.traceId}$`);
const TIMESTAMP_LENGTH = "2026-01-25T01:02:03.456Z".length;
/** The first line up to its message, with a time that exists. */
const WRITABLE_HEAD = new RegExp(
  `^\\[[A-Z]+\\] ${TIMESTAMP.source.slice(1, -1)} ` +
    `${WORD_PATTERNS.service}/${WORD_PATTERNS.version} \\[${WORD_PATTERNS.traceId}\\]: $`,
);
const LINE_END = /\r\n|\r|\n/;

const LINE_FORM = "[LEVEL] 2026-01-25T01:02:03.456Z service/version [trace_id]: message";

/**
 * Reads one line and the stack trace below it. Line ends may be LF, CRLF or CR; those at the end are left out.
 * @throws LineSyntaxError when the first line has another form, its time does not exist, or a second line starts below.
 */
export function parseLine(text: string): LogLine {
  const [first = "", ...stack] = withoutLastLineEnds(text).split(LINE_END);
  const groups = FIRST_LINE.exec(first)?.groups;
  if (groups === undefined) {
    throw new LineSyntaxError(
      `line: given ${shown(first)}, allowed ${LINE_FORM} with LEVEL one of ${LEVELS.join(", ")}`,
    );
  }
  const { level, timestamp, service, version, trace_id: traceId, message } = groups as Record<string, string>;
  if (!TIMESTAMP.test(timestamp ?? "")) {
    throw new LineSyntaxError(`timestamp: given ${shown(timestamp)}, allowed a time that exists, in UTC`);
  }
  const second = stack.findIndex((line) => LINE_START.test(line));
  if (second !== -1) {
    throw new LineSyntaxError(
      `stack line ${second + 1}: given ${shown(stack[second])}, the start of another line; allowed one line and its stack trace`,
    );
  }
  return { level, timestamp, service, version, traceId, message, stack } as LogLine;
}

/** A regular expression would try every run of line ends inside a hostile text to its end. */
function withoutLastLineEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\n" || text[end - 1] === "\r") end -= 1;
  return text.slice(0, end);
}

/**
 * Writes a line and its stack trace, LF between them and none at the end. `parseLine` reads the same line again.
 * @throws LineFormatError when it could not: a line end inside the message or a stack line, a stack line that starts
 * like a line of its own, an empty last stack line, a word with characters that end it, a time that does not exist.
 */
export function formatLine(line: LogLine): string {
  const { level, timestamp, service, version, traceId, message, stack } = line;
  const head = headOf(line);
  // One pass over all words is faster than one for each. It proves each of them, as none holds what ends it.
  const unambiguous =
    LEVELS.includes(level) &&
    timestamp.length === TIMESTAMP_LENGTH &&
    !service.includes("/") &&
    !version.includes(" ") &&
    !traceId.includes("]");
  if (!unambiguous || !WRITABLE_HEAD.test(head) || holdsLineEnd(message)) explainRefusal(line);
  for (const [index, text] of stack.entries()) {
    if (holdsLineEnd(text)) refuse(`stack[${index}]`, text, "a text without line ends (CR, LF)");
    if (LINE_START.test(text)) {
      refuse(`stack[${index}]`, text, "a text that does not start like a line of its own");
    }
  }
  if (stack.at(-1) === "") refuse(`stack[${stack.length - 1}]`, "", "a last line that is not empty");
  return writeLine(line);
}

/** As `formatLine`, of a line whose every part is known to be right: proving it takes a tenth of making a line up. */
export function writeLine(line: LogLine): string {
  const first = headOf(line) + line.message;
  return line.stack.length === 0 ? first : `${first}\n${line.stack.join("\n")}`;
}

const headOf = ({ level, timestamp, service, version, traceId }: LogLine): string =>
  `[${level}] ${timestamp} ${service}/${version} [${traceId}]: `;

/** Twice as fast as a regular expression. */
function holdsLineEnd(text: string): boolean {
  return text.includes("\n") || text.includes("\r");
}

/** Names the first field that keeps a line from being written. */
function explainRefusal({ level, timestamp, service, version, traceId, message }: LogLine): never {
  if (!LEVELS.includes(level)) refuse("level", level, LEVELS.join(", "));
  if (!TIMESTAMP.test(timestamp)) refuse("timestamp", timestamp, "a time such as 2026-01-25T01:02:03.456Z");
  if (!SERVICE.test(service)) refuse("service", service, WORD_PATTERNS.service);
  if (!VERSION.test(version)) refuse("version", version, WORD_PATTERNS.version);
  if (!TRACE_ID.test(traceId)) refuse("traceId", traceId, WORD_PATTERNS.traceId);
  refuse("message", message, "a text without line ends (CR, LF)");
}

function refuse(field: string, given: unknown, allowed: string): never {
  throw new LineFormatError(`${field}: given ${shown(given)}, allowed ${allowed}`);
}

/**
 * The record that Fluent Bit makes of a line. A message and a stack trace beyond the record's limits are cut, so that
 * an error with a huge text is still an error and not an invalid record.
 */
export function toRecord(line: LogLine, origin: Origin): LogRecord {
  const { message, stack } = line;
  const content = stack.length === 0 ? message : `${message}\n${stack.join("\n")}`;
  const record: LogRecord = {
    timestamp: line.timestamp,
    level: line.level,
    service: line.service,
    version: line.version,
    trace_id: line.traceId,
    message: message.slice(0, MAX_MESSAGE_LENGTH),
    log_content: content.slice(0, MAX_LOG_CONTENT_LENGTH),
    platform: origin.platform,
    environment: origin.environment,
    pod_name: origin.pod_name,
  };
  const code = ERROR_CODE.exec(message)?.groups?.error_code;
  if (code !== undefined) record.error_code = code;
  return record;
}
