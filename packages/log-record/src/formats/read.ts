import { type LogRecord, ownRecord, SOURCE_ID } from "../schema.ts";
import { clean } from "./clean.ts";
import { draftOfFields, outerOf, requestOf } from "./draft.ts";
import { Fields, isObject, type Json, jsonOf } from "./fields.ts";
import { levelInText } from "./plain.ts";
import { recordOf } from "./record.ts";
import { ENVELOPES, JSON_FORMATS, TEXT_FORMATS, WRAPPERS } from "./registry.ts";
import { lastLine, TRACEBACK } from "./stack.ts";
import { leadingTime } from "./time.ts";
import type { Draft, ReadContext } from "./types.ts";

/** A log that was read. */
export interface ReadLog {
  record: LogRecord;
  /** The format's name, such as `pino`; with an envelope's before it, such as `cloudwatch/text`. */
  format: string;
}

export interface ReadOptions {
  /** When the log arrived, ms since the epoch: its time when nothing else says one. */
  arrival: number;
  /** Zone of times that have none: an IANA name such as `Asia/Seoul`, or an offset such as `+09:00`. Default: UTC. */
  zone?: string;
}

/** Most logs of one value, and what is over. */
export interface ReadLogs {
  logs: ReadLog[];
  /** A value with the logs that were too many; nothing when all were read. */
  rest?: { value: unknown };
}

/** Envelopes around one log, such as JSON in syslog in a container's line in CloudWatch. */
const MOST_ENVELOPES = 5;
/** A format is known by the start of its first line. */
const LONGEST_HEAD = 8_192;
const MOST_JSON_SHOWN = 300_000;

/**
 * Reads a JSON value of any logger, alone, in an envelope or in a list. Every log becomes a record: what is missing is `unknown`,
 * what doesn't fit is cut. The same value gives the same records.
 */
export function readValue(value: unknown, options: ReadOptions, most: number): ReadLogs {
  const reader = new Reader(most);
  const rest = reader.value(value, contextOf(options), "");
  const id = isObject(value) ? value.source_id : undefined;
  if (typeof id === "string" && SOURCE_ID.test(id)) {
    // Of several logs in one text each has an id of its own.
    for (const [index, { record }] of reader.logs.entries())
      record.source_id = index === 0 ? id : `${id}#${index}`;
  }
  return rest === undefined ? { logs: reader.logs } : { logs: reader.logs, rest };
}

/** Reads a text, its first line with what is below it, as one log. */
export function readText(text: string, options: ReadOptions, most: number): ReadLogs {
  const reader = new Reader(most);
  const rest = reader.text(text, contextOf(options), "");
  return rest === undefined ? { logs: reader.logs } : { logs: reader.logs, rest };
}

const contextOf = ({ arrival, zone = "UTC" }: ReadOptions): ReadContext => ({ arrival, zone, depth: 0 });

/** What of a value is beyond the most logs. */
type Rest = { value: unknown } | undefined;

class Reader {
  readonly logs: ReadLog[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  value(value: unknown, context: ReadContext, path: string): Rest {
    if (this.logs.length >= this.#most) return { value };
    if (isObject(value)) return this.#object(value, context, path);
    if (Array.isArray(value) && value.some(isObject) && context.depth < MOST_ENVELOPES) {
      return this.#list(value, deeper(context), path);
    }
    return this.text(typeof value === "string" ? value : shown(value), context, path);
  }

  #list(values: readonly unknown[], context: ReadContext, path: string): Rest {
    for (const [index, one] of values.entries()) {
      const rest = this.value(one, context, path);
      if (rest !== undefined) return { value: [rest.value, ...values.slice(index + 1)] };
    }
    return undefined;
  }

  #object(value: Json, context: ReadContext, path: string): Rest {
    const fields = new Fields(value);
    const own = fields.has("logcontent", "podname") ? ownRecord(value) : undefined;
    if (own !== undefined) {
      this.logs.push({ record: own, format: `${path}cali` });
      return undefined;
    }
    if (context.depth < MOST_ENVELOPES) {
      for (const envelope of ENVELOPES) {
        const opened = envelope.marks.some((mark) => fields.has(mark))
          ? envelope.open(fields, context)
          : undefined;
        if (opened === undefined || opened.inner.length === 0) continue;
        for (const [index, inner] of opened.inner.entries()) {
          if (this.logs.length >= this.#most) return { value: opened.rest(index) };
          this.value(inner.value, within(context, inner.outer), `${path}${opened.format}/`);
        }
        return undefined;
      }
    }
    return this.#fields(fields, context, path);
  }

  #fields(fields: Fields, context: ReadContext, path: string): Rest {
    const format = JSON_FORMATS.find((one) => one.matches(fields));
    const draft = draftOfFields(format?.name ?? "json", fields, context);
    format?.read?.(fields, draft, context);
    const { message } = draft;
    const isBare = draft.stack === undefined && draft.errorCode === undefined;
    const inner = isBare && context.depth < MOST_ENVELOPES ? objectOf(message ?? "") : undefined;
    if (inner !== undefined) {
      return this.value(inner, within(withPod(context, fields), outerOf(draft)), `${path}${draft.format}/`);
    }
    if (message?.startsWith(TRACEBACK) && draft.stack === undefined) {
      draft.message = lastLine(message);
      draft.stack = message;
    }
    if (draft.level === undefined && message !== undefined) {
      fillFrom(draft, textDraft(message, context));
    }
    draft.message ??=
      requestOf(fields) ?? (draft.stack && draft.errorType ? saidBy(draft.stack) : shown(fields.value));
    return this.#add(draft, withPod(context, fields), path);
  }

