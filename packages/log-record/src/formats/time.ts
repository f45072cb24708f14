/** What a clock of twelve hours has before or behind it in Korea, China and Japan. */
const MORNING = ["오전", "上午", "午前"];
const AFTERNOON = ["오후", "下午", "午後"];
const HALF_OF_DAY = `(?<half>${[...MORNING, ...AFTERNOON].join("|")})`;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** Hours from UTC of names that mean one zone wherever they are written. */
const ZONES: Readonly<Record<string, number>> = {
  Z: 0,
  UTC: 0,
  GMT: 0,
  WET: 0,
  WEST: 1,
  BST: 1,
  CET: 1,
  CEST: 2,
  EET: 2,
  EEST: 3,
  MSK: 3,
  SGT: 8,
  HKT: 8,
  KST: 9,
  JST: 9,
  AEST: 10,
  AEDT: 11,
  EST: -5,
  EDT: -4,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const QUARTER = 15 * MINUTE;
/** 9999-12-31T23:59:59.999Z. */
const LAST = 253_402_300_799_999;

/** For times that don't say all: the zone they are in, and about when it was. */
export interface TimeContext {
  /** IANA name such as `Asia/Seoul`, or an offset such as `+09:00`. */
  readonly zone: string;
  /** ms since the epoch: times without a year or day are taken to be near it. */
  readonly arrival: number;
}

const CLOCK = "(?<h>[0-2]?[0-9])[:.]?(?<i>[0-5][0-9])(?:[:.]?(?<s>[0-6][0-9])(?:[.,:](?<f>[0-9]{1,9}))?)?";
const WHOLE_CLOCK = "(?<h>[0-2][0-9]):(?<i>[0-5][0-9]):(?<s>[0-6][0-9])(?:[.,](?<f>[0-9]{1,9}))?";
/** Names that mean several zones, or one that is not above: the configured zone counts. */
const OTHER_ZONES = ["IST", "CST", "BRT", "ART", "ICT", "WIB", "PKT", "SAST", "NZST", "NZDT"];
const ZONE_NAME = [...Object.keys(ZONES), ...OTHER_ZONES].sort((a, b) => b.length - a.length).join("|");
const ZONE = `(?:[ ]?(?<zone>[+-][0-9]{2}:?(?:[0-9]{2})?|${ZONE_NAME}|z))?(?:[ ](?:${ZONE_NAME}|[+-][0-9]{4}))?`;
const FORMS = [
  // ISO 8601, extended and basic (eight digits), and what is near it: a blank or `/` for the separators, a comma for the point.
  `(?![0-9]{5,7}(?![0-9]))(?<y>[0-9]{4})(?<sep>[-/.]?)(?<m>[01]?[0-9])\\k<sep>(?<d>[0-3]?[0-9])(?:(?:[T_t]|[ ,:]{1,2}| - | at |\\]\\[)${CLOCK}(?:[ \\u202f]?(?<half>[AaPp][Mm])(?![A-Za-z]))?${ZONE})?`,
  // With half of the day as in East Asia: 2026-01-25 오후 1:02:03, 2026. 1. 25. 오후 1:02:03, 2026/1/25 下午1:02:03.
  `(?<y>[0-9]{4})(?<sep>[-/]|\\. ?)(?<m>[01]?[0-9])\\k<sep>(?<d>[0-3]?[0-9])\\.?,? ${HALF_OF_DAY} ?${CLOCK}`,
  // java.util.logging there: 1월 25, 2026 1:02:03 오후.
  `(?<m>[01]?[0-9])[월月] (?<d>[0-3]?[0-9]), (?<y>[0-9]{4}) ${CLOCK} ${HALF_OF_DAY}`,
  // ISO 8601 by week and by day of the year.
  `(?<y>[0-9]{4})-?W(?<week>[0-5][0-9])-?(?<day>[1-7])(?:[T ]${CLOCK}${ZONE})?`,
  `(?<y>[0-9]{4})-?(?<doy>[0-3][0-9]{2})(?:[T ]${CLOCK}${ZONE})?`,
  // Common log format, RFC 1123, Redis: 25/Jan/2026:01:02:03 +0000, Sun, 25 Jan 2026 01:02:03 GMT, 25-Jan-2026 01:02:03.
  `(?:[A-Z][a-z]{2,8}, ?)?(?<d>[0-3]?[0-9])[ /-](?<mon>[A-Z][A-Za-z]{2,8})\\.?[ /-](?<y>[0-9]{4})[ :T,]{1,2}${CLOCK}${ZONE}`,
  // ctime, with a fraction (Apache), a zone behind it (Oracle, osquery) or in it (date): Sun Jan 25 01:02:03 2026.
  `(?:[A-Z][a-z]{2} )?(?<mon>[A-Z][a-z]{2}) {1,2}(?<d>[0-3]?[0-9]) ${CLOCK} (?<y>[0-9]{4})${ZONE}`,
  `(?:[A-Z][a-z]{2} )?(?<mon>[A-Z][a-z]{2}) {1,2}(?<d>[0-3]?[0-9]) ${CLOCK} (?<zone>[A-Z]{3,5}|[+-][0-9]{4}) (?<y>[0-9]{4})`,
  // java.util.logging: Jan 25, 2026 1:02:03 AM.
  `(?<mon>[A-Z][a-z]{2,8})\\.? (?<d>[0-3]?[0-9]), (?<y>[0-9]{4}),? (?:at )?${CLOCK}(?:[ \\u202f](?<half>[AaPp][Mm]))?${ZONE}`,
  // Cisco, LEEF: Jan 25 2026 01:02:03.
  `(?<mon>[A-Z][a-z]{2}) {1,2}(?<d>[0-3]?[0-9]) (?<y>[0-9]{4}) ${CLOCK}${ZONE}`,
  // syslog: Jan 25 01:02:03, no year.
  `(?<mon>[A-Z][a-z]{2}) {1,2}(?<d>[0-3]?[0-9]) ${CLOCK}${ZONE}`,
  // 25.01.2026 01:02:03, 25-01-2026 01:02:03 and 01/25/2026 1:02:03 PM, where the day comes first if there is no such month.
  `(?<d>[0-3]?[0-9])(?<dot>[.-])(?<m>[01]?[0-9])\\k<dot>(?<y>[0-9]{4}),? ${CLOCK}${ZONE}`,
  `(?<m>[0-3]?[0-9])/(?<d>[0-3]?[0-9])/(?<y>[0-9]{4})(?:,? |[:-])${CLOCK}(?:[ \\u202f]?(?<half>[AaPp][Mm]))?${ZONE}`,
  // Spark, timbre: 26/01/25 01:02:03; Android's logcat, geth: 01-25 01:02:03.456, no year.
  `(?<yy>[0-9]{2})(?<sep>[/-])(?<m>[01][0-9])\\k<sep>(?<d>[0-3][0-9]) ${WHOLE_CLOCK}`,
  `(?<m>[01][0-9])-(?<d>[0-3][0-9])[ |]${WHOLE_CLOCK}`,
  // Redis before 3: 25 Jan 01:02:03; MySQL before 5.7: 260125  1:02:03.
  `(?<d>[0-3]?[0-9]) (?<mon>[A-Z][a-z]{2}) ${WHOLE_CLOCK}`,
  `(?<yy>[0-9]{2})(?<m>[01][0-9])(?<d>[0-3][0-9]) {1,2}(?<h>[0-2]?[0-9]):(?<i>[0-5][0-9]):(?<s>[0-6][0-9])`,
  // klog: 0125 01:02:03.456789; Tornado.
  `(?<m>[01][0-9])(?<d>[0-3][0-9]) ${CLOCK}`,
  `(?<yy>[0-9]{2})(?<m>[01][0-9])(?<d>[0-3][0-9]) {1,2}${CLOCK}`,
];
const WHOLE = FORMS.map((form) => new RegExp(`^${form}$`));
/** The last two are too short to take a text's first word for a time. */
const LEADING = FORMS.slice(0, -2).map((form) => new RegExp(`^${form}(?![0-9A-Za-z])`));
/** Those that may begin with the name of a month or day, and those that may begin with a digit. */
const BY_LETTER = LEADING.filter(({ source }) => /^\^\((?:\?<mon>|\?:\[A-Z\])/.test(source));
const BY_DIGIT = LEADING.filter(({ source }) => !/^\^\((?:\?<mon>|\?:\[A-Z\]\[a-z\]\{2\} )/.test(source));
/** How all of the first begin. */
const NAMED = /^[A-Z][a-z]{2,8}[.,]? ?(?:[A-Z][a-z]{2} )? {0,2}[0-9]/;
/** The form that nearly all logs have, by the places of its digits: no expression is as fast. */
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/;
/** The same at a text's start, unless a zone of another form follows. */
const LEADING_RFC_3339 = new RegExp(
  `^(\\d{4})-(\\d\\d)-(\\d\\d)[T ](\\d\\d):(\\d\\d):(\\d\\d)(?:[.,](\\d{1,9}))?(Z|[+-]\\d\\d:\\d\\d)?(?![0-9A-Za-z:.,]| ?(?:[+-][0-9]{2}|z|${ZONE_NAME}))`,
);

type Groups = Record<string, string | undefined>;

/**
 * The time that a value from a log states, in ms since the epoch; nothing when it states none. Numbers, in quotes or not, are
 * seconds, ms, µs or ns since the epoch, by their size; a number before 1973 is none.
 */
export function readTime(value: unknown, context: TimeContext): number | undefined {
  if (typeof value === "number") return ofNumber(value);
  if (typeof value === "string") return ofText(value, context);
  if (typeof value !== "object" || value === null) return undefined;
  return ofParts(value as Record<string, unknown>, context);
}

/** A time at the start of a text, and where it ends; `[` and `]` around it belong to it. */
export function leadingTime(text: string, context: TimeContext): { time: number; end: number } | undefined {
  const open = text[0] === "[" || text[0] === "(" ? 1 : 0;
  const head = text.slice(open, open + 64);
  const code = head.charCodeAt(0);
  const isDigit = code >= 0x30 && code <= 0x39;
  if (!isDigit && !NAMED.test(head)) return undefined;
  // Mosquitto, Squid, Unbound: seconds since the epoch. A number alone is not enough.
  const epoch = (
    open === 1 ? /^1[0-9]{9}(?:\.[0-9]{3,9})?(?=\])/ : /^1[0-9]{9}(?:\.[0-9]{3,9}(?= )|(?=: ))/
  ).exec(head)?.[0];
  if (epoch !== undefined) return { time: Number(epoch) * 1000, end: open + epoch.length + open };
  const common = isDigit ? LEADING_RFC_3339.exec(head) : null;
  if (common !== null) {
    const [{ length }, y, m, d, h, i, s, f, zone] = common;
    const time = ofGroups({ y, m, d, h, i, s, f, zone }, context);
    if (time !== undefined) return { time, end: closed(text, open, open + length) };
  }
  for (const form of isDigit ? BY_DIGIT : BY_LETTER) {
    const found = form.exec(head);
    if (found === null) continue;
    const time = ofGroups(found.groups as Groups, context);
    if (time === undefined) continue;
    const end = open + found[0].length;
    // A date alone, such as `2026-01-25 backup`, says no time.
    if (found.groups?.h === undefined) continue;
    return { time, end: closed(text, open, end) };
  }
  return undefined;
}

/** The end with the bracket that closes one before the time. */
const closed = (text: string, open: number, end: number) =>
  open === 1 && (text[end] === "]" || text[end] === ")") ? end + 1 : end;

/** Whether a line is a time and nothing else. */
export function isTimeAlone(line: string): boolean {
  const found = line.length <= 40 ? leadingTime(line, { zone: "UTC", arrival: 0 }) : undefined;
  return found?.end === line.trimEnd().length;
}

function ofNumber(value: number): number | undefined {
  // A thousandth of a ms more: 1769302923.456 s is 1769302923455.9998 ms to a computer.
  const scale = value < 1e8 ? 0 : value < 1e11 ? 1e3 : value < 1e14 ? 1 : value < 1e17 ? 1e-3 : 1e-6;
  const time = Math.floor(value * scale + 0.001);
  return scale > 0 && value < 1e20 ? within(time) : undefined;
}

function within(time: number): number | undefined {
  return time >= 0 && time <= LAST ? time : undefined;
}

function ofText(given: string, context: TimeContext): number | undefined {
  if (given.length < 8 || given.length > 80) return undefined;
  const common = RFC_3339.exec(given);
  if (common !== null) {
    const [, y, m, d, h, i, s, f, zone] = common;
    return ofGroups({ y, m, d, h, i, s, f, zone }, context);
  }
  // zap's seconds, as Go prints a float: 1.6836474195594983e+09.
  if (/^1\.[0-9]{1,18}e\+09$/.test(given)) return ofNumber(Number(given));
  if (/^[0-9]{9,20}(?:\.[0-9]+)?$/.test(given)) {
    const basic = /^(?:19|20)[0-9]{6}(?:[0-9]{6})?$/.test(given) && given.length === 14;
    if (!basic) return ofNumber(Number(given));
  }
  // Java's name of the zone after the offset, Go's monotonic clock.
  const text = given
    .trim()
    .replace(/\[[A-Za-z_/+-]+\]$| m=[+-][0-9.]+$/, "")
    .replace(/^\[(.*)\]$/, "$1");
  if (/^[0-9]{14}$/.test(text)) return ofText(`${text.slice(0, 8)}T${text.slice(8)}`, context);
  for (const form of WHOLE) {
    const found = form.exec(text);
    const time = found === null ? undefined : ofGroups(found.groups as Groups, context);
    if (time !== undefined) return time;
  }
  return undefined;
}

function ofGroups(groups: Groups, context: TimeContext): number | undefined {
  const { h = "0", i = "0", s = "0", f = "", zone, half } = groups;
  const date = dateOf(groups, context);
  if (date === undefined) return undefined;
  let hours = Number(h);
  if (half !== undefined) hours = (hours % 12) + (isAfternoon(half) ? 12 : 0);
  // A leap second is read as the second before it, and 24:00 is the next day.
  const seconds = Math.min(59, Number(s));
  if (hours > 24 || (hours === 24 && (Number(i) > 0 || seconds > 0))) return undefined;
  const local =
    date + hours * HOUR + Number(i) * MINUTE + seconds * 1000 + Number(f.slice(0, 3).padEnd(3, "0"));
  return within(near(local - offsetOf(zone, local, context), groups, context));
}

const isAfternoon = (half: string) => half.toLowerCase() === "pm" || AFTERNOON.includes(half);

/** The start of the day as if it were in UTC, ms; nothing when there is no such day. */
function dateOf(groups: Groups, { arrival }: TimeContext): number | undefined {
  const { y, yy, sep, m, mon, d, week, day, doy } = groups;
  const year =
    y !== undefined ? Number(y) : yy !== undefined ? 2000 + Number(yy) : new Date(arrival).getUTCFullYear();
  if (week !== undefined) {
    // The week with 4 January in it is the first.
    const fourth = new Date(Date.UTC(year, 0, 4));
    const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * 24 * HOUR;
    return monday + ((Number(week) - 1) * 7 + Number(day) - 1) * 24 * HOUR;
  }
  if (doy !== undefined)
    return Number(doy) >= 1 && Number(doy) <= 366 ? Date.UTC(year, 0, Number(doy)) : undefined;
  // 05/01/26 begins with a day or a month.
  if (sep !== undefined && Number(yy) < 10) return undefined;
  const isSwapped = mon === undefined && Number(m) > 12 && Number(d) <= 12;
  const dayOfMonth = Number(isSwapped ? m : d);
  const month =
    mon === undefined ? Number(isSwapped ? d : m) - 1 : MONTHS.indexOf(mon.slice(0, 3).toLowerCase());
  if (month < 0 || month > 11) return undefined;
  const time = Date.UTC(year, month, dayOfMonth);
  return new Date(time).getUTCDate() === dayOfMonth && year >= 1970 ? time : undefined;
}

/** How far in the future a log may lie: clocks differ, and a zone that isn't said takes up to a day. */
const AHEAD = 48 * HOUR;

/** A time without a year is the last one that is not to come: on 1 January the last lines of December come. */
function near(time: number, { y, yy }: Groups, { arrival }: TimeContext): number {
  if (y !== undefined || yy !== undefined) return time;
  return [1, 0].map((by) => shiftYear(time, by)).find((one) => one <= arrival + AHEAD) ?? shiftYear(time, -1);
}

function shiftYear(time: number, by: number): number {
  const date = new Date(time);
  return date.setUTCFullYear(date.getUTCFullYear() + by);
}

function offsetOf(zone: string | undefined, local: number, context: TimeContext): number {
  if (zone === undefined || zone === "") return zoneOffset(context.zone, local);
  const hours = ZONES[zone.toUpperCase()];
  if (hours !== undefined) return hours * HOUR;
  return fixedOffset(zone) ?? zoneOffset(context.zone, local);
}

/** `+09:00`, `+0900` or `+09` in ms. */
function fixedOffset(text: string): number | undefined {
  const found = /^([+-])([0-9]{2}):?([0-9]{2})?$/.exec(text);
  if (found === null) return undefined;
  const [, sign, hours, minutes = "0"] = found;
  return (sign === "-" ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE);
}

/** A zone, and the last quarter of an hour that its offset was asked for: Intl takes a hundred times as long. */
interface Zone {
  readonly format: Intl.DateTimeFormat;
  quarter: number;
  offset: number;
}

const zones = new Map<string, Zone>();

/** @throws RangeError when there is no such zone. */
function zoneOf(name: string): Zone {
  // Logs name zones in any case: each is kept once.
  const key = name.toLowerCase();
  const known = zones.get(key);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  const zone = { format, quarter: Number.NaN, offset: 0 };
  zones.set(key, zone);
  return zone;
}

/** How far a zone is from UTC at a local time, ms. */
function zoneOffset(name: string, local: number): number {
  if (name === "UTC") return 0;
  const fixed = fixedOffset(name);
  if (fixed !== undefined) return fixed;
  const zone = zoneOf(name);
  const at = (time: number) => {
    const quarter = Math.floor(time / QUARTER);
    if (quarter !== zone.quarter) {
      const parts = zone.format.formatToParts(quarter * QUARTER);
      const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
      zone.offset = fixedOffset(offset.slice("GMT".length)) ?? 0;
      zone.quarter = quarter;
    }
    return zone.offset;
  };
  // The offset is asked at a moment, and the moment depends on it: twice is enough.
  return at(local - at(local));
}

/** Times in parts: Google Cloud's, log4j2's `instant`, MongoDB's, PHP's. */
function ofParts(value: Record<string, unknown>, context: TimeContext): number | undefined {
  const { seconds, nanos, epochSecond, nanoOfSecond, $date, $numberLong, date, timezone } = value;
  if ($date !== undefined) return readTime($date, context);
  if ($numberLong !== undefined) return readTime($numberLong, context);
  // PHP's DateTime.
  if (typeof date === "string" && typeof timezone === "string")
    return ofText(date, isZone(timezone) ? { ...context, zone: timezone } : context);
  const whole = Number(seconds ?? epochSecond);
  const part = Number(nanos ?? nanoOfSecond ?? 0);
  if (!(whole > 0) || !(part >= 0)) return undefined;
  return within(Math.floor(whole * 1000 + part / 1e6));
}

/** Whether a text names a zone that times can be read in. */
export function isZone(text: string): boolean {
  if (fixedOffset(text) !== undefined) return true;
  try {
    zoneOf(text);
    return true;
  } catch {
    return false;
  }
}
