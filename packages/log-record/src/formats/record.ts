import { ERROR_CODE_PATTERN } from "../line.ts";
import { type LogRecord, MAX_LOG_CONTENT_LENGTH, MAX_MESSAGE_LENGTH } from "../schema.ts";
import { clean } from "./clean.ts";
import { impliedLevel } from "./draft.ts";
import type { Draft, ReadContext } from "./types.ts";

/** Stands for what a log doesn't say. */
export const UNKNOWN = "unknown";
const NO_TRACE = "-";
const ERROR_CODE = new RegExp(ERROR_CODE_PATTERN);
const MAX_ERROR_TYPE_LENGTH = 256;

/** The record of what a log and all around it say. Whatever is in the draft, it is a valid record. */
export function recordOf(draft: Draft, context: ReadContext): LogRecord {
  const outer = context.outer ?? {};
  const { message: whole = "", stack = "" } = draft;
  const text = clean(whole);
  const end = text.indexOf("\n");
  const message = end === -1 ? text : text.slice(0, end).trimEnd();
  const content = contentOf(text, clean(stack), draft.errorMessage);
  const { level, source } = levelOf(draft, outer);
  const time = draft.time ?? outer.time ?? context.arrival;
  const record: LogRecord = {
    timestamp: new Date(time).toISOString(),
    level,
    service: word(draft.service, SERVICE, 63) ?? word(outer.service, SERVICE, 63) ?? UNKNOWN,
    version: word(draft.version, VERSION, 64) ?? word(outer.version, VERSION, 64) ?? UNKNOWN,
    trace_id: word(draft.traceId, TRACE, 128) ?? word(outer.traceId, TRACE, 128) ?? NO_TRACE,
    message: cut(message, MAX_MESSAGE_LENGTH),
    log_content: cut(content, MAX_LOG_CONTENT_LENGTH),
    platform: word(draft.platform, ORIGIN, 253) ?? word(outer.platform, ORIGIN, 253) ?? UNKNOWN,
    environment: word(draft.environment, ORIGIN, 253) ?? word(outer.environment, ORIGIN, 253) ?? UNKNOWN,
    // The envelope knows the pod; a host that the log names may be a node or anything.
    pod_name: word(outer.podName, ORIGIN, 253) ?? word(draft.podName, ORIGIN, 253) ?? UNKNOWN,
    level_source: source,
    timestamp_source: sourceOfTime(draft, outer),
  };
  const code =
    word(draft.errorCode?.toUpperCase(), CODE, 64) ?? ERROR_CODE.exec(record.message)?.groups?.error_code;
  if (code !== undefined) record.error_code = code;
  const type = draft.errorType?.trim();
  if (type) record.error_type = cut(oneLine(type), MAX_ERROR_TYPE_LENGTH);
  if (message.length > MAX_MESSAGE_LENGTH || content.length > MAX_LOG_CONTENT_LENGTH) record.truncated = true;
  return record;
}

function sourceOfTime(draft: Draft, outer: Partial<Draft>): NonNullable<LogRecord["timestamp_source"]> {
  if (draft.time !== undefined) return "record";
  return outer.time === undefined ? "arrival" : (outer.timeSource ?? "runtime");
}

/** What the log states; else what the envelope does, unless the text reports worse. */
function levelOf(draft: Draft, outer: Partial<Draft>) {
  if (draft.level !== undefined)
    return { level: draft.level, source: draft.levelSource ?? "record" } as const;
  const implied = impliedLevel(draft);
  const isCalm = outer.level === undefined || outer.level === "INFO" || outer.level === "DEBUG";
  if (implied.level !== undefined && (isCalm || implied.level === "FATAL")) {
    return { level: implied.level, source: implied.levelSource ?? "text" } as const;
  }
  if (outer.level !== undefined) return { level: outer.level, source: "record" } as const;
  return { level: "INFO", source: "default" } as const;
}

/** The message with all that belongs to it below: what the error says, when the message doesn't, and its stack trace. */
function contentOf(message: string, stack: string, errorMessage: string | undefined): string {
  const said = errorMessage === undefined ? "" : clean(errorMessage);
  const parts = [message];
  if (said !== "" && !message.includes(said) && !stack.includes(said)) parts.push(`error: ${said}`);
  // A trace that the message has in it, or that begins with the message, is told once.
  if (stack.startsWith(`${message}\n`)) return stack;
  if (stack !== "" && !message.includes(stack)) parts.push(stack);
  return parts.join("\n");
}

interface Word {
  /** Most words as they are: nothing has to be done with those. */
  readonly usual: RegExp;
  readonly refused: RegExp;
  readonly start: RegExp;
}

const SERVICE: Word = {
  usual: /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9._])?$/,
  refused: /[^\p{L}\p{N}\p{M}._-]+/gu,
  start: /^[^\p{L}\p{N}]+/u,
};
const VERSION: Word = {
  usual: /^[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9._+])?$/,
  refused: /[^A-Za-z0-9._+-]+/g,
  start: /^[^A-Za-z0-9]+/,
};
const TRACE: Word = {
  usual: /^[A-Za-z0-9._:-]{0,127}[A-Za-z0-9._:]$/,
  refused: /[^A-Za-z0-9._:-]+/g,
  start: /^$/,
};
const ORIGIN: Word = {
  usual: /^[A-Za-z0-9](?:[A-Za-z0-9._:/-]{0,251}[A-Za-z0-9._:/])?$/,
  refused: /[^A-Za-z0-9._:/-]+/g,
  start: /^[^A-Za-z0-9]+/,
};
const CODE: Word = {
  usual: /^[A-Z0-9](?:[A-Z0-9_.-]{0,62}[A-Z0-9_.])?$/,
  refused: /[^A-Z0-9_.-]+/g,
  start: /^[^A-Z0-9]+/,
};

/** A text as one word of a record: what it may not hold is a dash, what is too long is cut. */
function word(
  text: string | undefined,
  { usual, refused, start }: Word,
  longest: number,
): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (usual.test(text)) return text;
  const cleaned = text.slice(0, 1000).replace(refused, "-").replace(start, "").replace(/-+$/, "");
  // By characters: half of one is none.
  const short = cleaned.length <= longest ? cleaned : [...cleaned.slice(0, longest)].filter(isWhole).join("");
  return short === "" ? undefined : short;
}

const isWhole = (character: string) => !/^[\ud800-\udfff]$/.test(character);

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const last = text.charCodeAt(longest - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 1 : longest);
}

const oneLine = (text: string) => text.replace(/[\r\n]+/g, " ");
