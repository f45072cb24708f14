import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { messageOf } from "@cali/base";
import { Command } from "commander";
import { pino } from "pino";
import { type ConsumerConfig, loadConfig, secretsOf } from "../config/load.ts";
import { HttpServer } from "../ops/http.ts";
import { createLog } from "../ops/log.ts";
import { metricsOf, readReports, writeReport } from "../ops/reports.ts";
import { openParts } from "../pipeline/parts.ts";
import { pipelineOf } from "../pipeline/shard-readers.ts";
import { KclShardWork } from "../pipeline/shard-work.ts";
import { converse } from "../read/kcl/conversation.ts";
import { startDaemon } from "../read/kcl/daemon.ts";
import { leaseOwners } from "../read/kcl/lease-table.ts";

const CONFIG = ["-c, --config <file>", "YAML file; environment variables CALI_… go before it"] as const;
/** ms between two reports of a shard's process. */
const REPORT_EVERY_MS = 5_000;
/** Gauges of what waits in the state for all processes, and of who notifies. */
const WAITING = [
  "cali_consumer_outbox_size",
  "cali_consumer_incidents_waiting",
  "cali_consumer_notified_age_seconds",
];
/** ms that the daemon has to stop before it is killed: it asks its shards for their last checkpoints. */
const STOP_MS = 25_000;

/** Standard output is the protocol's. */
const logOf = (config: ConsumerConfig) =>
  createLog({
    level: config.log.level,
    secrets: secretsOf(config),
    destination: pino.destination({ fd: 2, sync: true }),
  });

/** `consumer worker`: the process of one shard. */
export function workerCommand(): Command {
  return new Command("worker")
    .description("read one shard, as the daemon of `consumer workers` asks on standard input")
    .option(...CONFIG)
    .requiredOption("--worker-id <id>", "what KCL calls the daemon that has started it")
    .option("--reports <folder>", "where to say, in a file, how it is")
    .action(async ({ config: file, ...options }: { config?: string; workerId: string; reports?: string }) => {
      const config = loadConfig(file);
      const log = logOf(config);
      try {
        await work(config, log, options);
        // Whatever else is open is of no more use: the daemon has closed our input.
        process.exit(0);
      } catch (error) {
        log.fatal({ err: error }, `the shard's process ends: ${messageOf(error)}`);
        process.exit(1);
      }
    });
}

async function work(
  config: ConsumerConfig,
  log: ReturnType<typeof logOf>,
  { workerId, reports: folder }: { workerId: string; reports?: string },
): Promise<void> {
  const parts = await openParts(config, { log });
  const { clock, metrics, troubles } = parts;
  // The notifier's: each worker would ask the state for them, and the sum of their answers means nothing.
  for (const name of WAITING) metrics.registry.removeSingleMetric(name);
  let aliveAt = clock.monotonic();
  let isBusy = false;
  const ownerOf = leaseOwners({
    table: config.kcl.applicationName,
    region: config.region,
    ...(config.state.endpoint !== undefined && { endpoint: config.state.endpoint }),
  });
  const shard = new KclShardWork(parts, pipelineOf(parts, { isFollowed: true }), {
    isOurs: async (id) => (await ownerOf(id)) === workerId,
    touch: () => {
      aliveAt = clock.monotonic();
    },
  });
  const report = async () => {
    if (isBusy && clock.monotonic() - aliveAt > config.limits.stallMs) {
      log.fatal("no progress: the shard's process ends, and another one goes on from the last commit");
      process.exit(1);
    }
    if (folder === undefined) return;
    const found = await metrics.registry.getMetricsAsJSON();
    await writeReport(folder, { troubles: troubles.blocking(), metrics: found });
  };
  const reporting = setInterval(() => {
    report().catch((error: unknown) => log.warn({ err: error }, "the report cannot be written"));
  }, REPORT_EVERY_MS);
  const busy = async <T>(doing: Promise<T>): Promise<T> => {
    aliveAt = clock.monotonic();
    isBusy = true;
    try {
      return await doing;
    } finally {
      isBusy = false;
    }
  };
  try {
    await converse({
      lines: createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
      say: (message) => process.stdout.write(`${JSON.stringify(message)}\n`),
      work: {
        initialize: (request) => busy(shard.initialize(request)),
        process: (records, behindMs) => busy(shard.process(records, behindMs)),
        end: () => busy(shard.end()),
      },
      log,
      clock,
    });
  } finally {
    clearInterval(reporting);
  }
}

/** `consumer workers`: KCL's daemon, which starts a `consumer worker` for each of its shards. */
export function workersCommand(): Command {
  return new Command("workers")
    .description(
      "read the shards that the Kinesis Client Library gives this process, until SIGTERM or SIGINT",
    )
    .option(...CONFIG)
    .action(async ({ config: file }: { config?: string }) => {
      const config = loadConfig(file);
      if (config.state.table === undefined)
        throw new Error(
          "consumer workers: given no state.table, allowed a DynamoDB table: workers share no file",
        );
      const log = logOf(config);
      const folder = await mkdtemp(join(tmpdir(), "cali-kcl-"));
      const script = process.argv[1] as string;
      const workerId = `${hostname()}-${randomUUID()}`;
      const command = [process.execPath, ...process.execArgv, script, "worker"];
      command.push("--worker-id", workerId, "--reports", folder);
      if (file !== undefined) command.push("--config", file);
      const daemon = await startDaemon({ config, folder, command, workerId, env: process.env });
      let why: string | undefined;
      daemon.once("error", (error) => {
        why = `the daemon cannot start: ${messageOf(error)}`;
      });
      const http = new HttpServer({
        ...config.http,
        metrics: async () => metricsOf(await readReports(folder)),
        unhealthy: () => why,
        notReady: async () => {
          const reports = await readReports(folder);
          return reports.flatMap(({ troubles }) => troubles);
        },
      });
      const port = await http.listen();
      log.info({ port, application: config.kcl.applicationName }, "KCL's daemon has started");
      let isStopping = false;
      const stop = () => {
        isStopping = true;
        daemon.kill("SIGTERM");
        setTimeout(() => daemon.kill("SIGKILL"), STOP_MS).unref();
      };
      process.once("SIGTERM", stop).once("SIGINT", stop);
      const [code, signal] = why === undefined ? await once(daemon, "exit") : [1, null];
      await http.close();
      await rm(folder, { recursive: true, force: true });
      if (!isStopping) log.fatal({ code, signal }, why ?? "KCL's daemon has ended");
      process.exit(isStopping ? 0 : 1);
    });
}
