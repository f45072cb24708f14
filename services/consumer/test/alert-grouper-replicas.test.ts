import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert, Contribution, GroupedEvent, GroupMeta } from "../src/core/types.ts";
import { AlertGrouper } from "../src/group/alert-grouper.ts";
import { logRecord } from "./support/records.ts";

const START = Date.parse("2026-01-25T00:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FINGERPRINTS = ["a", "b", "c", "d"];
const SHARDS = ["s", "t"];

type Step =
  | { do: "line"; shard: number; which: number }
  | { do: "read" | "commit" | "crash" | "handOver"; shard: number; replica: number }
  | { do: "notify"; replica: number }
  | { do: "pass"; ms: number };

interface Replica {
  grouper: AlertGrouper;
  /** How many events of a shard it has observed; only of its own shards. */
  read: Map<string, number>;
}

/** The consumer without its parts: shards with checkpoints, a store, and replicas that share the shards. */
class World {
  now = START;
  readonly notified: Alert[] = [];
  readonly events = new Map<string, GroupedEvent[]>(SHARDS.map((shard) => [shard, []]));
  readonly checkpoints = new Map<string, number>(SHARDS.map((shard) => [shard, 0]));
  readonly contributions = new Map<string, Contribution>();
  readonly metas = new Map<string, GroupMeta>();
  readonly replicas: Replica[];
  readonly #maxGroups: number;

  constructor(replicas: number, maxGroups: number) {
    this.#maxGroups = maxGroups;
    this.replicas = Array.from({ length: replicas }, () => this.#start());
    for (const [place, shard] of SHARDS.entries()) this.#open(place % replicas, shard);
  }

  #start(): Replica {
    const grouper = new AlertGrouper({
      now: () => this.now,
      maxGroups: this.#maxGroups,
      // A group that was let go is a new kind each time that its lines are read again: many would be counted as one group.
      newKindsAnHour: 1_000,
      describe: (fingerprint) => ({ service: "auth", template: fingerprint }),
    });
    grouper.restore([], structuredClone([...this.metas.values()]));
    return { grouper, read: new Map() };
  }

  #open(replica: number, shard: string): void {
    const { grouper, read } = this.replicas[replica] as Replica;
    grouper.dropShard(shard);
    const own = [...this.contributions.values()].filter(({ shardId }) => shardId === shard);
    grouper.restore(structuredClone(own), []);
    read.set(shard, this.checkpoints.get(shard) ?? 0);
  }

  ownerOf(shard: string): Replica {
    return this.replicas.find(({ read }) => read.has(shard)) as Replica;
  }

  step(step: Step): void {
    if (step.do === "pass") this.now += step.ms;
    else if (step.do === "notify")
      this.#notify(this.replicas[step.replica % this.replicas.length] as Replica);
    else {
      const shard = SHARDS[step.shard] as string;
      if (step.do === "line") this.line(shard, FINGERPRINTS[step.which] as string);
      else if (step.do === "read") this.#read(shard);
      else if (step.do === "commit") this.#commit(shard);
      else if (step.do === "handOver") this.#handOver(shard, step.replica % this.replicas.length);
      else this.#crash(step.replica % this.replicas.length);
    }
  }

  end(): void {
    for (const shard of SHARDS) {
      this.#read(shard);
      this.#commit(shard);
    }
    for (let i = 0; i < 20; i++) {
      this.now += 5 * HOUR;
      for (const replica of this.replicas) this.#notify(replica);
    }
  }

  line(shard: string, fingerprint: string): void {
    const events = this.events.get(shard) ?? [];
    const timestamp = new Date(this.now).toISOString();
    events.push({
      shardId: shard,
      position: { sequenceNumber: String(events.length + 1), index: 0 },
      record: logRecord({ timestamp, level: "ERROR", service: "auth", message: fingerprint }),
      fingerprint,
      template: fingerprint,
      isNew: false,
      at: this.now,
    });
  }

  #read(shard: string): void {
    const { grouper, read } = this.ownerOf(shard);
    const events = this.events.get(shard) ?? [];
    for (const event of events.slice(read.get(shard))) grouper.observe(event);
    read.set(shard, events.length);
  }

  #commit(shard: string): void {
    const { grouper, read } = this.ownerOf(shard);
    for (const fingerprint of grouper.takeLeftBehind(shard))
      this.contributions.delete(`${shard}/${fingerprint}`);
    for (const one of grouper.takeDirty(shard))
      this.contributions.set(`${shard}/${one.fingerprint}`, structuredClone(one));
    this.checkpoints.set(shard, read.get(shard) ?? 0);
  }

  #notify({ grouper }: Replica): void {
    for (const { meta, alert } of grouper.due(this.now)) {
      const current = this.metas.get(meta.fingerprint);
      if ((current?.notifications ?? 0) === meta.notifications - 1) {
        this.metas.set(meta.fingerprint, structuredClone(meta));
        this.notified.push(alert);
        grouper.confirm(meta);
      } else grouper.restore([], [structuredClone(current ?? { ...meta, notifications: 0 })]);
    }
  }

  #handOver(shard: string, to: number): void {
    const from = this.ownerOf(shard);
    from.read.delete(shard);
    from.grouper.dropShard(shard);
    this.#open(to, shard);
  }

  #crash(which: number): void {
    const shards = [...(this.replicas[which] as Replica).read.keys()];
    this.replicas[which] = this.#start();
    for (const shard of shards) this.#open(which, shard);
  }
}

