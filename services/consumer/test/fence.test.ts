import { pino } from "pino";
import { expect, it } from "vitest";
import { Dice } from "../simulation/dice.ts";
import { Network } from "../simulation/network.ts";
import { VirtualTable } from "../simulation/table.ts";
import { Life, VirtualTime } from "../simulation/time.ts";
import { LeaseLostError } from "../src/core/errors.ts";
import { DynamoStateStore } from "../src/state/dynamodb.ts";
import { FENCE, Fence } from "../src/state/fence.ts";

const LEASE_MS = 20_000;

/** A table on which several processes want to work, on virtual time. */
class World {
  /** What happened, in its order. */
  readonly happened: string[] = [];
  isDown = false;
  readonly time = new VirtualTime();
  readonly #table = new VirtualTable(() => undefined);

  async start(owner: string, options: { waitsForShards?: boolean } = {}) {
    const life = new Life(owner, this.time, () => 0.5);
    let confirm = async () => {};
    const fence = new Fence({
      store: await this.open(life),
      owner,
      leaseDurationMs: LEASE_MS,
      ...options,
      work: async (signal, given) => {
        confirm = given;
        this.happened.push(`${owner} works`);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        this.happened.push(`${owner} ends`);
      },
      clock: life.clock(),
      log: pino({ level: "silent" }),
    });
    void fence.run();
    return { life, fence, confirm: () => this.settled(confirm()) };
  }

  open(life: Life): Promise<DynamoStateStore> {
    const network = new Network({
      time: this.time,
      dice: new Dice(1),
      windows: [],
      latencyMs: 1,
      trace() {},
    });
    const client = this.#table.clientOf(life, network, (command) => {
      if (this.isDown) throw new Error("it is away");
      return command;
    });
    return this.settled(DynamoStateStore.open({ table: "state", region: "us-east-1", client }));
  }

  /** What comes of something, however much virtual time it takes. */
  async settled<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = () => {
      isSettled = true;
    };
    work.then(done, done);
    await this.time.run(Number.POSITIVE_INFINITY, () => isSettled);
    return work;
  }

  pass(ms: number): Promise<void> {
    return this.time.run(this.time.now + ms, () => false);
  }
}

it("a second process waits and says for whom, and goes on as soon as the first has ended", async () => {
  const world = new World();
  const one = await world.start("one");
  await world.pass(100);
  const two = await world.start("two");
  await world.pass(60_000);
  expect(world.happened).toEqual(["one works"]);
  expect(two.fence.waiting).toBe("waiting for one, which has this state, to end");
  one.fence.stop();
  await world.pass(LEASE_MS / 2);
  expect(world.happened).toEqual(["one works", "one ends", "two works"]);
  expect(two.fence.waiting).toBeUndefined();
});

it("one that was killed is waited for until its lease is over, and no longer", async () => {
  const world = new World();
  const one = await world.start("one");
  await world.start("two");
  await world.pass(60_000);
  one.life.kill();
  await world.pass(LEASE_MS / 2);
  expect(world.happened).toEqual(["one works"]);
  await world.pass(LEASE_MS * 1.1);
  expect(world.happened).toEqual(["one works", "two works"]);
});

it("one that stood still learns that it has lost the fence, before it begins with anything", async () => {
  const world = new World();
  const one = await world.start("one");
  await world.pass(100);
  const two = await world.start("two");
  await world.pass(1_000);
  one.life.freeze(60_000);
  await world.pass(50_000);
  expect(world.happened).toEqual(["one works", "two works"]);
  await expect(one.confirm()).rejects.toThrow(LeaseLostError);
  await world.pass(30_000);
  expect(world.happened).toEqual(["one works", "two works", "one ends"]);
  expect(one.fence.waiting).toContain("waiting for two");
  two.fence.stop();
  await world.pass(30_000);
  expect(world.happened.at(-1)).toBe("one works");
});

it("ends its work while the state cannot be reached, before another may take over, and goes on afterwards", async () => {
  const world = new World();
  const one = await world.start("one");
  await world.pass(100);
  world.isDown = true;
  await world.pass(LEASE_MS);
  expect(world.happened).toEqual(["one works", "one ends"]);
  expect(one.fence.waiting).toBe("waiting for the state: table state: Error: it is away");
  world.isDown = false;
  await world.pass(LEASE_MS);
  expect(world.happened).toEqual(["one works", "one ends", "one works"]);
});

it("waits for replicas of an earlier version, which have shards and not the fence, if it reads itself", async () => {
  const world = new World();
  const old = await world.open(new Life("old", world.time, () => 0.5));
  let lease = await world.settled(old.acquireLease("shardId-1", "old"));
  const reader = await world.start("reader", { waitsForShards: true });
  for (let round = 0; round < 10; round++) {
    await world.pass(LEASE_MS / 4);
    lease = lease && (await world.settled(old.renewLease(lease)));
  }
  expect(world.happened).toEqual([]);
  expect(reader.fence.waiting).toBe("waiting for old, which has this state, to end");
  const notifier = await world.start("notifier");
  await world.pass(LEASE_MS / 2);
  expect(world.happened).toEqual(["notifier works"]);
  notifier.fence.stop();
  await world.pass(2 * LEASE_MS);
  expect(world.happened).toEqual(["notifier works", "notifier ends", "reader works"]);
  const [fence] = await world.settled(old.shards(FENCE));
  expect(fence?.lease?.owner).toBe("reader");
});
