import { type Fields, isObject, type Json } from "./fields.ts";
import { levelOfNumber } from "./levels.ts";
import type { Envelope, Inner, JsonFormat } from "./types.ts";

/**
 * OpenTelemetry's log data model as JSON: `Timestamp`, `SeverityNumber`, `Body`, `Resource`, `Attributes`. SeverityNumber counts when
 * SeverityText is a word of the program's own.
 */
export const openTelemetry: JsonFormat = {
  name: "opentelemetry",
  matches: (fields) =>
    fields.has("body") &&
    (fields.has("severitynumber") || fields.has("severitytext") || fields.has("resource")),
  read: (fields, draft) => {
    const number = Number(fields.get("severitynumber") ?? 0);
    const level = number >= 1 && number <= 24 ? levelOfNumber(number, "otel") : undefined;
    if (level !== undefined) {
      draft.level = level;
      draft.levelSource = "record";
    }
    const body = fields.get("body");
    if (isObject(body)) draft.message = bodyText(body);
  },
};

function bodyText(body: Json): string {
  for (const key of ["message", "msg", "event", "text"]) if (typeof body[key] === "string") return body[key];
  return JSON.stringify(body).slice(0, 100_000);
}

/** OTLP as JSON: `resourceLogs` of `scopeLogs` of `logRecords`, attributes as lists of `{key, value: {stringValue}}`. */
export const otlp: Envelope = {
  marks: ["resourcelogs"],
  open(fields: Fields) {
    const resources = fields.get("resourcelogs");
    if (!Array.isArray(resources)) return undefined;
    const found: { resource: unknown; scope: unknown; log: Json }[] = [];
    for (const one of resources.filter(isObject)) {
      const scopes = one.scopeLogs ?? one.instrumentationLibraryLogs ?? one.scope_logs;
      for (const scope of Array.isArray(scopes) ? scopes.filter(isObject) : []) {
        const logs = scope.logRecords ?? scope.logs ?? scope.log_records;
        for (const log of Array.isArray(logs) ? logs.filter(isObject) : []) {
          found.push({ resource: one.resource, scope: scope.scope, log });
        }
      }
    }
    const inner = found.map(({ resource, log }): Inner => ({ value: flat(log, resource), outer: {} }));
    const rest = (from: number) => ({
      resourceLogs: found
        .slice(from)
        .map(({ resource, scope, log }) => ({ resource, scopeLogs: [{ scope, logRecords: [log] }] })),
    });
    return { format: "opentelemetry", inner, rest };
  },
};

/** A log of OTLP as the data model has it. */
function flat(log: Json, resource: unknown): Json {
  return {
    Timestamp: set(log.timeUnixNano ?? log.time_unix_nano),
    ObservedTimestamp: set(log.observedTimeUnixNano ?? log.observed_time_unix_nano),
    SeverityNumber: severity(log.severityNumber ?? log.severity_number),
    SeverityText: log.severityText ?? log.severity_text,
    Body: plain(log.body, 0) ?? "",
    TraceId: log.traceId ?? log.trace_id,
    Attributes: attributes(log.attributes),
    Resource: attributes(isObject(resource) ? resource.attributes : undefined),
  };
}

/** 0 stands for unknown. */
const set = (nanos: unknown) => (Number(nanos) > 0 ? nanos : undefined);

/** Enums may be names in JSON: `SEVERITY_NUMBER_ERROR`. */
function severity(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const [, name = "", step = "1"] = /^SEVERITY_NUMBER_([A-Z]+?)([2-4]?)$/.exec(value) ?? [];
  const place = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].indexOf(name);
  return place === -1 ? value : place * 4 + Number(step || 1);
}

function attributes(list: unknown): Json {
  const result: Record<string, unknown> = Object.create(null);
  for (const one of Array.isArray(list) ? list.filter(isObject) : []) {
    if (typeof one.key === "string") result[one.key] = plain(one.value, 0);
  }
  return result;
}

/** The value of an AnyValue. */
function plain(value: unknown, depth: number): unknown {
  if (!isObject(value) || depth > 5) return value;
  const { stringValue, string_value, intValue, doubleValue, boolValue, arrayValue, kvlistValue } = value;
  const scalar = stringValue ?? string_value ?? intValue ?? doubleValue ?? boolValue;
  if (scalar !== undefined) return scalar;
  if (isObject(arrayValue) && Array.isArray(arrayValue.values))
    return arrayValue.values.map((one) => plain(one, depth + 1));
  if (isObject(kvlistValue) && Array.isArray(kvlistValue.values)) {
    return Object.fromEntries(
      kvlistValue.values.filter(isObject).map((one) => [String(one.key), plain(one.value, depth + 1)]),
    );
  }
  return undefined;
}
