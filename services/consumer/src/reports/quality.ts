import { parseJson } from "@cali/base";
import { z } from "zod";
import type { ObjectStore } from "../state/objects/types.ts";
import { daysBefore } from "./dates.ts";
import { DayStats, type DaySummary } from "./day-stats.ts";
import { readRawDay } from "./raw-day.ts";

export type Verdict = "ok" | "warn" | "fail";

export interface Check {
  readonly name: string;
  readonly verdict: Verdict;
  readonly text: string;
}

export interface QualityReport {
  readonly summary: DaySummary;
  /** Days of the week before that are compared with. */
  readonly comparedDays: number;
  readonly checks: readonly Check[];
  /** The worst of the checks. */
  readonly verdict: Verdict;
}

/** From where on a check warns and fails. Shares are from 0 to 1. */
export interface Thresholds {
  /** Records, as a share of the median of the week before. */
  readonly volume: { readonly warnBelow: number; readonly failBelow: number; readonly warnAbove: number };
  readonly invalidShare: { readonly warn: number; readonly fail: number };
  /** Minutes without a record of a service that has some in nine of ten minutes. */
  readonly gapMinutes: { readonly warn: number; readonly fail: number };
  /** Records that were archived more than an hour late, or belong to another day. */
  readonly lateShare: { readonly warn: number; readonly fail: number };
  readonly duplicateShare: { readonly warn: number; readonly fail: number };
  /** How much more often a field is empty than in the week before. */
  readonly emptyShareRise: { readonly warn: number; readonly fail: number };
}

const DEFAULT_THRESHOLDS: Thresholds = {
  volume: { warnBelow: 0.8, failBelow: 0.5, warnAbove: 2 },
  invalidShare: { warn: 0.01, fail: 0.05 },
  gapMinutes: { warn: 10, fail: 60 },
  lateShare: { warn: 0.01, fail: 0.1 },
  duplicateShare: { warn: 0.001, fail: 0.01 },
  emptyShareRise: { warn: 0.05, fail: 0.25 },
};

const WEEK = 7;
const STEADY_SHARE = 0.9;
/** First class of lateness that is more than an hour. */
const LATE_FROM = 4;

const summarySchema = z.object({
  date: z.string(),
  records: z.int(),
  invalid: z.int(),
  invalidByReason: z.record(z.string(), z.int()),
  perHour: z.array(z.int()),
  perService: z.record(
    z.string(),
    z.object({ count: z.int(), activeMinutes: z.int(), longestGapMinutes: z.int() }),
  ),
  otherDay: z.int(),
  lateness: z.array(z.int()),
  duplicates: z.int(),
  duplicatesExact: z.boolean(),
  emptyShares: z.record(z.string(), z.number()),
  brokenObjects: z.array(z.string()),
}) satisfies z.ZodType<DaySummary>;

const summaryKey = (date: string) => `reports/quality/dt=${date}.json`;

/** Checks a day of the archive against itself and the week before, and keeps its figures for the days after. */
export async function checkDay(
  objects: ObjectStore,
  date: string,
  thresholds: Thresholds = DEFAULT_THRESHOLDS,
): Promise<QualityReport> {
  const stats = new DayStats(date);
  for await (const payload of readRawDay(objects, date, ({ key }) => stats.addBroken(key)))
    stats.add(payload);
  const summary = stats.summary();
  const week = await weekBefore(objects, date);
  const checks = judge(summary, week, thresholds);
  await objects.put(summaryKey(date), Buffer.from(JSON.stringify(summary)));
  const verdict = checks.some((check) => check.verdict === "fail")
    ? "fail"
    : checks.some((check) => check.verdict === "warn")
      ? "warn"
      : "ok";
  return { summary, comparedDays: week.length, checks, verdict };
}

/** The summaries that are there; one that cannot be read counts as not there. */
async function weekBefore(objects: ObjectStore, date: string): Promise<DaySummary[]> {
  const days: DaySummary[] = [];
  for (let back = 1; back <= WEEK; back++) {
    const body = await objects.get(summaryKey(daysBefore(date, back)));
    if (!body) continue;
    const parsed = summarySchema.safeParse(parseJson(body));
    if (parsed.success) days.push(parsed.data);
  }
  return days;
}

