import { containerOf } from "./container.ts";
import { isObject } from "./fields.ts";
import type { Envelope } from "./types.ts";

const LISTS = ["records", "logs", "events", "messages", "entries", "items"];

/** Objects that hold nothing but a list of logs (Azure's `records`, batches of many agents), and Google Cloud's `jsonPayload`. */
export const list: Envelope = {
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

export const jsonPayload: Envelope = {
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
