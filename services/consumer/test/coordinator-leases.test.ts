import { pino } from "pino";
import { expect, it } from "vitest";
import { Life, VirtualTime } from "../simulation/time.ts";
import { LeaseLostError } from "../src/core/errors.ts";
import { ByteBudget } from "../src/read/budget.ts";
import { type OpenShard, ShardCoordinator } from "../src/read/coordinator.ts";
import { freshCheckpoint, type ShardState, type StateStore } from "../src/state/types.ts";

/** One shard, a store that says what the test wants of its lease, and a replica that reads it, on virtual time. */
function reading({
  isClosed,
  process,
  close,
}: {
  isClosed: boolean;
  process: OpenShard["process"];
  close?: () => void;
}) {
  const time = new VirtualTime();
  const state: ShardState = { checkpoint: freshCheckpoint("s") };
  const world = { isRenewed: true, opened: 0, closed: 0, ended: [] as string[], state };
  let epoch = 0;
  const store = {
    shards: async () => [{ checkpoint: state.checkpoint, ...(state.lease && { lease: state.lease }) }],
    acquireLease: async (shardId: string, owner: string) => {
      state.lease = { shardId, owner, epoch: ++epoch, heartbeat: 0 };
      return state.lease;
    },
    renewLease: async () => {
      if (!world.isRenewed) throw new LeaseLostError("s");
      return state.lease;
    },
    releaseLease: async () => undefined,
  } as unknown as StateStore;
  const coordinator = new ShardCoordinator({
    stream: {
      shards: async () => [{ shardId: "s", parents: [] }],
      iterator: async () => "0",
      read: async () => ({ records: [], behindMs: 0, bytes: 0, ...(isClosed ? {} : { next: "0" }) }),
    },
    store,
    owner: "me",
    openShard: async () => {
      world.opened++;
      return {
        process,
        close() {
          world.closed++;
          close?.();
        },
      };
    },
    freshStart: { type: "TRIM_HORIZON" },
    budget: new ByteBudget(64 * 1024 * 1024),
    limits: { batchRecords: 10, minReadIntervalMs: 200, pollIntervalMs: 1_000 },
    discoveryIntervalMs: 1_000,
    leaseDurationMs: 4_000,
    stallMs: 60_000,
    clock: new Life("me", time, () => 0.5).clock(),
    log: pino({ level: "silent" }),
    onEnded: async (shardId) => void world.ended.push(shardId),
  });
  void coordinator.run();
  return { world, time, pass: (ms: number) => time.run(time.now + ms, () => false) };
}

it("has one reader of a shard that another replica has had between two renewals", async () => {
  const { world, pass } = reading({ isClosed: false, process: async () => undefined });
  await pass(900);
  expect(world).toMatchObject({ opened: 1, closed: 0 });
  world.state.lease = { shardId: "s", owner: "", epoch: 2, heartbeat: 0 };
  await pass(2_500);
  expect(world).toMatchObject({ opened: 2, closed: 1 });
});

it("takes up the counts of a shard whose end has given the lease back just when it was to be renewed", async () => {
  let answer = () => {};
  const { world, pass } = reading({
    isClosed: true,
    process() {
      // The end is durable, and its answer comes right after the lease was found to be gone.
      world.state.checkpoint = { ...world.state.checkpoint, ended: true };
      world.isRenewed = false;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    close: () => answer(),
  });
  await pass(5_000);
  expect(world).toMatchObject({ opened: 1, closed: 1, ended: ["s"] });
});
