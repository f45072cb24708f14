import { describe, expect, it } from "vitest";
import { parseOptions } from "../src/config.ts";
import { OptionError } from "../src/errors.ts";

const NOW = Date.parse("2026-01-25T12:00:00.000Z");
/** What commander gives without any option. */
const BARE = {
  sink: "stdout",
  rate: "100",
  speed: "1",
  badShare: "0",
  noiseShare: "0.01",
  incidentEvery: "5m",
  burstEvery: "10m",
  platform: "eks",
  environment: "dev",
};

function problemsOf(options: Record<string, unknown>): string {
  try {
    parseOptions({ ...BARE, ...options }, NOW);
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as OptionError).message;
  }
  return "no problem";
}

describe("parseOptions", () => {
  it("has defaults: real time, 100 lines a second, to standard output, from now on", () => {
    const { generate, sink, speed } = parseOptions(BARE, NOW);
    expect(sink).toEqual({ kind: "stdout", format: "text", platform: "eks", environment: "dev" });
    expect(speed).toBe(1);
    expect(generate).toMatchObject({ start: NOW, rate: 100, incidentEvery: 300_000, burstEvery: 600_000 });
    expect(generate.seed).toMatch(/^\d+$/);
    expect(generate).not.toEqual(parseOptions(BARE, NOW).generate);
  });

  it("reads every option", () => {
    const given = {
      sink: "kinesis",
      stream: "cali-logs",
      endpoint: "http://127.0.0.1:4567",
      region: "ap-northeast-2",
      concurrency: "8",
      seed: "7",
      rate: "2.5",
      speed: "max",
      start: "2026-01-24T00:00:00+09:00",
      duration: "1.5h",
      count: "10",
      badShare: ".25",
      incidentEvery: "off",
      burstEvery: "90s",
    };
    expect(parseOptions({ ...BARE, ...given }, NOW)).toEqual({
      generate: {
        seed: "7",
        rate: 2.5,
        start: Date.parse("2026-01-23T15:00:00Z"),
        duration: 5_400_000,
        count: 10,
        badShare: 0.25,
        noiseShare: 0.01,
        incidentEvery: 0,
        burstEvery: 90_000,
      },
      sink: {
        kind: "kinesis",
        stream: "cali-logs",
        endpoint: "http://127.0.0.1:4567",
        region: "ap-northeast-2",
        concurrency: 8,
        platform: "eks",
        environment: "dev",
      },
      labels: undefined,
      overwrite: false,
      speed: Number.POSITIVE_INFINITY,
    });
  });

  it.each([
    ["by its length", { speed: "max", duration: "1h" }, NOW - 3_600_000],
    ["by its lines", { speed: "10", count: "1000" }, NOW - 10_000],
    ["by what ends first", { speed: "max", count: "1000", duration: "1h" }, NOW - 10_000],
    ["in real time: now", { count: "1000" }, NOW],
  ])("starts a run so that none of its lines is from the future: %s", (_, options, start) => {
    expect(parseOptions({ ...BARE, ...options }, NOW).generate.start).toBe(start);
  });

  it.each([
    [{ sink: "s3" }, '--sink: given "s3"; allowed: stdout, file, kinesis or firehose'],
    [{ rate: "fast" }, '--rate: given "fast"; allowed: a number of lines per second from 0.001 to 10000000'],
    [{ rate: "0" }, '--rate: given "0"'],
    [{ rate: "-5" }, '--rate: given "-5"'],
    [{ rate: "1e3" }, '--rate: given "1e3"'],
    [{ rate: "Infinity" }, '--rate: given "Infinity"'],
    [{ speed: "0" }, '--speed: given "0"; allowed: max, or a factor'],
    [{ duration: "10" }, '--duration: given "10"; allowed: a length of time from 1ms to 3650d such as 250ms'],
    [{ duration: "0s" }, '--duration: given "0s"'],
    [{ duration: "9999999999d" }, "--duration"],
    [{ count: "0" }, '--count: given "0"; allowed: a whole number of lines from 1'],
    [{ count: "1.5" }, '--count: given "1.5"'],
    [{ seed: "" }, '--seed: given ""'],
    [{ seed: "a b" }, '--seed: given "a b"'],
    [{ start: "yesterday" }, '--start: given "yesterday"; allowed: an ISO 8601 time'],
    [{ badShare: "1.01" }, '--bad-share: given "1.01"; allowed: a share from 0 to 1'],
    [{ noiseShare: "2%" }, '--noise-share: given "2%"'],
    [{ incidentEvery: "never" }, '--incident-every: given "never"; allowed: off, or a length of time'],
    [{ endpoint: "localhost" }, '--endpoint: given "localhost"; allowed: a URL'],
    [{ endpoint: "file:///etc/passwd" }, "--endpoint"],
    [{ region: "seoul" }, '--region: given "seoul"; allowed: a region such as ap-northeast-2'],
    [{ concurrency: "0" }, '--concurrency: given "0"; allowed: a number of calls from 1 to 64'],
    [
      { concurrency: "4" },
      '--concurrency: given "4"; allowed: nothing, except with --sink kinesis or firehose',
    ],
    [{ environment: "a\nb" }, '--environment: given "a\\nb"'],
    [{ format: "xml" }, '--format: given "xml"; allowed: text or json'],
    [{ sink: "file" }, "--file: given nothing; allowed: a path"],
    [{ sink: "kinesis" }, "--stream: given nothing; allowed: a stream's name"],
    [{ sink: "kinesis", stream: "a b" }, '--stream: given "a b"'],
    [{ sink: "firehose", stream: "x".repeat(65) }, "allowed: at most 64 characters with --sink firehose"],
    [
      { sink: "kinesis", stream: "x", format: "text" },
      '--format: given "text"; allowed: json with --sink kinesis',
    ],
    [{ file: "x" }, '--file: given "x"; allowed: nothing, except with --sink file'],
    [{ stream: "x" }, '--stream: given "x"; allowed: nothing, except with --sink kinesis or firehose'],
    [{ endpoint: "http://x" }, "--endpoint"],
    [{ sink: "file", file: "x", labels: "x" }, '--labels: given "x"; allowed: another path than --file'],
    [{ speed: "max" }, '--speed: given "max"; allowed: 1 without --count and --duration'],
    [{ speed: "2" }, '--speed: given "2"; allowed: 1 without'],
  ])("refuses %j", (options, said) => {
    expect(problemsOf(options)).toContain(said);
  });

  it("names all bad options at once, each once", () => {
    const problems = problemsOf({ rate: "x", speed: "y", sink: "z" }).split("\n");
    expect(problems.map((problem) => problem.split(":")[0]).sort()).toEqual(["--rate", "--sink", "--speed"]);
    expect(problemsOf({ file: "x", stream: "y", speed: "max" }).split("\n")).toHaveLength(3);
  });
});
