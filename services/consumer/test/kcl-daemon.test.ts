import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../src/config/load.ts";
import { systemClock } from "../src/core/clock.ts";
import { Metrics } from "../src/ops/metrics.ts";
import { metricsOf, readReports, writeReport } from "../src/ops/reports.ts";
import { propertiesOf } from "../src/read/kcl/daemon.ts";

const config = (over: object = {}) =>
  parseConfig({
    region: "ap-northeast-2",
    kinesis: { stream: "logs" },
    state: { table: "state" },
    objects: { bucket: "objects" },
    ...over,
  });
const command = ["/usr/bin/node", "/app/main.mjs", "worker"];

const linesOf = (text: string) =>
  Object.fromEntries(
    text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" = ")),
  );

it("tells the daemon of the configuration", () => {
  expect(linesOf(propertiesOf({ config: config(), command, workerId: "me" }))).toEqual({
    executableName: "/usr/bin/node /app/main.mjs worker",
    streamName: "logs",
    applicationName: "cali-consumer",
    workerIdentifier: "me",
    regionName: "ap-northeast-2",
    AwsCredentialsProvider: "DefaultCredentialsProvider",
    initialPositionInStream: "TRIM_HORIZON",
    retrievalMode: "POLLING",
    maxRecords: "10000",
    idleTimeBetweenReadsInMillis: "1000",
    shardSyncIntervalMillis: "30000",
    failoverTimeMillis: "20000",
    shutdownGraceMillis: "15000",
    metricsLevel: "NONE",
    clientVersionConfig: "CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X",
  });
});

it("tells it of a stream by its ARN, of other addresses, and of the most shards", () => {
  const arn = "arn:aws:kinesis:ap-northeast-2:123456789012:stream/logs";
  const given = config({
    kinesis: { stream: arn, endpoint: "http://127.0.0.1:1" },
    state: { table: "state", endpoint: "http://127.0.0.1:2" },
    kcl: { maxShards: 4 },
  });
  expect(linesOf(propertiesOf({ config: given, command, workerId: "me" }))).toMatchObject({
    streamArn: arn,
    kinesisEndpoint: "http://127.0.0.1:1",
    dynamoDBEndpoint: "http://127.0.0.1:2",
    "cloudWatchClient.endpointOverride": "http://127.0.0.1:2",
    maxLeasesForWorker: "4",
  });
});

it("refuses a command that the daemon would take apart", () => {
  expect(() => propertiesOf({ config: config(), command: ["/my programs/node"], workerId: "me" })).toThrow(
    'given "/my programs/node"; allowed: a path without blanks',
  );
});

it("sums what the processes of shards report, and forgets those that are gone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cali-reports-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const metrics = new Metrics(systemClock, {
    templates: () => 2,
    bufferedBytes: () => 0,
    outbox: async () => 0,
    incidentsWaiting: async () => 0,
  });
  metrics.records.inc({ result: "valid" }, 5);
  metrics.onRead("a", 700);
  const found = await metrics.registry.getMetricsAsJSON();
  const report = { troubles: ["committing a: no"], metrics: found };
  await writeReport(folder, report);
  await writeFile(join(folder, "other.json"), JSON.stringify({ ...report, troubles: [] }));
  await writeFile(join(folder, "gone.json"), JSON.stringify(report));
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(join(folder, "gone.json"), longAgo, longAgo);
  await writeFile(join(folder, "kcl.properties"), "");

  const reports = await readReports(folder);
  expect(reports.flatMap(({ troubles }) => troubles)).toEqual(["committing a: no"]);
  const text = await metricsOf(reports);
  expect(text).toContain('cali_consumer_records_total{result="valid"} 10');
  expect(text).toContain("cali_consumer_templates 2");
  // Of the slowest, not of all together.
  expect(text).toMatch(/cali_consumer_lag_milliseconds 7\d\d\n/);
  expect(await readdir(folder)).not.toContain("gone.json");
});