/** The checks of a day, in the order in which a person reads them. */
export function judge(
  day: DaySummary,
  week: readonly DaySummary[],
  limits: Thresholds = DEFAULT_THRESHOLDS,
): Check[] {
  return [
    volume(day, week, limits.volume),
    graded(
      "schema",
      share(day.invalid, day.records),
      limits.invalidShare,
      (text) => `${day.invalid} records are invalid (${text})${topReason(day)}`,
    ),
    ...gaps(day, week, limits.gapMinutes),
    graded(
      "late",
      share(late(day), day.records - day.invalid),
      limits.lateShare,
      (text) => `${late(day)} records came more than an hour late or belong to another day (${text})`,
    ),
    graded(
      "duplicates",
      share(day.duplicates, day.records),
      limits.duplicateShare,
      (text) =>
        `${day.duplicatesExact ? "" : "at least "}${day.duplicates} records are there twice (${text})`,
    ),
    ...emptyFields(day, week, limits.emptyShareRise),
    ...(day.brokenObjects.length > 0
      ? [
          {
            name: "objects",
            verdict: "fail" as const,
            text: `${day.brokenObjects.length} objects cannot be read to their end: ${day.brokenObjects.slice(0, 3).join(", ")}`,
          },
        ]
      : []),
  ];
}

function volume(day: DaySummary, week: readonly DaySummary[], limits: Thresholds["volume"]): Check {
  const name = "volume";
  if (day.records === 0) return { name, verdict: "fail", text: "no records" };
  const usual = median(week.map(({ records }) => records));
  if (usual === undefined)
    return { name, verdict: "ok", text: `${day.records} records; no day before to compare with` };
  const part = share(day.records, usual);
  const verdict =
    part < limits.failBelow ? "fail" : part < limits.warnBelow || part > limits.warnAbove ? "warn" : "ok";
  return { name, verdict, text: `${day.records} records, ${percent(part)} of the usual ${usual}` };
}

function gaps(day: DaySummary, week: readonly DaySummary[], limits: { warn: number; fail: number }): Check[] {
  const gone = [...new Set(week.flatMap(({ perService }) => Object.keys(perService)))].filter((service) => {
    const days = week.filter(({ perService }) => (perService[service]?.count ?? 0) > 0).length;
    return days > week.length / 2 && day.perService[service] === undefined;
  });
  const silent = gone.sort().map(
    (service): Check => ({
      name: "gaps",
      verdict: "fail",
      text: `${service} has no records, and had some on most days of the week before`,
    }),
  );
  const steady = Object.entries(day.perService).flatMap(
    ([service, { activeMinutes, longestGapMinutes }]): Check[] => {
      const isSteady =
        activeMinutes >= STEADY_SHARE * 1_440 ||
        week.some(({ perService }) => (perService[service]?.activeMinutes ?? 0) >= STEADY_SHARE * 1_440);
      if (!isSteady || longestGapMinutes < limits.warn) return [];
      return [
        {
          name: "gaps",
          verdict: longestGapMinutes >= limits.fail ? "fail" : "warn",
          text: `${service} was silent for ${longestGapMinutes} minutes`,
        },
      ];
    },
  );
  const found = [...silent, ...steady];
  return found.length > 0
    ? found
    : [{ name: "gaps", verdict: "ok", text: "no service that usually speaks was silent" }];
}

function emptyFields(
  day: DaySummary,
  week: readonly DaySummary[],
  limits: { warn: number; fail: number },
): Check[] {
  const risen = Object.entries(day.emptyShares).flatMap(([field, now]): Check[] => {
    const before =
      week.length === 0
        ? 0
        : week.reduce((sum, { emptyShares }) => sum + (emptyShares[field] ?? 0), 0) / week.length;
    const rise = now - before;
    if (rise < limits.warn) return [];
    return [
      {
        name: "empty fields",
        verdict: rise >= limits.fail ? "fail" : "warn",
        text: `${field} is empty in ${percent(now)} of the records, before in ${percent(before)}`,
      },
    ];
  });
  return risen.length > 0
    ? risen
    : [{ name: "empty fields", verdict: "ok", text: "no field is empty more often than before" }];
}

function graded(
  name: string,
  value: number,
  limits: { warn: number; fail: number },
  text: (share: string) => string,
): Check {
  const verdict = value >= limits.fail ? "fail" : value >= limits.warn ? "warn" : "ok";
  return { name, verdict, text: text(percent(value)) };
}

const late = ({ lateness, otherDay }: DaySummary) =>
  Math.max(
    otherDay,
    lateness.slice(LATE_FROM).reduce((sum, count) => sum + count, 0),
  );

function topReason({ invalidByReason }: DaySummary): string {
  const [reason] = Object.entries(invalidByReason);
  return reason ? `, mostly ${reason[0].slice(0, 120)}` : "";
}

function median(values: readonly number[]): number | undefined {
  const ordered = [...values].sort((a, b) => a - b);
  return ordered[Math.floor((ordered.length - 1) / 2)];
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

const percent = (value: number) => `${(value * 100).toFixed(value !== 0 && value < 0.01 ? 2 : 1)} %`;
