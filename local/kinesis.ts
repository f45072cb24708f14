import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DescribeStreamSummaryCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** Any are taken; the SDK must have some. */
export const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };
export const REGION = "ap-northeast-2";
export const STREAM = "cali-local-logs-stream";

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 3_000;

/** A Kinesis on this machine. */
export interface LocalKinesis {
  readonly endpoint: string;
  readonly client: KinesisClient;
  stop(): Promise<void>;
}

/**
 * Starts a Kinesis with one stream, empty, on a free port of 127.0.0.1.
 *
 * @param logFile gets what it prints.
 * @throws Error when it isn't up in half a minute.
 */
export async function startKinesis(shards: number, logFile: string): Promise<LocalKinesis> {
  const [plainPort, tlsPort] = [await freePort(), await freePort()];
  // It looks for its certificate in the folder it is started in.
  const folder = dirname(createRequire(import.meta.url).resolve("kinesis-local/package.json"));
  const child = spawn(process.execPath, [join(folder, "main.js")], {
    cwd: folder,
    env: {
      ...process.env,
      KINESIS_MOCK_PLAIN_PORT: String(plainPort),
      KINESIS_MOCK_TLS_PORT: String(tlsPort),
      INITIALIZE_STREAMS: `${STREAM}:${shards}:${REGION}`,
      AWS_REGION: REGION,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);

  const endpoint = `http://127.0.0.1:${plainPort}`;
  const client = new KinesisClient({
    endpoint,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
    // The client's own speaks HTTP/2, which goes over TLS alone.
    requestHandler: new NodeHttpHandler(),
  });
  const stop = async () => {
    process.removeListener("exit", kill);
    client.destroy();
    await end(child);
    log.end();
  };
  try {
    await untilActive(client, child);
  } catch (error) {
    await stop();
    throw new Error(`the local Kinesis did not start (${logFile} has what it said)`, { cause: error });
  }
  return { endpoint, client, stop };
}

async function untilActive(client: KinesisClient, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    try {
      const { StreamDescriptionSummary } = await client.send(
        new DescribeStreamSummaryCommand({ StreamName: STREAM }),
      );
      if (StreamDescriptionSummary?.StreamStatus === "ACTIVE") return;
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await sleep(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
