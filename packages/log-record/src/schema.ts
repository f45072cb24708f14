import { z } from "zod";

/** Severity of a line, from the least to the most severe. */
export const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;
export type Level = (typeof LEVELS)[number];

const LEVEL_SOURCES = ["record", "text", "status", "panic", "traceback", "default"] as const;
const TIMESTAMP_SOURCES = ["record", "runtime", "arrival"] as const;

/** Longest message of a record, in UTF-16 code units. */
export const MAX_MESSAGE_LENGTH = 16_384;
/** Longest message with its stack trace, in UTF-16 code units. */
export const MAX_LOG_CONTENT_LENGTH = 262_144;
/**
 * The id that our Fluent Bit gives a log, `UID/container/run/stream/time/hash`. A field of this name that reads otherwise is the
 * application's own, and says nothing of whether the log was sent before.
 */
export const SOURCE_ID =
  /^[^/\s]{1,253}\/[^/\s]{0,253}\/[0-9]{0,9}\/[a-z]{0,6}\/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9:]{5})\/[0-9a-f]{8}(?:#[0-9]{1,6})?$/;

/**
 * What the words of a line may consist of, as regular-expression sources that mean the same in JavaScript and in Onigmo
 * (Fluent Bit). None of them matches a character that ends the word in a line.
 */
export const WORD_PATTERNS = {
  service: "[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
  version: "[A-Za-z0-9][A-Za-z0-9._+-]{0,63}",
  traceId: "[A-Za-z0-9._:-]{1,128}",
  errorCode: "[A-Z][A-Z0-9_.-]{0,63}",
} as const;

const whole = (source: string) => new RegExp(`^${source}$`);

/** What a field's whole text has to be. */
const ALLOWED = {
  timestamp: z.regexes.datetime({ precision: 3 }),
  // Twice as fast as the second part alone, for nearly all names.
  service: /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,62}|[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,62})$/u,
  version: whole(WORD_PATTERNS.version),
  traceId: whole(WORD_PATTERNS.traceId),
  origin: whole("[A-Za-z0-9][A-Za-z0-9._:/-]{0,252}"),
  errorCode: /^[A-Z0-9][A-Z0-9_.-]{0,63}$/,
} as const;
const MAX_ERROR_TYPE_LENGTH = 256;

const word = (allowed: RegExp, says: string) => z.string().regex(allowed).describe(says);

const origin = word(
  ALLOWED.origin,
  "1 to 253 letters, digits and . _ : / -, starting with a letter or a digit",
);

/**
 * The one definition of a log record, as it travels through Kinesis. Types are strict, unknown keys are allowed and
 * left out of the result. Each description says what is allowed; errors quote it.
 */
export const logRecordSchema = z.object({
  /** When the line was written: ISO 8601, UTC, milliseconds. */
  timestamp: z.iso
    .datetime({ precision: 3 })
    .describe("an ISO 8601 time in UTC with milliseconds such as 2026-01-25T01:02:03.456Z"),
  level: z.enum(LEVELS).describe(LEVELS.join(", ")),
  service: word(
    ALLOWED.service,
    "1 to 63 letters of any script, digits and . _ -, starting with a letter or a digit",
  ),
  version: word(ALLOWED.version, "1 to 64 letters, digits and . _ + -, starting with a letter or a digit"),
  /** Of the request that the line belongs to; `-` when there is none. */
  trace_id: word(ALLOWED.traceId, "1 to 128 letters, digits and . _ : -"),
  /** The first line's text. It may be empty: an exception without a message is still an error. */
  message: z.string().max(MAX_MESSAGE_LENGTH).describe(`a text of at most ${MAX_MESSAGE_LENGTH} characters`),
  /** The message and, below it, the lines of the stack trace. */
  log_content: z
    .string()
    .max(MAX_LOG_CONTENT_LENGTH)
    .describe(`a text of at most ${MAX_LOG_CONTENT_LENGTH} characters`),
  /** Where the service runs, such as `eks`. */
  platform: origin,
  /** Such as `dev` or `prod`. */
  environment: origin,
  pod_name: origin,
  /** Such as `DB_POOL_EXHAUSTED`, `ECONNREFUSED`, `42P01` (SQLSTATE). */
  error_code: z
    .string()
    .regex(ALLOWED.errorCode)
    .optional()
    .describe("nothing, or 1 to 64 capital letters, digits and _ . -, starting with a letter or a digit"),
  /** Such as `java.lang.IllegalStateException`, `KeyError`. */
  error_type: z
    .string()
    .max(MAX_ERROR_TYPE_LENGTH)
    .optional()
    .describe(`nothing, or a text of at most ${MAX_ERROR_TYPE_LENGTH} characters`),
  /**
   * Whence the level is. `record`: the log has a field or a place for it. `text`: a word in its text. `status`: the HTTP status.
   * `panic`, `traceback`: what it reports. `default`: from nowhere, so INFO. Nothing in CALI's own records: it is theirs.
   */
  level_source: z
    .enum(LEVEL_SOURCES)
    .optional()
    .describe(`nothing, or ${LEVEL_SOURCES.join(", ")}`),
  /**
   * Whence the time is. `record`: the log says it. `runtime`: of the container's runtime, or of the log service. `arrival`: when the
   * stream took the record. Nothing in CALI's own records: it is theirs.
   */
  timestamp_source: z
    .enum(TIMESTAMP_SOURCES)
    .optional()
    .describe(`nothing, or ${TIMESTAMP_SOURCES.join(", ")}`),
  /**
   * Where the log was written: pod UID, container, run, stream, the runtime's time, a hash of the text. The same whenever a log is sent
   * again, as Fluent Bit does with all of a chunk when the stream refuses one record of it.
   */
  source_id: z.string().regex(SOURCE_ID).optional().catch(undefined),
  /** The message or the log content was longer than a record holds. */
  truncated: z.literal(true).optional().describe("nothing, or true"),
});

