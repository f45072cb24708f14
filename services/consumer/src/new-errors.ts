import { LEVELS } from "@cali/log-record";
import { z } from "zod";
import type { ObjectStore } from "./objects/types.ts";
import type { NewTemplate } from "./pipeline.ts";
import { redact } from "./redact.ts";

/** Where templates go that nobody had seen: `new_errors/dt=YYYY-MM-DD/<fingerprint>.json`, by the day of the line. */
export const NEW_ERRORS = "new_errors/";

/** A template seen for the first time. A knowledge base learns from it. */
export const newErrorSchema = z.object({
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
  service: z.string(),
  level: z.enum(LEVELS),
  errorCode: z.string().optional(),
  /** As it was when it was new; it may have become more general since. */
  template: z.string(),
  /** Redacted lines, with their stack traces. */
  samples: z.array(z.string()),
  /** Lines it was seen in when this was written. */
  count: z.int().min(1),
  /** Time of the line that showed it, ISO 8601. */
  firstSeen: z.iso.datetime(),
});
export type NewError = z.infer<typeof newErrorSchema>;

const LONGEST_SAMPLE = 4_000;

/** Keeps new templates; durable when it resolves. Keeping one again writes the same. @throws ObjectStoreError */
export async function keepNewErrors(objects: ObjectStore, templates: readonly NewTemplate[]): Promise<void> {
  for (const { fingerprint, template, record } of templates) {
    const error: NewError = {
      fingerprint,
      service: record.service,
      level: record.level,
      ...(record.error_code !== undefined && { errorCode: record.error_code }),
      template,
      samples: [redact(record.log_content.slice(0, LONGEST_SAMPLE))],
      count: 1,
      firstSeen: record.timestamp,
    };
    const key = `${NEW_ERRORS}dt=${record.timestamp.slice(0, 10)}/${fingerprint}.json`;
    await objects.put(key, Buffer.from(JSON.stringify(error)));
  }
}
