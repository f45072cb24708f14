import { randomInt } from "node:crypto";
import { check, problemText, shown } from "@cali/settings";
import { z } from "zod";
import { OptionError } from "./errors.ts";
import type { GenerateOptions } from "./generate.ts";
import type { SinkOptions } from "./sinks/create.ts";

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

function milliseconds(text: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

const duration = z
  .string()
  .regex(DURATION)
  .transform(milliseconds)
  .pipe(
    z
      .number()
      .min(1)
      .max(3_650 * UNITS.d),
  )
  .describe("a length of time from 1ms to 3650d such as 250ms, 60s, 5m, 24h or 7d");
const interval = z
  .union([z.literal("off").transform(() => 0), duration])
  .describe("off, or a length of time such as 30s or 5m");
const share = z
  .string()
  .regex(/^\d*\.?\d+$/)
  .transform(Number)
  .pipe(z.number().max(1))
  .describe("a share from 0 to 1 such as 0.02");
const number = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d*\.?\d+$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));
const path = z.string().min(1).describe("a path");
const word = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,252}$/)
  .describe("1 to 253 letters, digits and . _ : / -");

/** The one definition of the options, as the command line gives them. A description says what is allowed. */
const optionsSchema = z.object({
  sink: z.enum(["stdout", "file", "kinesis", "firehose"]).describe("stdout, file, kinesis or firehose"),
  file: path.optional().describe("a path"),
  overwrite: z.boolean().default(false),
  format: z.enum(["text", "json"]).default("text").describe("text or json"),
  stream: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,128}$/)
    .optional()
    .describe("a stream's name: 1 to 128 letters, digits and _ . -"),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("a URL such as http://127.0.0.1:4567"),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
    .optional()
    .describe("a region such as ap-northeast-2"),
  concurrency: z
    .string()
    .regex(/^([1-9]|[1-5]\d|6[0-4])$/)
    .transform(Number)
    .optional()
    .describe("a number of calls from 1 to 64"),
  rate: number(0.001, 10_000_000).describe("a number of lines per second from 0.001 to 10000000"),
  speed: z
    .union([z.literal("max").transform(() => Number.POSITIVE_INFINITY), number(0.001, 1_000_000)])
    .describe("max, or a factor from 0.001 to 1000000"),
  start: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional()
    .describe("an ISO 8601 time such as 2026-01-25T00:00:00Z"),
  duration: duration.optional().describe(duration.description ?? ""),
  count: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number)
    .optional()
    .describe("a whole number of lines from 1"),
  seed: z
    .string()
    .regex(/^[\w.:-]{1,100}$/)
    .optional()
    .describe("a number or a word: 1 to 100 letters, digits and _ . : -"),
  labels: path.optional().describe("a path"),
  badShare: share,
  noiseShare: share,
  incidentEvery: interval,
  burstEvery: interval,
  platform: word,
  environment: word,
});

type Options = z.infer<typeof optionsSchema>;

export interface Config {
  generate: GenerateOptions;
  sink: SinkOptions;
  /** Path of the label file. */
  labels: string | undefined;
  overwrite: boolean;
  /** `Infinity`: as fast as the sink takes the lines. */
  speed: number;
}

/**
 * Checks the options of the command line, all of them before the first is refused.
 * @param raw as commander gives them: texts, and `true` for `--overwrite`
 * @param now ms since the epoch
 * @throws OptionError with a line for each bad option: what was given and what is allowed.
 */
export function parseOptions(raw: Record<string, unknown>, now: number): Config {
  const checked = check(optionsSchema, raw);
  if (!checked.ok) {
    const names = new Set(checked.problems.map(({ path: [name] }) => name as keyof Options));
    throw new OptionError(
      [...names]
        .map((name) => problem(name, raw[name], optionsSchema.shape[name].description ?? "nothing"))
        .join("\n"),
    );
  }
  const options = checked.data;
  const problems = contradictions(options, raw);
  if (problems.length > 0) throw new OptionError(problems.join("\n"));
  const { rate, count, duration: length, badShare, noiseShare, incidentEvery, burstEvery } = options;
  const seed = options.seed ?? String(randomInt(2 ** 32));
  const start = options.start ?? defaultStart(options, now);
  return {
    generate: { seed, start, rate, count, duration: length, badShare, noiseShare, incidentEvery, burstEvery },
    sink: sinkOptions(options),
    labels: options.labels,
    overwrite: options.overwrite,
    speed: options.speed,
  };
}

/** The present for lines in real time; in the past for others, so that none is from the future. */
function defaultStart({ speed, rate, count, duration: length }: Options, now: number): number {
  if (speed === 1) return now;
  const byCount = count === undefined ? Number.POSITIVE_INFINITY : (count / rate) * 1000;
  return now - Math.ceil(Math.min(byCount, length ?? Number.POSITIVE_INFINITY));
}

function sinkOptions(options: Options): SinkOptions {
  const { sink: kind, platform, environment, file = "", overwrite, format } = options;
  const { stream = "", endpoint, region, concurrency } = options;
  switch (kind) {
    case "stdout":
      return { kind, format, platform, environment };
    case "file":
      return { kind, path: file, overwrite, format, platform, environment };
    default:
      return { kind, stream, endpoint, region, concurrency, platform, environment };
  }
}

/** What is allowed alone but not together. */
function contradictions(options: Options, raw: Record<string, unknown>): string[] {
  const { sink, speed, count, duration: length, start } = options;
  const problems: string[] = [];
  const aws = sink === "kinesis" || sink === "firehose";
  const onlyWith = (name: string, fits: boolean, where: string): void => {
    if (raw[name] !== undefined && !fits)
      problems.push(problem(name, raw[name], `nothing, except with ${where}`));
  };
  onlyWith("file", sink === "file", "--sink file");
  onlyWith("stream", aws, "--sink kinesis or firehose");
  onlyWith("endpoint", aws, "--sink kinesis or firehose");
  onlyWith("region", aws, "--sink kinesis or firehose");
  onlyWith("concurrency", aws, "--sink kinesis or firehose");
  if (raw.format === "text" && aws) problems.push(problem("format", raw.format, `json with --sink ${sink}`));
  if (sink === "file" && options.file === undefined) problems.push(problem("file", undefined, "a path"));
  if (aws && options.stream === undefined) problems.push(problem("stream", undefined, "a stream's name"));
  if (sink === "firehose" && (options.stream?.length ?? 0) > 64) {
    problems.push(problem("stream", options.stream, "at most 64 characters with --sink firehose"));
  }
  if (options.file !== undefined && options.file === options.labels) {
    problems.push(problem("labels", options.labels, "another path than --file"));
  }
  const endless = count === undefined && length === undefined;
  if (endless && (speed === Number.POSITIVE_INFINITY || (speed !== 1 && start === undefined))) {
    problems.push(problem("speed", raw.speed, "1 without --count and --duration"));
  }
  return problems;
}

function problem(name: string, given: unknown, allowed: string): string {
  const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return problemText({ key: `--${flag}`, given: shown(given), allowed });
}