export type LogRecord = z.infer<typeof logRecordSchema>;

export type RecordVerdict = { ok: true; record: LogRecord } | { ok: false; reason: string };

/**
 * Checks a value against the schema.
 * @returns the record without unknown keys, or the reason with every bad field: what was given (cut short, since it
 * comes from outside) and what is allowed, such as `level: given "LOUD", allowed DEBUG, INFO, WARN, ERROR, FATAL`.
 */
export function validateRecord(value: unknown): RecordVerdict {
  const result = logRecordSchema.safeParse(value);
  if (result.success) return { ok: true, record: result.data };
  const reasons = new Map<string, string>();
  for (const { path } of result.error.issues) {
    const key = path[0];
    if (key === undefined) return { ok: false, reason: `record: given ${shown(value)}, allowed an object` };
    const field = key as keyof LogRecord;
    const given = (value as Record<string, unknown>)[field];
    const allowed = logRecordSchema.shape[field].description;
    reasons.set(field, `${field}: given ${shown(given)}, allowed ${allowed}`);
  }
  return { ok: false, reason: [...reasons.values()].join("; ") };
}

const isText = (value: unknown, longest: number): value is string =>
  typeof value === "string" && value.length <= longest;
const isWord = (value: unknown, allowed: RegExp): value is string =>
  typeof value === "string" && allowed.test(value);
const isOneOf = <T>(value: unknown, allowed: readonly T[]): value is T => allowed.includes(value as T);

/**
 * CALI's own record; nothing when the object is another, or has something in it that the schema doesn't allow. The same as the schema
 * says, in less than half of zod's time: a consumer does this with every line. `schema.test.ts` holds both together.
 */
export function ownRecord(value: object): LogRecord | undefined {
  const {
    log_content,
    pod_name,
    timestamp,
    level,
    service,
    version,
    trace_id,
    message,
    platform,
    environment,
  } = value as Partial<Record<keyof LogRecord, unknown>>;
  const isOwn =
    isText(log_content, MAX_LOG_CONTENT_LENGTH) &&
    isWord(pod_name, ALLOWED.origin) &&
    isWord(timestamp, ALLOWED.timestamp) &&
    isOneOf(level, LEVELS) &&
    isWord(service, ALLOWED.service) &&
    isWord(version, ALLOWED.version) &&
    isWord(trace_id, ALLOWED.traceId) &&
    isText(message, MAX_MESSAGE_LENGTH) &&
    isWord(platform, ALLOWED.origin) &&
    isWord(environment, ALLOWED.origin);
  if (!isOwn) return undefined;
  const record = {
    timestamp,
    level,
    service,
    version,
    trace_id,
    message,
    log_content,
    platform,
    environment,
    pod_name,
  };
  return addOptional(record, value);
}

function addOptional(record: LogRecord, value: object): LogRecord | undefined {
  const { error_code, error_type, level_source, timestamp_source, source_id, truncated } = value as Partial<
    Record<keyof LogRecord, unknown>
  >;
  if (error_code !== undefined) {
    if (!isWord(error_code, ALLOWED.errorCode)) return undefined;
    record.error_code = error_code;
  }
  if (error_type !== undefined) {
    if (!isText(error_type, MAX_ERROR_TYPE_LENGTH)) return undefined;
    record.error_type = error_type;
  }
  if (level_source !== undefined) {
    if (!isOneOf(level_source, LEVEL_SOURCES)) return undefined;
    record.level_source = level_source;
  }
  if (timestamp_source !== undefined) {
    if (!isOneOf(timestamp_source, TIMESTAMP_SOURCES)) return undefined;
    record.timestamp_source = timestamp_source;
  }
  if (isWord(source_id, SOURCE_ID)) record.source_id = source_id;
  if (truncated !== undefined) {
    if (truncated !== true) return undefined;
    record.truncated = truncated;
  }
  return record;
}

const SHOWN_LENGTH = 40;

/** A value from outside, short and on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value !== "string") return String(value).slice(0, SHOWN_LENGTH);
  if (value.length <= SHOWN_LENGTH) return JSON.stringify(value);
  return `${JSON.stringify(`${value.slice(0, SHOWN_LENGTH)}…`)} (${value.length} characters)`;
}
