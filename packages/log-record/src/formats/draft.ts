import { clean } from "./clean.ts";
import { crashOf } from "./crash.ts";
import { type Fields, isObject, textOf } from "./fields.ts";
import { SCALE_OF_KEY } from "./level-tables.ts";
import { readLevel } from "./levels.ts";
import { errorTypeOf, holdsStack, stackText } from "./stack.ts";
import { readTime } from "./time.ts";
import type { Draft, ReadContext } from "./types.ts";

/** What the table of aliases finds in a JSON log. */
export function draftOfFields(format: string, fields: Fields, context: ReadContext): Draft {
  const level = fields.first("level", levelAt);
  // Drafts of one shape are read a third faster.
  const draft: Draft = {
    format,
    level,
    levelSource: level && "record",
    time: timeOf(fields, context),
    service: fields.first("service", serviceAt),
    version: fields.firstText("version"),
    traceId: fields.first("trace_id", traceAt),
    podName: fields.firstText("pod_name"),
    environment: fields.firstText("environment"),
    platform: fields.firstText("platform"),
    message: fields.first("message", messageAt),
    stack: fields.first("stack", stackAt),
    errorCode: fields.first("error_code", codeAt),
    errorMessage: fields.first("error_message", sentenceAt) ?? fields.first("stack", errorAt),
    status: fields.first("status", statusAt),
    errorType: fields.firstText("error_type"),
  };
  draft.errorType ??= typeOf(draft);
  return draft;
}

/** What a log says of the logs inside it: all but its own message. */
export function outerOf({ message: _, format: __, ...draft }: Draft): Partial<Draft> {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}

function typeOf({ stack, errorMessage, message }: Draft): string | undefined {
  for (const text of [stack, errorMessage, message]) {
    const type = text === undefined ? undefined : errorTypeOf(text);
    if (type !== undefined) return type;
  }
  return undefined;
}

/** Names under which a number is no level. */
const WORDS_ALONE = new Set(["status", "type", "label"]);

function levelAt(value: unknown, alias: string) {
  // Nor is a letter, such as a kind of event, a level there.
  if (WORDS_ALONE.has(alias) && (typeof value !== "string" || /^(?:[0-9]|.$)/.test(value))) return undefined;
  // A kind of record.
  if (alias === "type" && value === "log") return undefined;
  if (typeof value === "string" && value.includes("\u001b")) return readLevel(clean(value));
  const scale = SCALE_OF_KEY[alias];
  // Small numbers under `severity` are syslog's.
  return readLevel(value, scale === "google" && Number(value) < 100 ? undefined : scale);
}

function timeOf(fields: Fields, context: ReadContext): number | undefined {
  const time = fields.get("time");
  const date = fields.get("date");
  if (typeof time === "string" && typeof date === "string" && /^[0-9]{1,2}:[0-9]{2}/.test(time)) {
    const both = readTime(`${date} ${time}`, context);
    if (both !== undefined) return both;
  }
  // Google's logging libraries.
  const seconds = fields.get("timestampseconds");
  if (typeof seconds === "number") return readTime({ seconds, nanos: fields.get("timestampnanos") }, context);
  return fields.first("timestamp", (value) => readTime(value, context));
}

/** Access logs have the time that the service took under this name. */
function serviceAt(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || /^[0-9.]+ ?(?:[mnµu]?s)?$/.test(text) ? undefined : text;
}

/** A W3C traceparent, Google Cloud's path, X-Ray's header, or the id itself. */
export function traceAt(value: unknown): string | undefined {
  // OpenTelemetry for Python writes the number as it is in Python.
  const text = textOf(value)
    ?.trim()
    .replace(/^0x(?=[0-9a-f]{32}$)/, "");
  if (text === undefined || /^[0-]+$/.test(text)) return undefined;
  const parts = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(text);
  if (parts?.[1] !== undefined) return parts[1];
  if (text.startsWith("projects/")) return text.slice(text.lastIndexOf("/") + 1) || undefined;
  return /(?:^|;)Root=([^;]+)/.exec(text)?.[1] ?? text;
}

