import { type LogLine, type LogRecord, toRecord, writeLine } from "@cali/log-record/line";
import { type Bad, badJson, badText, drawBad } from "./bad-records.ts";
import { ROUTES } from "./catalogue/services.ts";
import { fillTemplate, type Template } from "./catalogue/template.ts";
import { Random } from "./random.ts";
import { stackTrace } from "./stacks.ts";
import { Stamp } from "./stamp.ts";
import { type Incident, incidents } from "./world/incidents.ts";
import { type Burst, Load, meanLoad } from "./world/load.ts";
import { RequestPlanner, type Step } from "./world/requests.ts";
import { Windows } from "./world/windows.ts";

export interface GenerateOptions {
  /** The same seed and options give the same lines. */
  seed: string;
  /** Time of the first line, ms since the epoch. */
  start: number;
  /** Lines per second of the lines' own time: the mean over the run, or over a day if it is longer or has no end. Bursts come on top. */
  rate: number;
  /** Ends the stream after this many lines. */
  count?: number;
  /** Ends the stream after this much of the lines' own time, ms. */
  duration?: number;
  /** Share of deliberately bad records, 0 to 1. Default 0. */
  badShare?: number;
  /** Share of the visits of a service in which something unrelated goes wrong, 0 to 1. Default 0.01. */
  noiseShare?: number;
  /** Mean time between the starts of two incidents, ms; 0: none. Default 5 minutes. */
  incidentEvery?: number;
  /** Mean time between the starts of two bursts, ms; 0: none. Default 10 minutes. */
  burstEvery?: number;
}

/** A line with all that is known about it. */
export interface GeneratedLine {
  /** 0, 1, 2, … */
  index: number;
  /** When it was written, ms since the epoch (with a fraction). */
  at: number;
  line: LogLine;
  pod: string;
  template: Template;
  incident: Incident | undefined;
  bad: Bad | undefined;
}

const DEFAULTS = {
  badShare: 0,
  noiseShare: 0.01,
  incidentEvery: 300_000,
  burstEvery: 600_000,
} as const;

/** A request on its way: its lines mix with those of the others. */
interface Flight {
  traceId: string;
  steps: Step[];
  next: number;
}

/** Seconds that a request takes; decides how many are on their way at a time. */
const REQUEST_SECONDS = 0.3;
const LINES_PER_REQUEST = 10;
const STACK_SHARE = 0.75;
const LONGEST_BURST = 60_000;

/**
 * The lines of a shop of a dozen services, in order of time, without end unless the options set one. Takes no time of
 * the clock: what it gives depends on its options alone.
 */
export function* generate(options: GenerateOptions): Generator<GeneratedLine, void, undefined> {
  const { seed, start, rate, badShare, noiseShare, incidentEvery, burstEvery } = { ...DEFAULTS, ...options };
  const { count = Number.POSITIVE_INFINITY, duration = Number.POSITIVE_INFINITY } = options;
  const root = new Random(seed);
  const random = root.fork("lines");
  const badRandom = root.fork("bad");
  const planner = new RequestPlanner(root.fork("requests"), noiseShare);
  const schedule = incidents(root.fork("incidents"), start, incidentEvery);
  const load = new Load(
    bursts(root.fork("bursts"), start, burstEvery),
    meanOver(start, rate, count, duration),
  );
  const stamp = new Stamp();
  const flights: (Flight | undefined)[] = new Array(concurrency(rate));

  // Counted from 0: a time since 1970 in ms is too large to add fractions of a ms to without an error that piles up.
  let elapsed = 0;
  for (let index = 0; index < count && elapsed < duration; index += 1) {
    const time = start + elapsed;
    const { factor, burst } = load.at(time);
    const seat = Math.floor(random.fraction() * flights.length);
    let flight = flights[seat];
    if (flight === undefined) {
      const crowd = burst !== undefined && random.chance(1 - 1 / burst.factor) ? burst.route : undefined;
      flight = { traceId: random.hex(32), steps: planner.plan(time, schedule.at(time), crowd), next: 0 };
      flights[seat] = flight;
    }
    const step = flight.steps[flight.next] as Step;
    flight.next += 1;
    if (flight.next === flight.steps.length) flights[seat] = undefined;
    yield {
      index,
      at: time,
      line: write(step, flight.traceId, stamp.iso(time), random),
      pod: step.pod,
      template: step.template,
      incident: step.incident,
      bad: badShare > 0 && badRandom.chance(badShare) ? drawBad(badRandom) : undefined,
    };
    elapsed += 1000 / (rate * factor);
  }
}

function write(step: Step, traceId: string, timestamp: string, random: Random): LogLine {
  const { template, repertoire, version, upstream } = step;
  const { name: service, language } = repertoire.service;
  const message = fillTemplate(template, random, { service, upstream });
  const stack =
    template.stack !== undefined && random.chance(STACK_SHARE)
      ? stackTrace(language, template.stack, service, message, random)
      : [];
  return { level: template.level, timestamp, service, version, traceId, message, stack };
}

function bursts(random: Random, start: number, every: number): Windows<Burst> {
  return new Windows(random, { start, every, share: [0.02, 0.1], longest: LONGEST_BURST }, (window) => ({
    ...window,
    route: random.between(0, ROUTES.length - 1),
    factor: 2 + 3 * random.fraction(),
  }));
}

function meanOver(start: number, rate: number, count: number, duration: number): number {
  return meanLoad(start, Math.min(duration, (count / rate) * 1000));
}

function concurrency(rate: number): number {
  return Math.min(256, Math.max(2, Math.round((rate / LINES_PER_REQUEST) * REQUEST_SECONDS)));
}

/** The text that the service writes to its log, without the last line end. */
export function asText({ line, bad }: GeneratedLine): string {
  return bad === undefined ? writeLine(line) : badText(line, bad);
}

/** The JSON text that Fluent Bit would make of it, without a line end. */
export function asJson(
  generated: GeneratedLine,
  origin: Pick<LogRecord, "platform" | "environment">,
): string {
  const { line, pod, bad } = generated;
  const record = toRecord(line, { ...origin, pod_name: pod });
  return bad === undefined ? JSON.stringify(record) : badJson(record, bad);
}
