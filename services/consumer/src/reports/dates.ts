import { InvalidArgumentError } from "commander";

const DAY_MS = 24 * 3_600_000;

/** A day of the calendar (UTC) that is not in the future, for commander. @throws InvalidArgumentError */
export function pastDate(text: string, now: number = Date.now()): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError("allowed: a day of the calendar as YYYY-MM-DD");
  }
  if (time > now) throw new InvalidArgumentError(`allowed: today (${dateOf(now)}, UTC) or before`);
  return text;
}

/** The day (UTC) of a time in ms since the epoch. */
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The day so many days before. */
export const daysBefore = (date: string, days: number): string =>
  dateOf(Date.parse(`${date}T00:00:00Z`) - days * DAY_MS);
