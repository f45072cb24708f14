import { pino } from "pino";
import { expect, it } from "vitest";
import { Life, VirtualTime } from "../simulation/time.ts";
import { LeaseLostError } from "../src/core/errors.ts";
import { ByteBudget } from "../src/read/budget.ts";
import { type OpenShard, StreamReader } from "../src/read/stream-reader.ts";
import { freshCheckpoint, type ShardState, type StateStore } from "../src/state/types.ts";

/** One shard with a record, a store, and the process that reads it, on virtual time. */
function reading({ isClosed = false, process }: { isClosed?: boolean; process: OpenShard["process"] }) {
  const time = new VirtualTime();
  const state: ShardState = { checkpoint: freshCheckpoint("s") };
  const world = { state, isFenced: true, opened: [] as number[], closed: 0, ended: [] as string[] };
  const lost = new AbortController();
  const store = {
    shards: async () => [structuredClone(world.state)],
    acquireLease: async (shardId: string, owner: string) => {
      const epoch = (world.state.lease?.epoch ?? 0) + 1;
      world.state.lease = { shardId, owner, epoch, heartbeat: 0 };
      return world.state.lease;
    },
    releaseLease: async () => undefined,
  } as unknown as StateStore;
  const record = { sequenceNumber: "1", arrivedAt: 0, data: Buffer.from("{}") };
  const reader = new StreamReader({
    stream: {
      shards: async () => [{ shardId: "s", parents: [] }],
      iterator: async () => "0",
      read: async () => ({ records: [record], behindMs: 0, bytes: 2, ...(isClosed ? {} : { next: "0" }) }),
    },
    store,
    owner: "me",
    confirm: async () => {
      if (!world.isFenced) throw new LeaseLostError("#sender");
    },
    openShard: async ({ epoch }) => {
      world.opened.push(epoch);
      return { process, close: () => void world.closed++ };
    },
    freshStart: { type: "TRIM_HORIZON" },
    budget: new ByteBudget(64 * 1024 * 1024),
    limits: { batchRecords: 10, minReadIntervalMs: 200, pollIntervalMs: 1_000 },
    discoveryIntervalMs: 1_000,
    stallMs: 4_000,
    clock: new Life("me", time, () => 0.5).clock(),
    log: pino({ level: "silent" }),
    onEnded: async (shardId) => void world.ended.push(shardId),
  });
  const isDone = reader.run(lost.signal);
  return { world, reader, lost, isDone, pass: (ms: number) => time.run(time.now + ms, () => false) };
}

const hang = () => new Promise<void>(() => undefined);

it("takes a shard again that a process took which did not know that it is not the one that reads", async () => {
  let isTaken = true;
  const { world, pass } = reading({
    async process() {
      if (isTaken) throw new LeaseLostError("s");
    },
  });
  await pass(100);
  expect(world).toMatchObject({ opened: [1], closed: 1 });
  isTaken = false;
  await pass(3_000);
  expect(world).toMatchObject({ opened: [1, 2], closed: 1 });
});

it("begins with no shard when it is not the one that reads any more, and says so", async () => {
  const { world, reader, pass } = reading({ process: hang });
  world.isFenced = false;
  await pass(5_000);
  expect(world.opened).toEqual([]);
  expect(reader.trouble).toContain("another process has taken it");
});

it("lets go of all at once when the fence is lost: nothing is committed after that", async () => {
  let signal: AbortSignal | undefined;
  const { world, lost, isDone, pass } = reading({
    process(_, given) {
      signal = given;
      return hang();
    },
  });
  await pass(100);
  lost.abort();
  expect({ isAborted: signal?.aborted, closed: world.closed }).toEqual({ isAborted: true, closed: 1 });
  await pass(20_000);
  await isDone;
  expect(world.opened).toEqual([1]);
});

it("replaces a reader that hangs, whose epoch is an old one then", async () => {
  const { world, pass } = reading({ process: hang });
  await pass(6_000);
  expect(world).toMatchObject({ opened: [1, 2], closed: 1 });
});

it("takes up the counts of a shard whose end was durable just when its reader was taken for hung", async () => {
  const { world, pass } = reading({
    isClosed: true,
    process() {
      world.state.checkpoint = { ...world.state.checkpoint, ended: true };
      return hang();
    },
  });
  await pass(10_000);
  expect(world).toMatchObject({ opened: [1], closed: 1, ended: ["s"] });
});
