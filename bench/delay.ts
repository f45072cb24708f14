import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { startConsumer } from "@cali/consumer";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { atMost, type Benchmark } from "./frame.ts";

const SECONDS = 15;
/** After the last line, for what is on its way. */
const GRACE_MS = 4_000;
const LINES_A_SHARD = 1_000;
/** As the consumer's default. */
const POLL_MS = 1_000;
const TARGET_MS = 5_000;
const BARE = "AWS's client, posts what it finds";
const region = "us-east-1";
const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };

interface Server {
  readonly child: ChildProcess;
  readonly endpoint: string;
}

async function startServer(rate: number): Promise<Server> {
  const options = ["--rate", String(rate), "--shards", String(shardsOf(rate)), "--seconds", String(SECONDS)];
  const args = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "delay-server.ts")];
  const child = spawn(process.execPath, [...args, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, endpoint: `http://127.0.0.1:${JSON.parse(line as string).port}` };
}

const shardsOf = (rate: number) => Math.ceil(rate / LINES_A_SHARD);

/** Reads while the lines come. @returns ms from a line to the post that names it, for the slowest */
async function slowest(
  rate: number,
  read: (endpoint: string) => Promise<() => Promise<void>>,
): Promise<number> {
  const { child, endpoint } = await startServer(rate);
  try {
    const stop = await read(endpoint);
    await sleep(SECONDS * 1_000 + GRACE_MS);
    await stop();
    const delays = (await (await fetch(`${endpoint}/result`)).json()) as (number | null)[];
    // What was not posted by now is as late as the run is long.
    return Math.max(...delays.map((ms) => ms ?? SECONDS * 1_000 + GRACE_MS));
  } finally {
    child.kill();
  }
}

/** The whole consumer with its defaults, to Slack. */
async function consume(endpoint: string): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "cali-bench-delay-"));
  const consumer = await startConsumer(
    {
      region,
      kinesis: { stream: "bench", endpoint },
      state: { file: join(folder, "state.sqlite") },
      objects: { folder: join(folder, "objects") },
      slack: { webhookUrl: `${endpoint}/slack` },
      grouping: { learnForMs: 0 },
      http: { port: 0, host: "127.0.0.1" },
      log: { level: "error" },
    },
    { credentials },
  );
  return async () => {
    await consumer.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** The least that anybody would write: reads as often, and posts each error as it is. */
const readBare = (rate: number) => async (endpoint: string) => {
  const client = new KinesisClient({
    endpoint,
    region,
    credentials,
    requestHandler: new NodeHttpHandler({}),
  });
  const stopped = new AbortController();
  const follow = async (shard: number) => {
    const ShardId = `shardId-${String(shard).padStart(12, "0")}`;
    const start = { StreamName: "bench", ShardId, ShardIteratorType: "TRIM_HORIZON" as const };
    let { ShardIterator } = await client.send(new GetShardIteratorCommand(start));
    while (!stopped.signal.aborted) {
      const answer = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }));
      ShardIterator = answer.NextShardIterator;
      for (const { Data } of answer.Records ?? []) {
        const line = Buffer.from(Data ?? []).toString();
        if (line.includes('"ERROR"')) await fetch(`${endpoint}/slack`, { method: "POST", body: line });
      }
      await sleep(POLL_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const following = Promise.all(Array.from({ length: shardsOf(rate) }, (_, shard) => follow(shard)));
  return async () => {
    stopped.abort();
    await following;
    client.destroy();
  };
};

/** How long it takes from a line to Slack's post that names it, for the slowest of six new kinds of errors among so many lines a second. */
export const benchmark: Benchmark = {
  name: "delay",
  unit: "ms, the slowest of six",
  better: "less",
  size: "lines a second",
  sizes: [100, 1_000, 5_000],
  rounds: 1,
  targets: [100, 1_000, 5_000].map((rate) =>
    atMost(
      TARGET_MS,
      rate,
      `less than ${TARGET_MS / 1_000} s at ${rate.toLocaleString("en")} lines a second`,
    ),
  ),
  open: (rate) => ({
    contenders: { CALI: () => slowest(rate, consume), [BARE]: () => slowest(rate, readBare(rate)) },
  }),
};