function messageAt(value: unknown): string | undefined {
  // The arguments of a call, as log4js and consola keep them.
  if (Array.isArray(value)) {
    const texts = value.filter((one) => typeof one === "string" || typeof one === "number");
    return texts.length === 0 ? undefined : texts.join(" ");
  }
  if (typeof value === "string" && isObjectText(value)) return value;
  return textOf(value);
}

const isObjectText = (text: string) => text.startsWith("{");

/** A stack is several lines or frames; one line under such a name is what the error says. */
function stackAt(value: unknown, alias: string): string | undefined {
  if (typeof value === "string") {
    if (alias === "stack" || value.includes("\n")) return value.trim() === "" ? undefined : value;
    return holdsStack(value) ? value : undefined;
  }
  return isObject(value) || Array.isArray(value) ? stackText(value) : undefined;
}

/** An exception without its frames. */
function errorAt(value: unknown): string | undefined {
  return typeof value === "string" && errorTypeOf(value) !== undefined ? value : undefined;
}

function sentenceAt(value: unknown): string | undefined {
  return typeof value === "string" && value !== "-" && value.trim() !== "" ? value : undefined;
}

/** Numbers of HTTP under `code` are the status. */
function codeAt(value: unknown, alias: string): string | undefined {
  const text = textOf(value)?.trim();
  if (text === undefined || text.length > 64 || /\s/.test(text) || /^0+$/.test(text)) return undefined;
  return alias === "code" && statusAt(value) !== undefined ? undefined : text;
}

function statusAt(value: unknown): number | undefined {
  const text = textOf(value);
  return text !== undefined && /^[1-5][0-9]{2}$/.test(text) ? Number(text) : undefined;
}

/** What an access log as JSON is about, when it has no message. */
export function requestOf(fields: Fields): string | undefined {
  const first = (...names: string[]) =>
    names.map((name) => fields.text(name)).find((one) => one !== undefined);
  const request = first("request", "requestline");
  const method = first(
    "method",
    "httpmethod",
    "requestmethod",
    "http.method",
    "http.request.method",
    "httprequest.requestmethod",
    "req.method",
    "request.method",
    "httprequest.httpmethod",
    "csmethod",
    "httprequest.method",
    "verb",
    "clientrequestmethod",
  );
  const path = first(
    "path",
    "url",
    "uri",
    "requesturi",
    "requestpath",
    "http.url",
    "http.target",
    "url.path",
    "httprequest.requesturl",
    "req.url",
    "request.url",
    "request.uri",
    "request.path",
    "xenvoyoriginalpath",
    "xenvoyoriginpath",
    "httprequest.uri",
    "httprequest.url",
    "requesturl",
    "csuristem",
    "resourcepath",
    "rawpath",
    "clientrequesturi",
  );
  const line =
    request ??
    fields.text("routekey") ??
    (method !== undefined && path !== undefined ? `${method} ${path}` : undefined);
  if (line === undefined) return undefined;
  const status = fields.first("status", statusAt);
  return status === undefined ? line : `${line} ${status}`;
}

/** The level of a log that states none, by what it reports. */
export function impliedLevel({
  message = "",
  stack = "",
  status,
}: Draft): Pick<Draft, "level" | "levelSource"> {
  const crash = crashOf(`${message}\n${stack}`.slice(0, 40_000));
  if (crash === "panic") return { level: "FATAL", levelSource: "panic" };
  if (crash === "traceback" || (stack !== "" && errorTypeOf(stack) !== undefined)) {
    return { level: "ERROR", levelSource: "traceback" };
  }
  if (status !== undefined) return { level: status >= 500 ? "ERROR" : "INFO", levelSource: "status" };
  return {};
}
