import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { paintFor } from "@cali/base";
import { asJson, type GenerateOptions, generate, labelOf } from "@cali/log-generator";
import { validateRecord } from "@cali/log-record";
import { FolderObjectStore } from "../services/consumer/src/state/objects/folder.ts";
import { readLabelled, rowsOfLabelled, scoreLabelled } from "./causes-score.ts";
import { type RunScore, scoreRun } from "./ground-truth.ts";
import { type CauseScore, scoreCauses, type ToldAlert } from "./knowledge-score.ts";
import { runPipeline } from "./pipeline.ts";
import { alertLines, percentile, type Score, type ScoredLine, scoreAlerts, truthsOfAlerts } from "./score.ts";
import { percent, seconds, table } from "./table.ts";

/**
 * `npm run score`: how well the consumer groups and alerts, on three seeds of generated traffic.
 *
 * Grouping, alerting and causes are scored on an hour of traffic of each seed, at the speed of the machine: the same miner and
 * grouper as in the consumer, with the lines' own times. The time from line to alert is measured on the real pipeline,
 * with Kinesis and all, for a minute of each seed; so is what Slack is notified of its incidents.
 *
 * `npm run score -- --causes FILE`: how well causes are found for the errors in a file of JSON lines `{text, level, entry}`.
 * Of a file named frozen…, only the counts are told: whoever reads its misses has no blind test any more.
 */

const paint = paintFor(process.stdout);
const SEEDS = ["spring", "summer", "autumn"];
const START = Date.parse("2026-01-25T09:00:00Z");
const HOUR: Omit<GenerateOptions, "seed"> = { start: START, rate: 50, duration: 3_600_000, badShare: 0.01 };
const REAL_MS = 60_000;
const REAL_RATE = 60;

const TROUBLE = new Set(["WARN", "ERROR", "FATAL"]);

function hourOf(seed: string): ScoredLine[] {
  const lines: ScoredLine[] = [];
  for (const line of generate({ ...HOUR, seed })) {
    if (line.bad || !TROUBLE.has(line.line.level)) continue;
    const result = validateRecord(JSON.parse(asJson(line, { platform: "local", environment: "local" })));
    if (!result.ok) throw new Error(`line ${line.index} of seed ${seed}: ${result.reason}`);
    const position = { sequenceNumber: String(line.index + 1), index: 0 };
    lines.push({
      event: { shardId: "shardId-000000000000", position, record: result.record, at: Math.round(line.at) },
      label: labelOf(line),
    });
  }
  return lines;
}

/** A run of the real pipeline, with a Slack that counts. */
async function realRun(seed: string): Promise<RunScore & { posts: number }> {
  const folder = mkdtempSync(join(tmpdir(), "cali-score-"));
  let posts = 0;
  const slack = createServer((request, response) => {
    posts++;
    request.resume().on("end", () => response.end("ok"));
  });
  await new Promise<void>((resolve) => slack.listen(0, "127.0.0.1", resolve));
  const { port } = slack.address() as AddressInfo;
  try {
    const { alerts, labelsFile, lost } = await runPipeline({
      for: REAL_MS,
      rate: REAL_RATE,
      seed,
      badShare: 0.01,
      shards: 2,
      folder,
      runFolder: join(folder, "run"),
      slack: `http://127.0.0.1:${port}/`,
      stop: new AbortController().signal,
      onAlert: () => {},
      onMoment: () => {},
    });
    if (lost !== 0) throw new Error(`seed ${seed}: ${lost} records were lost`);
    return { ...(await scoreRun(labelsFile, alerts)), posts };
  } finally {
    slack.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function causesOf(alerted: readonly ToldAlert[]): Promise<CauseScore> {
  const folder = mkdtempSync(join(tmpdir(), "cali-score-"));
  try {
    return await scoreCauses(alerted, new FolderObjectStore(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rowsOf = ({ lines, groupingAccuracy, alerts, alertPrecision, alertRecall }: Score) =>
  [
    ["WARN, ERROR and FATAL lines", lines],
    ["grouping accuracy", percent(groupingAccuracy)],
    ["alerts", alerts],
    ["alert precision", percent(alertPrecision)],
    ["alert recall", percent(alertRecall)],
  ] as const;

const causeRowsOf = ({ known, right, wrong, tiers, falseHits, reachesModel, questions, usd }: CauseScore) =>
  [
    ["alerts of errors that the seed knows", known],
    ["of these with the right cause", percent(right)],
    ["alerts with a wrong cause", wrong],
    [
      "answered by: same template, signature, similar one, nothing",
      `${tiers.hash}, ${tiers.signature}, ${tiers.vector}, ${tiers.none}`,
    ],
    ["false hits of the vector tier", percent(falseHits)],
    ["alerts that would reach the model", percent(reachesModel)],
    ["templates it would be asked about, and what that costs", `${questions}, ${usd.toFixed(4)} USD`],
  ] as const;

async function scoreTraffic(seed: string): Promise<void> {
  const alerted = alertLines(hourOf(seed));
  const score = scoreAlerts(alerted.found, alerted.alerts);
  const causes = await causesOf(truthsOfAlerts(alerted));
  const real = await realRun(seed);
  const { delays } = real;
  console.log(`\n${paint("bold", `Seed ${seed}`)}`);
  console.log(
    table([
      ...rowsOf(score),
      ...causeRowsOf(causes),
      ["messages to Slack in a minute of the real run", real.posts],
      ["incidents notified", real.messages],
      ["of these about something new", percent(real.messagePrecision)],
      ["of the labels' incidents with a message", percent(real.incidentRecall)],
      ["new errors of the real run", delays.length],
      ["new error: line to alert, p50", seconds(percentile(delays, 0.5))],
      ["new error: line to alert, p99", seconds(percentile(delays, 0.99))],
    ]),
  );
}

const { causes: file } = parseArgs({ options: { causes: { type: "string" } } }).values;
if (file === undefined) for (const seed of SEEDS) await scoreTraffic(seed);
else {
  const score = await scoreLabelled(readLabelled(file));
  if (!basename(file).startsWith("frozen")) console.log(score.mistakes.join("\n"));
  console.log(table(rowsOfLabelled(score)));
}
