import { formatLine, type LogLine, type LogRecord, MAX_LOG_CONTENT_LENGTH } from "@cali/log-record/line";
import type { Random } from "./random.ts";

/** Why a record is deliberately bad. */
export const BAD_KINDS = ["wrong-type", "missing-field", "broken", "oversize"] as const;
export type BadKind = (typeof BAD_KINDS)[number];

/** What makes a line bad. `variant` chooses the details, so that rendering needs no random numbers. */
export interface Bad {
  kind: BadKind;
  /** From 0 to just under 1. */
  variant: number;
}

/** Oversize records are few: each weighs as much as a thousand others. */
const OVERSIZE_SHARE = 0.04;
const OTHER_KINDS = ["wrong-type", "missing-field", "broken"] as const;

export function drawBad(random: Random): Bad {
  const kind = random.chance(OVERSIZE_SHARE) ? "oversize" : random.pick(OTHER_KINDS);
  return { kind, variant: random.fraction() };
}

/** The JSON text of a record that the schema refuses, or that is no JSON. */
export function badJson(record: LogRecord, { kind, variant }: Bad): string {
  switch (kind) {
    case "wrong-type":
      return JSON.stringify({ ...record, ...choose(wrongTypes(record), variant) });
    case "missing-field": {
      const missing = choose(REQUIRED, variant);
      return JSON.stringify(record, (key, value) => (key === missing ? undefined : value));
    }
    case "broken":
      return choose(breakages(JSON.stringify(record), variant), variant);
    case "oversize":
      return JSON.stringify({ ...record, log_content: blownUp(record.message, variant) });
  }
}

/**
 * The text of a line that starts like one, so that Fluent Bit takes it for a line of its own, but is not one. An oversize
 * message is a line by its form; the record made of it is too large.
 */
export function badText(line: LogLine, { kind, variant }: Bad): string {
  const text = formatLine({ ...line, stack: [] });
  const head = text.indexOf(" [");
  switch (kind) {
    case "wrong-type":
      return text.replace(/-\d\dT\d\d/, choose(["-00T10", "-32T10", "-10T24", "-10T61"], variant));
    case "missing-field":
      return choose(
        [
          text.replace(` [${line.traceId}]:`, ":"),
          text.replace(`/${line.version} `, " "),
          text.replace(`${line.service}/${line.version} `, ""),
        ],
        variant,
      );
    case "broken":
      return text.slice(0, LINE_START_LENGTH + Math.floor(variant * (head - LINE_START_LENGTH)));
    case "oversize":
      return `${text}${blownUp(line.message, variant)}`;
  }
}

/** Length of `[LEVEL] 2026-01-25T…`: more than the start of any line. */
const LINE_START_LENGTH = 20;

const REQUIRED = ["timestamp", "level", "service", "version", "trace_id", "message", "log_content"] as const;

function wrongTypes({ timestamp, message, service }: LogRecord): Record<string, unknown>[] {
  return [
    { timestamp: Date.parse(timestamp) },
    { timestamp: timestamp.replace("T", " ") },
    { level: 40 },
    { level: "LOUD" },
    { service: [service] },
    { message: { text: message } },
    { message: null },
    { trace_id: 12_345 },
  ];
}

function breakages(json: string, variant: number): string[] {
  const middle = 1 + Math.floor(variant * (json.length - 2));
  return [
    json.slice(0, middle),
    json.replaceAll('"', "'"),
    json.replace(/}$/, ",}"),
    `${json.slice(0, middle)}\ufffd${json.slice(0, middle)}`,
    json.slice(1),
  ];
}

function blownUp(message: string, variant: number): string {
  const length = MAX_LOG_CONTENT_LENGTH + 1 + Math.floor(variant * 100_000);
  const filler = `${message} `;
  return filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
}

function choose<T>(values: readonly T[], variant: number): T {
  return values[Math.floor(variant * values.length)] as T;
}