  text(given: string, context: ReadContext, path: string): Rest {
    if (this.logs.length >= this.#most) return { value: given };
    const text = withoutIndent(clean(given).replace(/^\n+/, ""));
    if (context.depth < MOST_ENVELOPES) {
      const value = objectOf(text);
      if (value !== undefined) return this.value(value, deeper(context), path);
      const head = text.slice(0, LONGEST_HEAD);
      for (const wrapper of WRAPPERS) {
        const found = wrapper.read(head, context);
        if (found === undefined) continue;
        return this.text(text.slice(found.start), within(context, found.outer), `${path}${wrapper.name}/`);
      }
    }
    return this.#add(textDraft(text, context), context, path);
  }

  #add(draft: Draft, context: ReadContext, path: string): Rest {
    // An exception was given without a message.
    if (draft.stack && draft.message?.trim() === "") draft.message = saidBy(draft.stack);
    this.logs.push({ record: recordOf(draft, context), format: `${path}${draft.format}` });
    return undefined;
  }
}

/** What a stack trace says went wrong. */
const saidBy = (stack: string): string => {
  const text = stack.trimStart();
  return text.startsWith(TRACEBACK) ? lastLine(text) : (text.split("\n", 1)[0] ?? "");
};

const deeper = (context: ReadContext): ReadContext => ({ ...context, depth: context.depth + 1 });

/** What is nearer to the log counts more; only the pod is known best by what is farthest from it. */
function within(context: ReadContext, outer: Partial<Draft>): ReadContext {
  const podName = context.outer?.podName ?? outer.podName;
  // A time of the log's own header is not replaced by the runtime's, nor the other way round without its source.
  const { timeSource: _, ...before } = context.outer ?? {};
  const merged = {
    ...(outer.time === undefined ? context.outer : before),
    ...outer,
    ...(podName !== undefined && { podName }),
  };
  return { ...context, depth: context.depth + 1, outer: merged };
}

/** Kubernetes' metadata beside the fields of the log itself. */
function withPod(context: ReadContext, fields: Fields): ReadContext {
  const service =
    fields.firstText("pod_service") ??
    // With a namespace it is the name of an object in Kubernetes.
    (context.outer?.service === undefined && !fields.has("namespace") ? fields.text("name") : undefined);
  const version = fields.firstText("pod_version");
  if (service === undefined && version === undefined) return context;
  const outer = {
    ...context.outer,
    ...(service !== undefined && { service }),
    ...(version !== undefined && { version }),
  };
  return { ...context, outer };
}

/** The JSON object or list of objects that a whole text is. */
function objectOf(text: string): Json | readonly unknown[] | undefined {
  const isList = text.startsWith("[{");
  if (!isList && !text.startsWith("{")) return undefined;
  const value = jsonOf(text);
  return isObject(value) || Array.isArray(value) ? value : undefined;
}

function textDraft(text: string, context: ReadContext): Draft {
  const end = text.indexOf("\n");
  const line = end === -1 ? text : text.slice(0, end);
  const below = end === -1 ? "" : text.slice(end);
  const head = line.slice(0, LONGEST_HEAD);
  for (const format of TEXT_FORMATS) {
    const draft = format.read(head, below, context);
    if (draft === undefined) continue;
    if (line.length > head.length && draft.message !== undefined) draft.message += line.slice(LONGEST_HEAD);
    draft.traceId ??= traceInText(head) ?? traceInText(below.slice(0, MOST_BELOW));
    draft.errorType ??= /^\n[ \t]+at /.test(below) ? NAMED.exec(head)?.[1] : undefined;
    return draft;
  }
  return { format: "text", message: text };
}

/** How far below a line its own fields may be. */
const MOST_BELOW = 2000;
/** What is printed of an error behind a message: `could not pay RangeError: no funds`, its frames below. */
const NAMED = /[\s:]((?:[A-Za-z_$][\w$]{0,60}\.){0,10}[A-Z][\w$]{0,80}(?:Error|Exception))(?:$|: )/;

/** A trace that a line names wherever it likes: with its key, or as a W3C traceparent. */
const TRACE =
  /(?<![\w.])(?:(?:[\w-]{1,20}[._-])?trace(?:[_-]?id)?["']?[=:] ?["']?(?!0+\b)([0-9a-f]{32}|[0-9a-f]{16})|00-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-0[0-3])(?![\w-])/i;

function traceInText(text: string): string | undefined {
  if (!/race|RACE|00-/.test(text)) return undefined;
  const found = TRACE.exec(text);
  return found?.[1] ?? found?.[2];
}

/** Some loggers indent the first line: its time or level is what tells it from a line of a stack. */
function withoutIndent(text: string): string {
  if (text[0] !== " " && text[0] !== "\t") return text;
  const trimmed = text.replace(/^[ \t]+/, "");
  const isHead =
    /^[⨯✖⚠]/.test(trimmed) ||
    leadingTime(trimmed, NO_ZONE) !== undefined ||
    levelInText(trimmed)?.start === 0;
  return isHead ? trimmed : text;
}

const NO_ZONE = { zone: "UTC", arrival: 0 };

/** What a JSON log's message says that its fields don't. */
function fillFrom(draft: Draft, text: Draft): void {
  if (text.level !== undefined) {
    draft.level = text.level;
    draft.levelSource = text.levelSource === "record" ? "text" : (text.levelSource ?? "text");
  }
  draft.time ??= text.time;
  draft.service ??= text.service;
  draft.traceId ??= text.traceId;
  draft.errorType ??= text.errorType;
  draft.status ??= text.status;
}

/** A value as JSON; one that is too deep for that is only named. */
function shown(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, MOST_JSON_SHOWN);
  } catch {
    return "{… too deep to be shown …}";
  }
}
