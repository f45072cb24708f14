import { type Fields, isObject } from "./fields.ts";
import { readTime } from "./time.ts";
import type { Envelope } from "./types.ts";

/** Log groups that name a service: `/aws/lambda/shop`, `/ecs/shop`, `/aws/containerinsights/cluster/application`. */
const NOT_A_SERVICE = new Set([
  "application",
  "host",
  "dataplane",
  "performance",
  "cluster",
  "error",
  "audit",
  "logs",
  "containers",
  "stdout",
  "stderr",
]);

/** A subscription of CloudWatch Logs: `logEvents` of one log group, compressed. CONTROL_MESSAGE says only that it works. */
export const cloudwatch: Envelope = {
  marks: ["logevents"],
  open(fields: Fields, context) {
    const events = fields.get("logevents");
    const group = fields.text("loggroup");
    if (!Array.isArray(events) || group === undefined) return undefined;
    const plane = /^\/aws\/eks\/[^/]{1,100}\/cluster$/.test(group)
      ? /^(?:authenticator|kube-apiserver|kube-scheduler|(?:kube|cloud)-controller-manager)/.exec(
          fields.text("logstream") ?? "",
        )?.[0]
      : undefined;
    // The database stands before its kind of log.
    const database = /^\/aws\/rds\/(?:instance|cluster)\/([^/]{1,100})\//.exec(group)?.[1];
    const last = group
      .split(/[/:]/)
      .filter((part) => part !== "" && !NOT_A_SERVICE.has(part))
      .at(-1);
    const service = plane ?? database ?? last;
    const found = events.filter(isObject);
    const inner = found.map((event) => ({
      value: event.message ?? "",
      outer: {
        ...(service !== undefined && { service }),
        ...timeOf(readTime(event.timestamp, context)),
      },
    }));
    return {
      format: "cloudwatch",
      inner,
      rest: (from) => ({ ...fields.value, logEvents: found.slice(from) }),
    };
  },
};

const timeOf = (time: number | undefined) => (time === undefined ? {} : { time });
