import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../src/config/load.ts";
import { openParts } from "../src/pipeline/parts.ts";
import { pipelineOf } from "../src/pipeline/shard-readers.ts";
import { KclAheadError, KclShardWork } from "../src/pipeline/shard-work.ts";
import { SqliteStateStore } from "../src/state/sqlite.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";
import { errorLine, infoLine } from "./support/pipeline-harness.ts";

const SHARD = "shardId-000000000000";
const initialize = (sequenceNumber = "TRIM_HORIZON") =>
  ({ action: "initialize", shardId: SHARD, sequenceNumber }) as const;
const record = (sequenceNumber: number, text = infoLine()) => ({
  data: Buffer.from(text).toString("base64"),
  sequenceNumber: String(sequenceNumber),
});

/** A state in memory, and processes of the shard that share it. */
function world() {
  const store = new SqliteStateStore(":memory:");
  onTestFinished(() => store.close());
  const objects = new MemoryObjectStore();
  /** Who has the lease in KCL's table. */
  const owner = { name: "" };
  const config = parseConfig({
    region: "us-east-1",
    kinesis: { stream: "logs" },
    state: { file: ":memory:" },
    objects: { folder: "unused" },
  });
  const listed = [SHARD];
  const start = async (name: string) => {
    const opened = await openParts(config, { store, objects, log: pino({ level: "silent" }) });
    onTestFinished(() => opened.stream.close());
    const identity = async () => ({ name: "logs", createdAt: 0 });
    const shards = async () => listed.map((shardId) => ({ shardId, parents: [] }));
    const parts = { ...opened, owner: name, stream: Object.assign(opened.stream, { identity, shards }) };
    const work = new KclShardWork(parts, pipelineOf(parts, { isFollowed: true }), {
      isOurs: async () => owner.name === name,
      touch: () => {},
    });
    return work;
  };
  return {
    store,
    start,
    listed,
    owner,
  };
}

it("leaves out what is durable already, whatever KCL gives again", async () => {
  const { store, start } = world();
  const first = await start("one");
  await first.initialize(initialize());
  expect(await first.process([record(1), record(2)], 0)).toBe(true);
  const second = await start("two");
  await second.initialize(initialize());
  expect(await second.process([record(1), record(2), record(3)], 0)).toBe(true);
  expect(await second.process([record(2), record(3)], 0)).toBe(true);
  expect(await store.totals()).toMatchObject({ valid: 3, records: 3 });
});

it("leaves the shard to another process when KCL has given it away", async () => {
  const { store, start, owner } = world();
  const [old, young] = [await start("old"), await start("young")];
  await old.initialize(initialize());
  owner.name = "young";
  await young.initialize(initialize());
  expect(await old.process([record(1)], 0)).toBe(false);
  expect(await young.process([record(1)], 0)).toBe(true);
  expect(await old.process([record(2)], 0)).toBe(false);
  expect(await old.end()).toBe(false);
  expect(await store.totals()).toMatchObject({ valid: 1, records: 1 });
});

it("goes on with a shard that is its own when another process that had it for a moment came later", async () => {
  const { store, start, owner } = world();
  const [own, other] = [await start("own"), await start("other")];
  await own.initialize(initialize());
  await other.initialize(initialize());
  owner.name = "own";
  expect(await own.process([record(1), record(2)], 0)).toBe(true);
  expect(await other.process([record(1)], 0)).toBe(false);
  expect(await own.end()).toBe(true);
  expect(await store.totals()).toMatchObject({ valid: 2, records: 2 });
});

it("keeps the end of a shard, once", async () => {
  const { store, start } = world();
  const work = await start("one");
  await work.initialize(initialize());
  await work.process([record(1, errorLine())], 0);
  expect(await work.end()).toBe(true);
  const again = await start("two");
  await again.initialize(initialize("SHARD_END"));
  expect(await again.end()).toBe(true);
  const [state] = await store.shards();
  expect(state?.checkpoint).toMatchObject({ ended: true, sequenceNumber: "1" });
});

it("refuses a lease table that is ahead of the state: what lies between would never be read", async () => {
  const { start, listed } = world();
  const work = await start("one");
  await work.initialize(initialize());
  await work.process([record(5)], 0);
  await (await start("two")).initialize(initialize("5"));
  await expect((await start("three")).initialize(initialize("6"))).rejects.toThrow(KclAheadError);
  await expect((await start("three")).initialize(initialize("6"))).rejects.toThrow(
    /up to 6, the state up to 5/,
  );
  // It is past the retention: nothing of it is left to read.
  listed.pop();
  await (await start("four")).initialize(initialize("6"));
});
