import { containerOf } from "./container.ts";
import { draftOfFields, outerOf } from "./draft.ts";
import { Fields, isObject } from "./fields.ts";
import { readTime } from "./time.ts";
import type { Envelope } from "./types.ts";

const LISTS = ["records", "logs", "events", "messages", "entries", "items"];

/** Objects that hold nothing but a list of logs (Azure's `records`, batches of many agents), and Google Cloud's `jsonPayload`. */
export const list: Envelope = {
  marks: LISTS,
  open(fields) {
    const keys = Object.keys(fields.value);
    const key = keys.length <= 2 ? keys.find((one) => LISTS.includes(one.toLowerCase())) : undefined;
    const values = key === undefined ? undefined : fields.value[key];
    if (key === undefined || !Array.isArray(values) || !values.every(isObject) || values.length === 0)
      return undefined;
    return {
      format: "list",
      inner: values.map((value) => ({ value, outer: {} })),
      rest: (from) => ({ [key]: values.slice(from) }),
    };
  },
};

/** Splunk's HTTP Event Collector: the log is `event`, an object; time, host and source are beside it. */
export const splunk: Envelope = {
  marks: ["event"],
  open(fields, context) {
    const { event, time, fields: more } = fields.value;
    const isAround =
      time !== undefined && (fields.has("sourcetype") || fields.has("source") || fields.has("host"));
    if (!isObject(event) || !isAround) return undefined;
    const outer = containerOf(fields, context);
    const host = fields.text("host");
    const service = isObject(more) ? fields.text("fields.service") : undefined;
    if (host !== undefined) outer.podName ??= host;
    if (service !== undefined) outer.service ??= service;
    return { format: "splunk", inner: [{ value: event, outer }], rest: () => [] };
  },
};

/**
 * A line that an agent read from a file: Filebeat and Elastic Agent (`agent`, `log.file.path`), Vector (`source_type`, `file`). The time
 * is that of reading. With a level of its own it is a log.
 */
export const shipped: Envelope = {
  marks: ["log.file.path", "sourcetype", "input.type"],
  open(fields, context) {
    const { message } = fields.value;
    const isAgent =
      fields.has("agent.type") ||
      fields.has("agent.version") ||
      fields.has("beat") ||
      fields.has("file") ||
      fields.has("containerid");
    if (!isAgent || typeof message !== "string" || fields.has("level") || fields.has("log.level"))
      return undefined;
    const outer = containerOf(fields, context);
    const service = fields.firstText("service");
    if (service !== undefined) outer.service ??= service;
    return { format: "shipped", inner: [{ value: message, outer }], rest: () => [] };
  },
};

/** What is pushed to Loki: `streams` of labels and `values`, each a time in ns and a line. */
export const loki: Envelope = {
  marks: ["streams"],
  open(fields, context) {
    const streams = fields.value.streams;
    if (!Array.isArray(streams)) return undefined;
    const found = streams.filter(isObject).flatMap(({ stream, values }) =>
      (Array.isArray(values) ? values : []).flatMap((entry: unknown) => {
        if (!Array.isArray(entry) || typeof entry[1] !== "string") return [];
        return [{ labels: isObject(stream) ? stream : {}, time: entry[0] as unknown, line: entry[1] }];
      }),
    );
    return {
      format: "loki",
      inner: found.map(({ labels, time, line }) => {
        const outer = outerOf(draftOfFields("loki", new Fields(labels), context));
        const at = readTime(time, context);
        return { value: line, outer: { ...outer, ...(at !== undefined && { time: at }) } };
      }),
      rest: (from) => ({
        streams: found
          .slice(from)
          .map(({ labels, time, line }) => ({ stream: labels, values: [[time, line]] })),
      }),
    };
  },
};

/** With one of these outside, as most logs have, there is no need to look closer. */
const OUTSIDE = [
  "level",
  "severity",
  "loglevel",
  "time",
  "timestamp",
  "@timestamp",
  "ts",
  "msg",
  "log.level",
];
const AROUND = ["message", "data", "event", "content", "attributes", "detail", "logevent"];

/**
 * An object around one log that says neither when nor how bad it was: a webhook's `data`, Datadog's `content` (version 1 of its API) and
 * `attributes` (version 2), Splunk's `event` without a time. A message that is an object is the log, too.
 */
export const nested: Envelope = {
  marks: AROUND,
  open(fields, context) {
    if (OUTSIDE.some((name) => fields.has(name))) return undefined;
    const { value } = fields;
    const key = AROUND.find((one) => isObject(value[one]));
    const inner = key === undefined ? undefined : value[key];
    if (key === undefined || !isObject(inner)) return undefined;
    const { [key]: _, ...around } = value;
    const outside = draftOfFields("nested", new Fields(around), context);
    const saysAll =
      outside.time !== undefined || outside.level !== undefined || outside.message !== undefined;
    if (saysAll) return undefined;
    const inside = draftOfFields("nested", new Fields(inner), context);
    if (inside.time === undefined && inside.level === undefined && inside.status === undefined)
      return undefined;
    return { format: "nested", inner: [{ value: inner, outer: outerOf(outside) }], rest: () => [] };
  },
};

export const jsonPayload: Envelope = {
  marks: ["jsonpayload"],
  open(fields, context) {
    const payload = fields.value.jsonPayload;
    if (!isObject(payload)) return undefined;
    const { jsonPayload: _, ...around } = fields.value;
    // The payload's own fields go before those of the entry.
    return {
      format: "google-cloud",
      inner: [{ value: { ...around, ...payload }, outer: containerOf(fields, context) }],
      rest: () => [],
    };
  },
};
