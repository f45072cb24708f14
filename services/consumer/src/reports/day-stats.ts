import { createHash } from "node:crypto";
import { type LogRecord, UNKNOWN } from "@cali/log-record";
import { mask } from "../group/masking.ts";
import { dateOf } from "./dates.ts";
import type { RawPayload } from "./raw-day.ts";

const HOURS = 24;
const MINUTES = 24 * 60;
/** Different reasons, and services, that are counted apart; more are counted together. */
const MOST_REASONS = 50;
const MOST_SERVICES = 500;
const OTHER = "(other)";
/** Payloads among which a repeat is seen for sure. */
const REMEMBERED = 500_000;
/** Upper ends of the classes of lateness, s. */
const LATENESS_SECONDS = [60, 300, 900, 3_600, 6 * 3_600, 24 * 3_600] as const;
/** Fields that every record should have. */
const FIELDS = [
  "timestamp",
  "level",
  "service",
  "version",
  "trace_id",
  "message",
  "log_content",
  "platform",
  "environment",
  "pod_name",
] as const satisfies (keyof LogRecord)[];

/** A day in figures; kept under `reports/quality/`, where the days after compare with it. */
export interface DaySummary {
  readonly date: string;
  readonly records: number;
  readonly invalid: number;
  /** Masked, so that reasons that differ in what was given count as one. */
  readonly invalidByReason: Readonly<Record<string, number>>;
  readonly perHour: readonly number[];
  readonly perService: Readonly<
    Record<
      string,
      { readonly count: number; readonly activeMinutes: number; readonly longestGapMinutes: number }
    >
  >;
  /** Records of another day's time, by their own word. */
  readonly otherDay: number;
  /** Records by how long after their time they were archived: up to 1 min, 5 min, 15 min, 1 h, 6 h, 24 h, later. */
  readonly lateness: readonly number[];
  /** The same bytes again. */
  readonly duplicates: number;
  /** Whether every repeat was seen: the day has few enough records. */
  readonly duplicatesExact: boolean;
  /** Share of records, invalid ones too, in which the field is missing, null or empty. */
  readonly emptyShares: Readonly<Record<string, number>>;
  readonly brokenObjects: readonly string[];
}

/** Counts a day, payload by payload, in bounded memory. The order of the payloads makes no difference. */
export class DayStats {
  readonly #date: string;
  #records = 0;
  #invalid = 0;
  readonly #reasons = new Map<string, number>();
  readonly #perHour = new Array<number>(HOURS).fill(0);
  readonly #services = new Map<string, { count: number; minutes: Uint8Array }>();
  #otherDay = 0;
  readonly #lateness = new Array<number>(LATENESS_SECONDS.length + 1).fill(0);
  #duplicates = 0;
  #recent = new Set<string>();
  #older = new Set<string>();
  readonly #empty = new Map<string, number>();
  readonly #broken: string[] = [];

  constructor(date: string) {
    this.#date = date;
  }

  add({ payload, place, archivedAt }: RawPayload): void {
    this.#records++;
    if (this.#isRepeat(payload.bytes, place)) this.#duplicates++;
    if (!payload.ok) {
      this.#invalid++;
      countIn(this.#reasons, mask(payload.reason), MOST_REASONS);
      return;
    }
    this.#countEmpty(payload.record);
    this.#addRecord(payload.record, archivedAt);
  }

  #countEmpty(record: LogRecord): void {
    for (const field of FIELDS) {
      const content = record[field];
      const isEmpty = content === undefined || content.trim() === "" || content === UNKNOWN;
      if (isEmpty) this.#empty.set(field, (this.#empty.get(field) ?? 0) + 1);
    }
  }

  addBroken(key: string): void {
    this.#broken.push(key);
  }

  #addRecord(record: LogRecord, archivedAt: number): void {
    const time = Date.parse(record.timestamp);
    const lateness = (archivedAt - time) / 1_000;
    const place = LATENESS_SECONDS.findIndex((end) => lateness <= end);
    const latenessClass = place === -1 ? LATENESS_SECONDS.length : place;
    this.#lateness[latenessClass] = (this.#lateness[latenessClass] ?? 0) + 1;
    const name =
      this.#services.has(record.service) || this.#services.size < MOST_SERVICES ? record.service : OTHER;
    let service = this.#services.get(name);
    if (!service) {
      service = { count: 0, minutes: new Uint8Array(MINUTES) };
      this.#services.set(name, service);
    }
    service.count++;
    if (dateOf(time) !== this.#date) {
      this.#otherDay++;
      return;
    }
    const minute = Math.floor((time % 86_400_000) / 60_000);
    service.minutes[minute] = 1;
    const hour = Math.floor(minute / 60);
    this.#perHour[hour] = (this.#perHour[hour] ?? 0) + 1;
  }

  #isRepeat(bytes: Uint8Array, place: number): boolean {
    const hash = createHash("sha1").update(bytes).update(String(place)).digest("base64");
    if (this.#recent.has(hash) || this.#older.has(hash)) return true;
    this.#recent.add(hash);
    if (this.#recent.size >= REMEMBERED) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    return false;
  }

  summary(): DaySummary {
    return {
      date: this.#date,
      records: this.#records,
      invalid: this.#invalid,
      invalidByReason: sorted(this.#reasons),
      perHour: [...this.#perHour],
      perService: Object.fromEntries(
        [...this.#services]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, { count, minutes }]) => [
            name,
            {
              count,
              activeMinutes: minutes.reduce((sum, one) => sum + one, 0),
              longestGapMinutes: longestGap(minutes),
            },
          ]),
      ),
      otherDay: this.#otherDay,
      lateness: [...this.#lateness],
      duplicates: this.#duplicates,
      duplicatesExact: this.#older.size === 0,
      emptyShares: Object.fromEntries(
        FIELDS.map((field) => [
          field,
          this.#records === 0 ? 0 : (this.#empty.get(field) ?? 0) / this.#records,
        ]),
      ),
      brokenObjects: [...this.#broken].sort(),
    };
  }
}

/** Most minutes in a row without a record, between the first and the last one of the day. */
function longestGap(minutes: Uint8Array): number {
  let longest = 0;
  let previous = -1;
  for (const [minute, active] of minutes.entries()) {
    if (!active) continue;
    if (previous !== -1) longest = Math.max(longest, minute - previous - 1);
    previous = minute;
  }
  return longest;
}

function countIn(counts: Map<string, number>, key: string, most: number): void {
  const name = counts.has(key) || counts.size < most ? key : OTHER;
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

const sorted = (counts: Map<string, number>) =>
  Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