const shard = fc.nat(SHARDS.length - 1);
const replica = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("line" as const), shard, which: fc.nat(FINGERPRINTS.length - 1) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("read" as const), shard, replica }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("notify" as const), replica }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("commit" as const), shard, replica }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(10 * MINUTE) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), shard, replica }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("handOver" as const), shard, replica }) },
);

describe.each([
  ["one replica", 1, 10, 0],
  ["two replicas", 2, 10, 0],
  // A group that was let go, came again, was notified before a commit and is read again may be notified once more.
  ["one replica with room for one group", 1, 1, Number.POSITIVE_INFINITY],
  ["two replicas with room for two groups each", 2, 2, Number.POSITIVE_INFINITY],
])("crashes at any point: %s", (_, replicas, maxGroups, surplus) => {
  it("loses no line, notifies none twice, and uses no id twice", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
        const world = new World(replicas, maxGroups);
        for (const one of steps) world.step(one);
        world.end();
        const lines = [...world.events.values()].flat();
        for (const fingerprint of FINGERPRINTS) {
          const notified = world.notified.filter((alert) => alert.fingerprint === fingerprint);
          const sum = notified.reduce((total, { count }) => total + count, 0);
          const seen = lines.filter((line) => line.fingerprint === fingerprint).length;
          expect(sum).toBeGreaterThanOrEqual(seen);
          expect(sum).toBeLessThanOrEqual(seen + surplus);
        }
        expect(new Set(world.notified.map(({ id }) => id)).size).toBe(world.notified.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("what the state keeps of a live shard", () => {
  const MOST = 4;
  const kinds = fc.array(fc.record({ kinds: fc.nat(12), lines: fc.nat(3), pass: fc.nat(HOUR) }), {
    minLength: 10,
    maxLength: 40,
  });

  it("stays as bounded as the groups in memory, over restarts, and every line is in an alert", () => {
    fc.assert(
      fc.property(kinds, (bursts) => {
        const world = new World(1, MOST);
        let made = 0;
        for (const [place, { kinds: some, lines, pass }] of bursts.entries()) {
          for (let kind = 0; kind < some; kind++) {
            const fingerprint = `kind ${made++}`;
            for (let line = 0; line <= lines; line++) world.line(SHARDS[line % 2] as string, fingerprint);
          }
          for (const shard of [0, 1]) {
            world.step({ do: "read", shard, replica: 0 });
            world.step({ do: "commit", shard, replica: 0 });
          }
          world.step({ do: "pass", ms: pass });
          world.step({ do: "notify", replica: 0 });
          if (place % 7 === 3) world.step({ do: "crash", shard: 0, replica: 0 });
        }
        // Whoever has told all lets go of what there is no room for with the next kinds.
        world.end();
        for (let round = 0; round < 3; round++) {
          for (const shard of SHARDS) world.line(shard, `last ${round}`);
          world.end();
        }
        const rows = SHARDS.map(
          (shard) => [...world.contributions.values()].filter(({ shardId }) => shardId === shard).length,
        );
        expect(Math.max(...rows)).toBeLessThanOrEqual(MOST + 1);
        const lines = [...world.events.values()].flat();
        const told = world.notified.reduce((sum, { count }) => sum + count, 0);
        expect(told).toBe(lines.length);
      }),
      { numRuns: 100 },
    );
  });
});

describe("bad clocks", () => {
  const event = (over: Partial<GroupedEvent>): GroupedEvent => ({
    shardId: "s",
    position: { sequenceNumber: "1", index: 0 },
    record: logRecord({ level: "ERROR" }),
    fingerprint: "f",
    template: "it broke",
    isNew: false,
    at: START,
    ...over,
  });

  it("a line from a year ahead is notified in time, and can be quiet", () => {
    let now = START;
    const grouper = new AlertGrouper({ now: () => now });
    const ahead = START + 365 * 24 * HOUR;
    grouper.observe(event({ at: ahead }));
    now += MINUTE;
    const [first] = grouper.due(now);
    if (!first) throw new Error("nothing is due");
    grouper.confirm(first.meta);
    now += 10 * MINUTE;
    grouper.observe(event({ at: ahead, position: { sequenceNumber: "2", index: 0 } }));
    expect(grouper.due(now)).toHaveLength(1);
  });

  it("a clock set back a day delays nothing by more than the wait, also for who asks when to look", () => {
    let now = START;
    const grouper = new AlertGrouper({ now: () => now });
    grouper.observe(event({}));
    expect(grouper.nextDueAt()).toBe(START + 30_000);
    now -= 24 * HOUR;
    for (let second = 0; second < 35; second++, now += 1_000) {
      const next = grouper.nextDueAt();
      if (next !== undefined && next <= now && grouper.due(now).length > 0) return;
    }
    throw new Error("it was never notified");
  });
});

it("a flood of new templates costs no look at all groups for each", () => {
  const grouper = new AlertGrouper({ now: () => START, maxGroups: 2_000 });
  let looks = 0;
  const forEach = Map.prototype[Symbol.iterator];
  Map.prototype[Symbol.iterator] = function (this: Map<unknown, unknown>) {
    if (this.size > 1_000) looks++;
    return forEach.call(this);
  };
  try {
    for (let i = 0; i < 4_000; i++) {
      grouper.observe({
        shardId: "s",
        position: { sequenceNumber: String(i + 1), index: 0 },
        record: logRecord({ level: "ERROR" }),
        fingerprint: String(i),
        template: "t",
        isNew: true,
        at: START,
      });
    }
  } finally {
    Map.prototype[Symbol.iterator] = forEach;
  }
  expect(looks).toBeLessThan(100);
});
