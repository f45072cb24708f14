import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { bytesOf, DEAD_LETTERS, deadLetterSchema } from "../../src/decode/dead-letters.ts";
import { FolderObjectStore } from "../../src/state/objects/folder.ts";
import { SqliteStateStore } from "../../src/state/sqlite.ts";
import { KinesisServer } from "./kinesis-server.ts";
import { bundleConsumer, ConsumerProcess, temporaryFolder } from "./process.ts";
import { seeded } from "./random.ts";
import { alertsOf, SlackServer } from "./slack-server.ts";
import { type Expected, workload } from "./workload.ts";

/** After so many, the pipeline looks at each record alone; three more, and it rejects the record. */
const MOST_KILLS_IN_A_ROW = 5;

/**
 * Lets the real consumer process a stream whose shards are split and merged meanwhile, kills it (SIGKILL) again and
 * again at random points, and then compares every durable effect with what the records should come to.
 */
export async function killTest({ payloads, kills, seed }: { payloads: number; kills: number; seed: number }) {
  const random = seeded(seed);
  const { folder, remove } = await temporaryFolder();
  const kinesis = new KinesisServer(2);
  const slack = new SlackServer();
  // So long it is open whether an alert has arrived: some kills fall in between.
  slack.delayMs = 80;
  try {
    const program = await bundleConsumer(folder);
    const state = join(folder, "state.sqlite");
    const environment = {
      CALI_KINESIS_STREAM: "logs",
      CALI_KINESIS_ENDPOINT: await kinesis.listen(),
      // Small and quick steps: more points to die at.
      CALI_KINESIS_BATCH_RECORDS: "500",
      CALI_KINESIS_MIN_READ_INTERVAL_MS: "5",
      CALI_KINESIS_POLL_INTERVAL_MS: "10",
      CALI_KINESIS_DISCOVERY_INTERVAL_MS: "100",
      CALI_SLACK_PACE_MS: "50",
      CALI_STATE_FILE: state,
      CALI_OBJECTS_FOLDER: join(folder, "objects"),
      CALI_SLACK_WEBHOOK_URL: await slack.listen(),
      NODE_COMPILE_CACHE: join(folder, "cache"),
    };
    const { records, expected } = workload(payloads, random);
    const share = Math.ceil(records.length / (kills + 1));
    const put = (part: number) => {
      for (const record of records.slice(part * share, (part + 1) * share)) {
        const open = kinesis.openShards;
        kinesis.put(record, open[Math.floor(random() * open.length)]);
      }
    };
    let attempts = 0;
    for (let kill = 0; kill < kills; kill++) {
      put(kill);
      reshard(kinesis, kill, random);
      const consumer = new ConsumerProcess(program, environment);
      const before = kinesis.calls.GetRecords ?? 0;
      // From the moment it works, so that most die at work; every fifth dies somewhere in its start.
      if (kill % 5 !== 4)
        await consumer.until("the first read", () => (kinesis.calls.GetRecords ?? 0) > before);
      await wait(random() * 150);
      // Where the machine is too slow to get anywhere between kills, records would become suspects: one process may end its batches.
      await consumer.end(attempts < MOST_KILLS_IN_A_ROW ? "SIGKILL" : "SIGTERM");
      attempts = await attemptsIn(state);
    }
    put(kills);
    const consumer = new ConsumerProcess(program, environment);
    await consumer.until("all records done", () => kinesis.drained);
    await consumer.until("every service alerted", () => {
      const notified = alertsOf(slack.posts).map(({ service }) => service);
      return Object.keys(expected.errors).every((service) => notified.includes(service));
    });
    expect(await consumer.end("SIGTERM"), consumer.output.slice(-2000)).toBe(0);
    await compare(folder, expected, slack);
  } finally {
    await kinesis.close();
    await slack.close();
    await remove();
  }
}

/** The most processes in a row that ended before they were done with a shard's first batch. */
async function attemptsIn(state: string): Promise<number> {
  const store = new SqliteStateStore(state);
  try {
    return Math.max(0, ...(await store.shards()).map(({ checkpoint }) => checkpoint.attempts));
  } finally {
    await store.close();
  }
}

/** Splits and merges in turns, so that families of several generations arise. */
function reshard(kinesis: KinesisServer, round: number, random: () => number): void {
  const open = kinesis.openShards;
  const [one, other] = open.sort(() => random() - 0.5);
  if (round % 4 === 1 && one !== undefined) kinesis.split(one);
  if (round % 4 === 3 && one !== undefined && other !== undefined) kinesis.merge(one, other);
}

async function compare(folder: string, expected: Expected, slack: SlackServer): Promise<void> {
  const store = new SqliteStateStore(join(folder, "state.sqlite"));
  try {
    const { valid, invalid } = await store.totals();
    expect({ valid, invalid }).toEqual({ valid: expected.valid, invalid: expected.invalid.length });
    // The share of dead letters is counted in memory, so a kill decides whether it is notified.
    const { unknown: _, ...errors } = await errorsByService(store);
    expect(errors).toEqual(expected.errors);
    expect(await deadLetters(join(folder, "objects"))).toEqual(expected.invalid);
    const unmarked = alertsOf(slack.posts).filter((alert) => !alert.isRepeat);
    expect(new Set(unmarked.map(({ id }) => id)).size).toBe(unmarked.length);
  } finally {
    await store.close();
  }
}

async function errorsByService(store: SqliteStateStore): Promise<Record<string, number>> {
  const services = new Map((await store.loadTemplates()).map((one) => [one.fingerprint, one.service]));
  const errors: Record<string, number> = {};
  for (const { checkpoint } of await store.shards()) {
    for (const { fingerprint, count } of await store.loadContributions(checkpoint.shardId)) {
      const service = services.get(fingerprint) ?? "unknown";
      errors[service] = (errors[service] ?? 0) + count;
    }
  }
  return Object.fromEntries(Object.entries(errors).sort());
}

/** The bytes of everything in dlq/, as base64, sorted; after a crash a payload may stand in two objects. */
async function deadLetters(folder: string): Promise<string[]> {
  const store = new FolderObjectStore(folder);
  const byPlace = new Map<string, string>();
  for await (const { key } of store.list(DEAD_LETTERS)) {
    const lines = Buffer.from((await store.get(key)) ?? [])
      .toString()
      .trimEnd()
      .split("\n");
    for (const line of lines) {
      const letter = deadLetterSchema.parse(JSON.parse(line));
      const bytes = Buffer.from(bytesOf(letter)).toString("base64");
      byPlace.set(`${letter.shardId} ${letter.sequenceNumber} ${letter.index}`, bytes);
    }
  }
  return [...byPlace.values()].sort();
}
