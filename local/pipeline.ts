import { randomUUID } from "node:crypto";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createSink,
  fileSink,
  type GeneratedLine,
  generate,
  labelOf,
  NOT_CONFIRMED,
  run,
  type Summary,
} from "@cali/log-generator";
import type { Alert } from "../services/consumer/src/core/types.ts";
import { createLog } from "../services/consumer/src/ops/log.ts";
import { type Consumer, startConsumer } from "../services/consumer/src/pipeline/consumer.ts";
import { FolderObjectStore } from "../services/consumer/src/state/objects/folder.ts";
import { Archive } from "./archive.ts";
import { infrastructure } from "./infrastructure.ts";
import { CREDENTIALS, REGION, STREAM, startKinesis } from "./kinesis.ts";
import { type LocalOptions, modelOf } from "./options.ts";
import { truthTeller } from "./truth.ts";
import type { Moment } from "./view.ts";

/** An alert, and when the consumer raised it, ms since the epoch. */
export interface RaisedAlert {
  readonly alert: Alert;
  readonly at: number;
}

/** What a run came to. */
export interface RunReport {
  readonly made: number;
  /** Records that Kinesis confirmed. */
  readonly accepted: number;
  /** Records that Kinesis did not take: too large, for example. */
  readonly refused: number;
  /** Records whose answer did not come before the end: Kinesis may have taken them, or not. */
  readonly unconfirmed: number;
  readonly consumed: number;
  readonly invalid: number;
  readonly alerted: number;
  readonly suppressed: number;
  /** In the stream, confirmed or not, and neither a valid record nor a dead letter of the consumer. */
  readonly lost: number;
  readonly archived: number;
  /** Time from the start to the first alert, ms. */
  readonly firstAlertMs: number | undefined;
  readonly alerts: readonly RaisedAlert[];
  readonly labelsFile: string;
}

export interface PipelineOptions extends LocalOptions {
  /** Folder of this run; it is made. */
  readonly runFolder: string;
  /** Ends the traffic; what is under way is brought to its end. */
  readonly stop: AbortSignal;
  readonly onAlert: (alert: Alert, elapsedMs: number) => void;
  readonly onMoment: (moment: Moment) => void;
  /** The console's page is served. Default: there is none. */
  readonly onConsole?: (url: string) => void;
}

const MOMENT_MS = 500;
const DAY_MS = 24 * 3_600_000;
/** The generator gives up on records that Kinesis doesn't take by then. */
const DELIVERY_GRACE_MS = 10_000;
/** Longest time for the consumer to catch up after the last line. */
const CATCH_UP_MS = 20_000;
/** Something worth an alert comes soon, and more of it later. */
const INCIDENT_EVERY_MS = 20_000;

/** Runs the whole pipeline until `stop` or the time is over. */
export async function runPipeline(options: PipelineOptions): Promise<RunReport> {
  const { runFolder, rate, seed, badShare, shards } = options;
  const startedAt = Date.now();
  const elapsed = () => Date.now() - startedAt;
  mkdirSync(runFolder, { recursive: true });
  const labelsFile = join(runFolder, "labels.jsonl");
  const kinesis = await startKinesis(shards, join(runFolder, "kinesis.log"));
  const objects = new FolderObjectStore(join(runFolder, "objects"));
  const archive = new Archive(kinesis.client, objects);
  let consumer: Consumer | undefined;
  try {
    consumer = await startLocalConsumer(options, kinesis.endpoint);
    const { console } = consumer;
    if (console) options.onConsole?.(console.url);
    await archive.start();
    const alerts: RaisedAlert[] = [];
    consumer.events.on("alert", (alert) => {
      alerts.push({ alert, at: Date.now() });
      options.onAlert(alert, elapsed());
    });

    const sink = await createSink({
      kind: "kinesis",
      stream: STREAM,
      endpoint: kinesis.endpoint,
      region: REGION,
      credentials: CREDENTIALS,
      concurrency: 1,
      platform: "local",
      environment: "local",
    });
    const labels = await fileSink("--folder", labelsFile, true, (line) => JSON.stringify(labelOf(line)));
    const traffic = new AbortController();
    const timer = options.for === undefined ? undefined : setTimeout(() => traffic.abort(), options.for);
    const made = { lines: 0 };
    const watching = watch(options, consumer, made, elapsed, traffic.signal);
    const summary = await run({
      lines: counted(
        generate({
          seed,
          start: Date.now(),
          rate,
          badShare,
          duration: options.for ?? DAY_MS,
          incidentEvery: INCIDENT_EVERY_MS,
        }),
        made,
        truthTeller((truth) => console?.feed.truth(truth)),
      ),
      sink,
      labels,
      speed: 1,
      stop: AbortSignal.any([options.stop, traffic.signal]),
      grace: DELIVERY_GRACE_MS,
    });
    clearTimeout(timer);
    await untilConsumed(consumer, summary.accepted);
    await archive.stop();
    // What was never confirmed can be in the stream all the same.
    await untilConsumed(consumer, archive.records);
    traffic.abort();
    await watching;
    const counters = await consumer.counters();
    await consumer.stop();
    consumer = undefined;
    return reportOf(summary, counters, { alerts, archived: archive.records, labelsFile, startedAt });
  } finally {
    await consumer?.stop();
    await kinesis.stop();
  }
}

