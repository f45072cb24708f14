import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "@cali/settings";
import type { ConsumerConfig } from "../../config/load.ts";

/** ms for which the daemon waits, when it is asked to stop, for the last checkpoints of its shards. */
const GRACE_MS = 15_000;

/**
 * KCL's warnings and errors on standard error. What a shard's process writes there the daemon passes on as it is, and logs once more.
 * https://logback.qos.ch/manual/configuration.html
 */
const LOGBACK = `<configuration>
  <appender name="stderr" class="ch.qos.logback.core.ConsoleAppender">
    <target>System.err</target>
    <encoder>
      <pattern>%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %-5level %logger{40}: %msg%n</pattern>
    </encoder>
  </appender>
  <logger name="software.amazon.kinesis.multilang.DrainChildSTDERRTask" level="OFF" />
  <root level="WARN">
    <appender-ref ref="stderr" />
  </root>
</configuration>
`;

export interface DaemonOptions {
  readonly config: ConsumerConfig;
  /** An empty folder that is ours. */
  readonly folder: string;
  /** What the daemon starts for each shard. No argument may have a blank: it cuts the line at blanks. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What KCL calls this daemon. Unique, also over restarts. */
  readonly workerId: string;
}

/** The daemon's configuration; its keys are those of `MultiLangDaemonConfiguration`. @throws ConfigError */
export function propertiesOf({
  config,
  command,
  workerId,
}: Pick<DaemonOptions, "config" | "command" | "workerId">): string {
  const { region, kinesis, state, kcl } = config;
  const blank = command.find((argument) => /\s/.test(argument));
  if (blank !== undefined)
    throw new ConfigError(undefined, [
      {
        key: "the command of a shard's process",
        given: JSON.stringify(blank),
        allowed: "a path without blanks",
      },
    ]);
  const isArn = kinesis.stream.startsWith("arn:");
  const properties: Record<string, string | number | undefined> = {
    executableName: command.join(" "),
    [isArn ? "streamArn" : "streamName"]: kinesis.stream,
    applicationName: kcl.applicationName,
    workerIdentifier: workerId,
    regionName: region,
    AwsCredentialsProvider: "DefaultCredentialsProvider",
    // Our own state says what is done, so an application that is new to KCL begins at the oldest record.
    initialPositionInStream: "TRIM_HORIZON",
    retrievalMode: "POLLING",
    maxLeasesForWorker: kcl.maxShards,
    maxRecords: kinesis.batchRecords,
    idleTimeBetweenReadsInMillis: kinesis.pollIntervalMs,
    shardSyncIntervalMillis: kinesis.discoveryIntervalMs,
    failoverTimeMillis: state.leaseDurationMs,
    shutdownGraceMillis: GRACE_MS,
    metricsLevel: "NONE",
    // Without it a leader that was killed holds its lock for two minutes, in which no lease is given to anybody.
    clientVersionConfig: "CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X",
    kinesisEndpoint: kinesis.endpoint,
    dynamoDBEndpoint: state.endpoint,
    "cloudWatchClient.endpointOverride": state.endpoint,
  };
  return Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} = ${escaped(String(value))}\n`)
    .join("");
}

/** https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader) */
const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll(/[\r\n]/g, " ");

/** Starts KCL's MultiLangDaemon. Its standard output is nobody's: all it says goes to standard error. */
export async function startDaemon(options: DaemonOptions): Promise<ChildProcess> {
  const { config, folder, env } = options;
  const [properties, logback] = [join(folder, "kcl.properties"), join(folder, "logback.xml")];
  await writeFile(properties, propertiesOf(options));
  await writeFile(logback, LOGBACK);
  const { jarsFolder, javaOptions } = config.kcl;
  const java = [
    ...javaOptions,
    // Kinesis' answers as JSON: what stands in for it in tests has no CBOR, and AWS's client needs none.
    "-Daws.cborEnabled=false",
    "-cp",
    join(jarsFolder, "*"),
    "software.amazon.kinesis.multilang.MultiLangDaemon",
    "--properties-file",
    properties,
    "--log-configuration",
    logback,
  ];
  return spawn("java", java, { env, stdio: ["ignore", "ignore", "inherit"] });
}
