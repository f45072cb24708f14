import { z } from "zod";
import { Asking } from "../cause/knowledge/ask.ts";
import type { Catalog } from "../cause/knowledge/catalog.ts";
import { decode } from "../decode/decode.ts";
import { redact } from "../redact/redact.ts";

/** What somebody asks of a text: a line, an event of many, whatever a record of Kinesis holds. */
const questionSchema = z.object({ text: z.string().min(1).max(2_000_000) });

/** Most records that are shown of one text, and most characters that are looked at of one. */
const MOST_RECORDS = 10;
const LONGEST = 16_384;
const SHOWN = 1_000;

/** Time after which what people added to the knowledge base is looked for again, ms. */
const REFRESH_MS = 30_000;

/** Says what the consumer makes of a text, and what is known of it, as `consumer decode` and `consumer knowledge ask` do; nothing is kept. */
export function tryLines(catalog: Catalog, { zone, now }: { zone: string; now: () => number }) {
  let asking: Asking | undefined;
  let freshUntil = 0;
  return async (input: unknown) => {
    const { text } = questionSchema.parse(input);
    asking ??= new Asking(catalog);
    if (now() >= freshUntil) {
      await asking.open();
      freshUntil = now() + REFRESH_MS;
    }
    const payloads = decode(Buffer.from(text), { zone, arrival: now() });
    const shown = [];
    for (const payload of payloads.slice(0, MOST_RECORDS)) {
      if (!payload.ok) {
        shown.push({ ok: false as const, reason: safe(payload.reason) });
        continue;
      }
      const { timestamp, level, service, log_content: content } = payload.record;
      const { nearest, ...answer } = await asking.answer(content.slice(0, LONGEST), level);
      shown.push({
        ok: true as const,
        format: payload.format,
        ...{ timestamp, level, service: safe(service), text: safe(content) },
        answer: { ...answer, nearest: nearest.map((near) => ({ ...near, against: safe(near.against) })) },
      });
    }
    return { records: shown, more: payloads.length - shown.length };
  };
}

const safe = (text: string) => redact(text.slice(0, LONGEST)).slice(0, SHOWN);
