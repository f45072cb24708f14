import { parseJson } from "@cali/base";
import { LEVELS } from "@cali/log-record";
import { z } from "zod";
import type { NewTemplate } from "../core/types.ts";
import { redact } from "../redact/redact.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import { proposalSchema } from "./llm/answer.ts";

/** Where templates go that nobody had seen: `new_errors/dt=YYYY-MM-DD/<fingerprint>.json`, by the day of the line. */
export const NEW_ERRORS = "new_errors/";

/** A template seen for the first time. A knowledge base learns from it. */
export const newErrorSchema = z.object({
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
  service: z.string(),
  level: z.enum(LEVELS),
  errorCode: z.string().optional(),
  /** As it was when it was new, redacted; it may have become more general since. */
  template: z.string(),
  /** Redacted lines, with their stack traces. */
  samples: z.array(z.string()),
  /** Lines it was seen in when this was written, or when it was first notified. */
  count: z.int().min(1),
  /** Time of the line that showed it, ISO 8601. */
  firstSeen: z.iso.datetime(),
  /** What was found out about it when it was notified; nothing: it was not looked for yet. */
  found: z
    .object({
      /** What answered: the knowledge base, the model, or nothing. */
      tier: z.enum(["hash", "signature", "vector", "llm", "none"]),
      /** What the model proposes. */
      proposal: proposalSchema.optional(),
      /** With nothing that answers: known errors that read most alike. */
      nearest: z
        .array(z.object({ pattern: z.string(), cause: z.string(), similarity: z.number() }))
        .optional(),
      /** What could not be asked. */
      unavailable: z.string().optional(),
    })
    .optional(),
});
export type NewError = z.infer<typeof newErrorSchema>;

/** Longest sample, in UTF-16 units. */
const LONGEST_SAMPLE = 4_000;
/** What is looked at beyond it, so that a secret at the end is whole when it is looked for. */
const MARGIN = 4_000;
/** Objects written at a time. */
const CONCURRENCY = 16;

/** Keeps new templates; durable when it resolves. Keeping one again writes the same. @throws ObjectStoreError */
export async function keepNewErrors(objects: ObjectStore, templates: readonly NewTemplate[]): Promise<void> {
  for (let from = 0; from < templates.length; from += CONCURRENCY) {
    await Promise.all(templates.slice(from, from + CONCURRENCY).map((template) => keep(objects, template)));
  }
}

async function keep(objects: ObjectStore, { fingerprint, template, record }: NewTemplate): Promise<void> {
  const error: NewError = {
    fingerprint,
    service: record.service,
    level: record.level,
    ...(record.error_code !== undefined && { errorCode: record.error_code }),
    template: redact(template),
    samples: [sampleOf(record.log_content)],
    count: 1,
    firstSeen: record.timestamp,
  };
  await objects.put(keyOf(fingerprint, record.timestamp), Buffer.from(JSON.stringify(error)));
}

/** Notes with a new error how often it was seen and what was found out about it; one that is not there, or is damaged, stays as it is. @throws ObjectStoreError */
export async function annotateNewError(
  objects: ObjectStore,
  { fingerprint, firstSeen, total }: { fingerprint: string; firstSeen: number; total: number },
  found: NonNullable<NewError["found"]>,
): Promise<void> {
  const key = keyOf(fingerprint, new Date(firstSeen).toISOString());
  const body = await objects.get(key);
  if (body === undefined) return;
  const error = newErrorSchema.safeParse(parseJson(body));
  if (error.success)
    await objects.put(
      key,
      Buffer.from(JSON.stringify({ ...error.data, count: Math.max(error.data.count, total), found })),
    );
}

const keyOf = (fingerprint: string, time: string) =>
  `${NEW_ERRORS}dt=${time.slice(0, 10)}/${fingerprint}.json`;

const sampleOf = (content: string) =>
  redact(content.slice(0, LONGEST_SAMPLE + MARGIN))
    .slice(0, LONGEST_SAMPLE)
    .toWellFormed();
