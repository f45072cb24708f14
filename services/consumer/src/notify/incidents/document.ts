import { cut, withoutControls } from "@cali/base";
import { LEVELS } from "@cali/log-record";
import { z } from "zod";
import type { Alert } from "../../core/types.ts";
import { redact } from "../../redact/redact.ts";

/** An alert as OpenSearch keeps it; `cali opensearch` makes the index template with the same fields. Times are ISO 8601. */
export const incidentSchema = z.strictObject({
  /** When the last of its lines was logged. */
  "@timestamp": z.string(),
  alert_id: z.string().min(1),
  fingerprint: z.string(),
  service: z.string(),
  level: z.enum(LEVELS),
  template: z.string(),
  error_code: z.string().optional(),
  /** Lines since the last alert of the group, lines since it began, and those of `count` that were held back. */
  count: z.number(),
  total: z.number(),
  suppressed: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  /** At most three lines. */
  samples: z.array(z.string()),
  /** Whether the template was never notified before. */
  is_new: z.boolean(),
  cause: z
    .strictObject({
      text: z.string(),
      action: z.string(),
      origin: z.string(),
      tier: z.string().optional(),
      similarity: z.number().optional(),
      link: z.string().optional(),
    })
    .optional(),
});
export type Incident = z.output<typeof incidentSchema>;

/** Longest texts, in UTF-16 units. */
const LONGEST = { word: 256, text: 2_000, sample: 1_000 };
/** The latest time with a year of four digits, which is what OpenSearch's `date` takes; ms since the epoch. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Log text in it is text: redacted, cut, without control characters, and never a key. */
export function incidentOf(alert: Alert): Incident {
  const { cause } = alert;
  return {
    "@timestamp": time(alert.lastSeen),
    alert_id: alert.id,
    fingerprint: alert.fingerprint,
    service: clean(alert.service, LONGEST.word),
    level: alert.level,
    template: clean(alert.template, LONGEST.text),
    ...(alert.errorCode !== undefined && { error_code: clean(alert.errorCode, LONGEST.word) }),
    count: alert.count,
    total: alert.total,
    suppressed: alert.suppressed,
    first_seen: time(alert.firstSeen),
    last_seen: time(alert.lastSeen),
    samples: alert.samples.map((sample) => clean(sample, LONGEST.sample)),
    is_new: alert.isNew,
    ...(cause && {
      cause: {
        text: clean(cause.cause, LONGEST.text),
        action: clean(cause.action, LONGEST.text),
        origin: cause.origin,
        ...(cause.tier !== undefined && { tier: cause.tier }),
        ...(cause.similarity !== undefined && { similarity: cause.similarity }),
        ...(cause.link !== undefined && { link: cut(cause.link, LONGEST.text) }),
      },
    }),
  };
}

const clean = (text: string, most: number) => cut(redact(withoutControls(text)), most);

const time = (ms: number) => new Date(Math.max(0, Math.min(LATEST, ms))).toISOString();
