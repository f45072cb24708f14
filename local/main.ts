import { join } from "node:path";
import { letReadersLeave, paintFor } from "@cali/base";
import { scoreRun } from "./ground-truth.ts";
import { DEFAULT_FOLDER, type LocalOptions, localCommand, refuseOptionsOfNpm } from "./options.ts";
import { type RunReport, runPipeline } from "./pipeline.ts";
import { percentile } from "./score.ts";
import { percent, seconds, table } from "./table.ts";
import { View } from "./view.ts";

/** `npm start`: the whole pipeline on this machine. Exits with 1 when a record was lost. */
async function main(): Promise<void> {
  const command = localCommand();
  refuseOptionsOfNpm(command, process.env);
  const options = command.parse().opts<LocalOptions>();
  const runFolder = join(options.folder, new Date().toISOString().replaceAll(":", "-"));
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop.abort();
      // A second one doesn't wait.
      process.once(signal, () => process.exit(1));
    });
  }
  // Nobody reads any more (`npm start | head`): the same as Ctrl-C.
  letReadersLeave(() => stop.abort());
  const view = new View(process.stdout, options.for);
  let report: RunReport;
  try {
    report = await runPipeline({
      ...options,
      runFolder,
      stop: stop.signal,
      onAlert: (alert, elapsedMs) => view.alert(alert, elapsedMs),
      onConsole: (url) => view.console(url),
      onMoment: (moment) => view.show(moment),
    });
  } finally {
    view.close();
  }
  console.log(await summary(report, runFolder, options));
  if (report.lost !== 0) process.exitCode = 1;
}

/** What knew the alerts' causes. */
function causesOf({ alerts }: RunReport): (readonly [string, number])[] {
  const by = (tier: string | undefined) =>
    alerts.filter(({ alert: { cause } }) => cause?.tier === tier).length;
  return [
    ["alerts whose very template is known", by("hash")],
    ["alerts with the signature of a known error", by("signature")],
    ["alerts that read like a known error", by("vector")],
    ["alerts that a model proposes a cause for", by("llm")],
    ["alerts of unknown cause", by(undefined)],
  ];
}

async function summary(report: RunReport, runFolder: string, { folder }: LocalOptions): Promise<string> {
  const score = await scoreRun(report.labelsFile, report.alerts);
  const paint = paintFor(process.stdout);
  return [
    "",
    paint("bold", "What became of the lines"),
    table([
      ["made", report.made],
      ["taken by Kinesis", report.accepted],
      ["refused by Kinesis", report.refused],
      ...(report.unconfirmed > 0
        ? [["without an answer at the end: taken or not", report.unconfirmed] as const]
        : []),
      ["consumed", report.consumed],
      ["invalid, in dlq/", report.invalid],
      ["archived in raw/", report.archived],
      ["alerted", report.alerted],
      ["suppressed", report.suppressed],
      ...causesOf(report),
      ["lost", report.lost],
    ]),
    "",
    paint("bold", "Against the generator's labels"),
    table([
      ["WARN, ERROR and FATAL lines", score.troubleLines],
      ["incidents notified", score.messages],
      ["of these about something new", percent(score.messagePrecision)],
      ["of the labels' incidents with a message", percent(score.incidentRecall)],
      ["alerts of such a service and level", percent(score.right)],
      ["first alert after the start", seconds(report.firstAlertMs)],
      ["new error: line to alert, half within", seconds(percentile(score.delays, 0.5))],
      ["new error: line to alert, 99 of 100 within", seconds(percentile(score.delays, 0.99))],
    ]),
    "",
    `Everything is in ${runFolder}/ (objects, state, labels, logs). ${folder === DEFAULT_FOLDER ? "`npm run clean` removes" : "To be removed by hand:"} ${folder}/`,
  ].join("\n");
}

main().catch((error: unknown) => {
  const { message, cause } = error as Error;
  console.error(`npm start: ${message}${cause instanceof Error ? ` (${cause.message})` : ""}`);
  process.exitCode = 1;
});
