import { parseJson } from "@cali/base";
import { LEVELS, type Level } from "@cali/log-record";
import { z } from "zod";
import { NEW_ERRORS, newErrorSchema } from "../cause/new-errors.ts";
import { identityOf } from "../group/identity.ts";
import { TemplateMiner } from "../group/template-miner.ts";
import { redact } from "../redact/redact.ts";
import type { ObjectStore } from "../state/objects/types.ts";
import { daysBefore } from "./dates.ts";
import { readRawDay } from "./raw-day.ts";

const entrySchema = z.object({
  fingerprint: z.string(),
  service: z.string(),
  level: z.enum(LEVELS),
  template: z.string(),
  count: z.int(),
  /** Time of its first line that day, ISO 8601. */
  firstSeen: z.string(),
});

const digestSchema = z.object({
  date: z.string(),
  lines: z.int(),
  byLevel: z.record(z.string(), z.int()),
  byService: z.record(z.string(), z.int()),
  templates: z.array(entrySchema),
});

/** WARN, ERROR and FATAL lines of one template. */
type DigestEntry = z.infer<typeof entrySchema>;
/** A day's errors; kept under `reports/digest/`, where the day after compares with it. */
type DayDigest = z.infer<typeof digestSchema>;

export interface DigestReport {
  readonly digest: DayDigest;
  /** Templates that nobody had seen before that day. */
  readonly newTemplates: readonly string[];
  /** Templates that came more, or less, often than the day before, the greatest change first. */
  readonly movers: readonly { readonly entry: DigestEntry; readonly before: number }[];
  /** Whether the day before was summed up, so that there is something to compare with. */
  readonly hasDayBefore: boolean;
}

const MOST_TEMPLATES = 1_000;
const MOST_MOVERS = 10;
/** A change is worth a mention from this many lines on. */
const LEAST_CHANGE = 5;

const digestKey = (date: string) => `reports/digest/dt=${date}.json`;

/** Sums up a day's errors, and keeps the sum for the day after. */
export async function digestDay(objects: ObjectStore, date: string): Promise<DigestReport> {
  const digest = await sumUp(objects, date);
  const before = await readDigest(objects, daysBefore(date, 1));
  await objects.put(digestKey(date), Buffer.from(JSON.stringify(digest)));
  return {
    digest,
    newTemplates: await newTemplates(objects, date),
    movers: before ? moversOf(digest, before) : [],
    hasDayBefore: before !== undefined,
  };
}

async function sumUp(objects: ObjectStore, date: string): Promise<DayDigest> {
  const miner = new TemplateMiner({ maxTemplates: 100_000 });
  const entries = new Map<string, DigestEntry>();
  const byLevel = new Map<string, number>();
  const byService = new Map<string, number>();
  let lines = 0;
  // The quality report says what is broken.
  for await (const { payload } of readRawDay(objects, date, () => {})) {
    if (!payload.ok) continue;
    const { record } = payload;
    if (record.level === "DEBUG" || record.level === "INFO") continue;
    lines++;
    byLevel.set(record.level, (byLevel.get(record.level) ?? 0) + 1);
    byService.set(record.service, (byService.get(record.service) ?? 0) + 1);
    const at = Date.parse(record.timestamp);
    const { fingerprint } = miner.add(record.service, record.message, at, identityOf(record));
    const entry = entries.get(fingerprint);
    entries.set(fingerprint, {
      fingerprint,
      service: record.service,
      level: graver(entry?.level, record.level),
      template: "",
      count: (entry?.count ?? 0) + 1,
      firstSeen: entry && entry.firstSeen < record.timestamp ? entry.firstSeen : record.timestamp,
    });
  }
  const templates = [...joined(entries, (fingerprint) => miner.resolve(fingerprint)).values()]
    .map((entry) => ({ ...entry, template: redact(miner.get(entry.fingerprint)?.template ?? "") }))
    .sort((a, b) => b.count - a.count || (a.fingerprint < b.fingerprint ? -1 : 1))
    .slice(0, MOST_TEMPLATES);
  return { date, lines, byLevel: descending(byLevel), byService: descending(byService), templates };
}

/** Templates that turned out to be one are one entry. */
function joined(entries: ReadonlyMap<string, DigestEntry>, resolve: (fingerprint: string) => string) {
  const owners = new Map<string, DigestEntry>();
  for (const entry of entries.values()) {
    const fingerprint = resolve(entry.fingerprint);
    const owner = owners.get(fingerprint);
    owners.set(fingerprint, {
      ...entry,
      fingerprint,
      level: graver(owner?.level, entry.level),
      count: entry.count + (owner?.count ?? 0),
      firstSeen: owner && owner.firstSeen < entry.firstSeen ? owner.firstSeen : entry.firstSeen,
    });
  }
  return owners;
}

const graver = (a: Level | undefined, b: Level): Level =>
  a && LEVELS.indexOf(a) > LEVELS.indexOf(b) ? a : b;

const descending = (counts: Map<string, number>) =>
  Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));

async function readDigest(objects: ObjectStore, date: string): Promise<DayDigest | undefined> {
  const body = await objects.get(digestKey(date));
  // One that cannot be read is made anew when that day is summed up again.
  return body && digestSchema.safeParse(parseJson(body)).data;
}

/** By service and template: fingerprints are of a template's first form, which can differ from day to day. */
function moversOf(today: DayDigest, before: DayDigest): DigestReport["movers"] {
  const now = byTemplate(today);
  const then = byTemplate(before);
  const gone = [...then.values()]
    .filter((entry) => !now.has(keyOf(entry)))
    .map((entry) => ({ entry: { ...entry, count: 0 }, before: entry.count }));
  return [
    ...[...now.values()].map((entry) => ({ entry, before: then.get(keyOf(entry))?.count ?? 0 })),
    ...gone,
  ]
    .filter(({ entry, before: count }) => Math.abs(entry.count - count) >= LEAST_CHANGE)
    .sort((a, b) => Math.abs(b.entry.count - b.before) - Math.abs(a.entry.count - a.before))
    .slice(0, MOST_MOVERS);
}

const keyOf = ({ service, template }: DigestEntry) => `${service}\n${template}`;

function byTemplate({ templates }: DayDigest): Map<string, DigestEntry> {
  const entries = new Map<string, DigestEntry>();
  for (const entry of templates) {
    const known = entries.get(keyOf(entry));
    entries.set(keyOf(entry), known ? { ...known, count: known.count + entry.count } : entry);
  }
  return entries;
}

async function newTemplates(objects: ObjectStore, date: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of objects.list(`${NEW_ERRORS}dt=${date}/`)) {
    const body = await objects.get(key);
    const parsed = newErrorSchema.safeParse(body && parseJson(body));
    if (parsed.success) found.push(`${parsed.data.service}: ${redact(parsed.data.template)}`);
  }
  return found;
}