function startLocalConsumer(
  { runFolder, slack, openai, onConsole }: PipelineOptions,
  endpoint: string,
): Promise<Consumer> {
  const llm = openai ? modelOf(process.env) : undefined;
  const log = createLog({
    level: "info",
    secrets: [slack ?? "", llm?.apiKey ?? ""],
    destination: createWriteStream(join(runFolder, "consumer.log")),
  });
  return startConsumer(
    {
      region: REGION,
      kinesis: { stream: STREAM, endpoint, pollIntervalMs: 250 },
      state: { file: join(runFolder, "state.sqlite") },
      objects: { folder: join(runFolder, "objects") },
      slack: { webhookUrl: slack },
      llm,
      knowledge: { file: join(runFolder, "vectors.sqlite") },
      http: { host: "127.0.0.1", port: 0 },
      console: onConsole ? { port: 0, token: randomUUID() } : {},
    },
    {
      log,
      credentials: CREDENTIALS,
      console: {
        tellsToken: true,
        views: ["live", "infrastructure"],
        asks: { infrastructure: infrastructure() },
      },
    },
  );
}

function* counted(
  lines: Iterable<GeneratedLine>,
  made: { lines: number },
  see: (line: GeneratedLine) => void,
): Generator<GeneratedLine> {
  for (const line of lines) {
    made.lines++;
    see(line);
    yield line;
  }
}

async function watch(
  { onMoment }: PipelineOptions,
  consumer: Consumer,
  made: { lines: number },
  elapsed: () => number,
  end: AbortSignal,
): Promise<void> {
  let before = { lines: 0, at: elapsed() };
  while (!end.aborted) {
    await sleep(MOMENT_MS, undefined, { signal: end }).catch(() => undefined);
    const { totals, lagMs, templates, alerts, suppressed } = await consumer.counters();
    const now = { lines: made.lines, at: elapsed() };
    onMoment({
      elapsedMs: now.at,
      made: now.lines,
      linesPerSecond: ((now.lines - before.lines) * 1_000) / Math.max(1, now.at - before.at),
      consumed: totals.valid + totals.invalid,
      invalid: totals.invalid,
      lagMs,
      templates,
      alerts,
      suppressed,
      troubles: consumer.troubles(),
    });
    before = now;
  }
}

/** Waits until the consumer is done with every record that Kinesis took, or does not come further. */
async function untilConsumed(consumer: Consumer, accepted: number): Promise<void> {
  const until = performance.now() + CATCH_UP_MS;
  while (performance.now() < until) {
    const { totals } = await consumer.counters();
    if (totals.records >= accepted) return;
    await sleep(100);
  }
}

/** What a run came to, of what the generator, the consumer and the archive counted. */
export function reportOf(
  { made, accepted, refused, reasons }: Summary,
  { totals }: Pick<Awaited<ReturnType<Consumer["counters"]>>, "totals">,
  rest: { alerts: RaisedAlert[]; archived: number; labelsFile: string; startedAt: number },
): RunReport {
  const { alerts, archived, labelsFile, startedAt } = rest;
  const [first] = alerts;
  const unconfirmed = reasons[NOT_CONFIRMED] ?? 0;
  return {
    made,
    accepted,
    refused: refused - unconfirmed,
    unconfirmed,
    consumed: totals.valid + totals.invalid,
    invalid: totals.invalid,
    // Those of the consumer's last moments included.
    alerted: alerts.length,
    suppressed: alerts.reduce((sum, { alert }) => sum + alert.suppressed, 0),
    lost: Math.max(0, Math.max(accepted, archived) - totals.records),
    archived,
    firstAlertMs: first && first.at - startedAt,
    alerts,
    labelsFile,
  };
}
