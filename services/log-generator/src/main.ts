#!/usr/bin/env node
import { Command } from "commander";
import { type Config, parseOptions } from "./config.ts";
import { OptionError } from "./errors.ts";
import { generate } from "./generate.ts";
import { labelOf } from "./labels.ts";
import { run, type Summary } from "./run.ts";
import { createSink, fileSink, refuseContent } from "./sinks/create.ts";

/** How long a sink may take to deliver what is left after a signal or the last line, ms. Kubernetes kills after 30 s. */
const GRACE = 20_000;

const EXIT = { done: 0, undelivered: 1, badOptions: 2 } as const;

const command = new Command("log-generator")
  .description("Writes the logs of a shop of a dozen services: traffic, incidents, noise, and bad records.")
  .option("--sink <sink>", "where lines go: stdout, file, kinesis or firehose", "stdout")
  .option("--file <path>", "the file of --sink file")
  .option("--overwrite", "write --file and --labels anew when they hold something")
  .option(
    "--format <format>",
    'of stdout and file: text as services write it, or json as Fluent Bit makes it (default: "text")',
  )
  .option("--stream <name>", "of --sink kinesis or firehose")
  .option("--endpoint <url>", "of a local emulator of AWS")
  .option("--region <region>", "AWS region (default: what the environment says)")
  .option("--concurrency <n>", "calls to AWS at the same time; 1 keeps the lines in order (default: 4)")
  .option(
    "--rate <n>",
    "lines per second of the lines' own time: the mean over the run, bursts come on top",
    "100",
  )
  .option(
    "--speed <factor>",
    "how fast the lines' own time passes: 1 is real time, max as fast as the sink takes lines",
    "1",
  )
  .option(
    "--start <time>",
    "time of the first line (default: now; with another --speed than 1, so that the last line is now)",
  )
  .option("--duration <time>", "end after this much of the lines' own time, such as 60s or 24h")
  .option("--count <n>", "end after this many lines")
  .option(
    "--seed <seed>",
    "the same seed, start and options give the same lines (default: a random one, shown at the end)",
  )
  .option("--labels <path>", "write the ground truth of every line to this file, as JSON lines")
  .option("--bad-share <share>", "share of deliberately bad records", "0")
  .option(
    "--noise-share <share>",
    "share of the visits of a service in which something unrelated goes wrong",
    "0.01",
  )
  .option("--incident-every <time>", "mean time between two incidents, or off", "5m")
  .option("--burst-every <time>", "mean time between two bursts of load, or off", "10m")
  .option("--platform <word>", "of the JSON records", "eks")
  .option("--environment <word>", "of the JSON records", "dev")
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.badOptions));

async function main(): Promise<number> {
  command.parse();
  const config = parseOptions(command.opts(), Date.now());
  if (config.labels !== undefined) await refuseContent("--labels", config.labels, config.overwrite);
  const sink = await createSink(config.sink);
  const labels =
    config.labels === undefined
      ? undefined
      : await fileSink("--labels", config.labels, config.overwrite, (line) => JSON.stringify(labelOf(line)));
  const { stop, abort } = signals();
  const { speed } = config;
  const lines = generate(config.generate);
  const summary = await run({ lines, sink, labels, speed, stop, abort, grace: GRACE });
  report(summary, config);
  return summary.refused === 0 && summary.failure === undefined ? EXIT.done : EXIT.undelivered;
}

/** The first signal ends the stream, the second one gives up on what is not delivered yet. */
function signals(): { stop: AbortSignal; abort: AbortSignal } {
  const [stop, abort] = [new AbortController(), new AbortController()];
  const onSignal = (): void => {
    if (stop.signal.aborted) abort.abort();
    else stop.abort();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return { stop: stop.signal, abort: abort.signal };
}

/** On standard error: one line of JSON for programs, one for people. */
function report(summary: Summary, { generate: { seed, start } }: Config): void {
  const { made, accepted, retried, refused, seconds, failure } = summary;
  const perSecond = Math.round(made / seconds);
  const counters = { ...summary, seed, start: new Date(start).toISOString(), linesPerSecond: perSecond };
  process.stderr.write(`${JSON.stringify(counters)}\n`);
  process.stderr.write(
    `made ${made} lines in ${seconds.toFixed(1)} s (${perSecond}/s): accepted ${accepted}, refused ${refused}, retried ${retried}` +
      `${failure === undefined ? "" : `; ${failure}`} (seed ${seed})\n`,
  );
}

// A reader of standard error that has left must not end the program before its lines are delivered.
process.stderr.on("error", () => undefined);
try {
  process.exitCode = await main();
  // What was given up on may still keep a pipe busy that nobody reads.
  setTimeout(() => process.exit(), 500).unref();
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.badOptions;
}
