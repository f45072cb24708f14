import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { optionsOf, UsageError } from "../simulation/options.ts";
import { ENGINES } from "../simulation/plan.ts";
import type { ProcessPorts } from "../simulation/process.ts";
import { runSchedule, type ScheduleOptions } from "../simulation/schedule.ts";
import type { Tamper } from "../simulation/store.ts";
import type { Command } from "../simulation/table.ts";
import type { StateStore } from "../src/state/types.ts";

/** Violations of so many schedules, from the first seed on. */
async function violationsOf(schedules: number, options: ScheduleOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for (let seed = 1; seed <= schedules; seed++) {
    const { violations } = await runSchedule(seed, options);
    found.push(...violations.map((violation) => `seed ${seed}: ${violation}`));
  }
  return found;
}

it.each(ENGINES)("40 random schedules of engine %s lose, double and delay nothing", async (engine) => {
  expect(await violationsOf(40, { engine })).toEqual([]);
});

it("a cause that comes late is told once, whatever happens", async () => {
  const tamper: Tamper = { ports: (ports) => ({ ...ports, causes: lateAlways(ports.causes) }) };
  expect(await violationsOf(20, { tamper })).toEqual([]);
});

it.each(ENGINES)("a seed is one schedule of engine %s, event by event", async (engine) => {
  const traceOf = async () => {
    const lines: string[] = [];
    const result = await runSchedule(7, { engine, onTrace: (line) => void lines.push(line) });
    return { result, lines };
  };
  const [first, second] = [await traceOf(), await traceOf()];
  expect(first.lines.length).toBeGreaterThan(50);
  expect(second).toEqual(first);
});

/** Until the first schedule in which something does not hold: what that is, and how many schedules it took. */
async function caught(
  options: ScheduleOptions,
): Promise<{ schedules: number; violation: string | undefined }> {
  for (let seed = 1; seed <= 100; seed++) {
    const { violations } = await runSchedule(seed, options);
    if (violations[0] !== undefined) return { schedules: seed, violation: violations[0] };
  }
  return { schedules: 100, violation: undefined };
}

/** The writes of a shard are not bound to its lease any more. */
function withoutFence(command: Command): Command {
  if (!(command instanceof TransactWriteItemsCommand)) return command;
  const items = command.input.TransactItems?.map((item) => {
    if (item.Update === undefined) return item;
    const { ConditionExpression: _, ...update } = item.Update;
    return { ...item, Update: update };
  });
  return new TransactWriteItemsCommand({ ...command.input, TransactItems: items });
}

/** Only the checkpoint is written, and never what it stands for. */
function withoutCounts(command: Command): Command {
  if (!(command instanceof TransactWriteItemsCommand)) return command;
  const isCount = (pk: string | undefined) => pk?.startsWith("contributions#") === true;
  const items = command.input.TransactItems?.filter((item) => !isCount(item.Put?.Item?.pk?.S));
  return new TransactWriteItemsCommand({ ...command.input, TransactItems: items });
}

/** Sequence numbers are answered as if they were so many further, or less far. */
const offBy = (records: number): Tamper => ({
  ports: (ports) => ({
    ...ports,
    stream: {
      ...ports.stream,
      async iterator(shardId, from, signal) {
        const iterator = await ports.stream.iterator(shardId, from, signal);
        if (from.type !== "AFTER_SEQUENCE_NUMBER") return iterator;
        const [shard, place, until] = iterator.split(" ");
        return `${shard} ${Math.max(0, Number(place) + records)} ${until}`;
      },
    },
  }),
});

/** A store of which some methods are others. */
const over = (store: StateStore, others: Partial<StateStore>): StateStore =>
  new Proxy(store, {
    get: (target, name) => {
      const other = Reflect.get(others, name) as unknown;
      if (other !== undefined) return other;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** A process takes up nothing of what an earlier one kept of alerts whose cause is awaited. */
const forgetful: Tamper = {
  ports: (ports) => {
    const { notes } = ports.store;
    const forgetting: typeof notes = {
      claim: (...args) => notes.claim(...args),
      count: (...args) => notes.count(...args),
      get: async (key) => (key.startsWith("slack/late/") ? undefined : notes.get(key)),
      set: (...args) => notes.set(...args),
    };
    const store = over(ports.store, { notes: forgetting });
    return { ...ports, store, causes: lateAlways(ports.causes) };
  },
};

/** Nobody answers when an alert's cause is asked for the first time. */
function lateAlways(causes: ProcessPorts["causes"]): ProcessPorts["causes"] {
  const asked = new Set<string>();
  return {
    find: async (alert, ...args) => {
      if (asked.has(alert.id)) return causes.find(alert, ...args);
      asked.add(alert.id);
      throw new Error("away");
    },
  };
}

/** What the state says of a shard's position is so far off. */
const stateOffBy = (by: bigint): Tamper => ({
  ports: (ports) => {
    const shards = async (shardId?: string) =>
      (await ports.store.shards(shardId)).map(({ checkpoint, ...rest }) => {
        const { sequenceNumber } = checkpoint;
        const off = sequenceNumber === undefined ? undefined : String(BigInt(sequenceNumber) + by);
        return { ...rest, checkpoint: { ...checkpoint, sequenceNumber: off } };
      });
    return { ...ports, store: over(ports.store, { shards }) };
  },
});

/** KCL is told that records are done before they are: its checkpoint goes before their effects. */
const early: Tamper = {
  work: (work) => {
    let doing: Promise<unknown> = Promise.resolve();
    return {
      initialize: (request) => work.initialize(request),
      async process(...given) {
        doing = doing.then(() => work.process(...given)).catch(() => undefined);
        return true;
      },
      end: () => doing.then(() => work.end()),
    };
  },
};

const lateDeadLetters: Tamper = {
  ports: (ports, life) => ({
    ...ports,
    objects: {
      ...ports.objects,
      async put(key, body, options) {
        life.after(100, () => void ports.objects.put(key, body, options).catch(() => undefined));
      },
    },
  }),
};

const BOTH = [
  [
    "dead letters that are written after the checkpoint",
    lateDeadLetters,
    /^lost: .* no dead letter .* before the checkpoint$/,
  ],
  ["a checkpoint without its counts", { command: withoutCounts }, /^groups: /],
  ["a dropped fence", { command: withoutFence }, /^(?:order|totals|groups|doubled): /],
  ["a position that is one too far", offBy(1), /^(?:totals|order|lost|groups)/],
  [
    "an awaited cause that the next process forgets",
    forgetful,
    /^lost or late: the cause of alert .* was not told$/,
  ],
] as const;

const FAULTS = {
  single: [["a position that is one too near", offBy(-1), /^(?:totals|order|groups|doubled)/]],
  // What KCL gives again is recognized by the position in the state: that one has to be right.
  kcl: [
    ["a position in the state that is one too far", stateOffBy(1n), /^(?:totals|order|lost|groups)/],
    ["a position in the state that is one too near", stateOffBy(-1n), /^(?:totals|order|groups|doubled)/],
    ["an answer to KCL before the effects", early, /^lost or late: /],
  ],
} as const;

describe.each(ENGINES)("a fault that is put into engine %s is found within 100 schedules", (engine) => {
  it.each<readonly [string, Tamper, RegExp]>([...BOTH, ...FAULTS[engine]])(
    "%s",
    async (_, tamper, expected) => {
      const { violation } = await caught({ tamper, engine });
      expect(violation).toMatch(expected);
    },
  );
});

describe("npm run simulate", () => {
  const root = join(import.meta.dirname, "../../..");
  const simulate = (...args: string[]) =>
    spawnSync("npm", ["run", "--silent", "simulate", "--", ...args], { cwd: root, encoding: "utf8" });

  it("sums up in its last line, and replays a seed with --trace", () => {
    const { status, stdout, stderr } = simulate("--schedules", "1", "--seed", "7", "--trace");
    const lines = stdout.trimEnd().split("\n");
    expect(lines.at(-1)).toMatch(/^1 schedules, [1-9]\d* events, 0 violations$/);
    expect(lines[0]).toMatch(/^ +0 ms {2}/);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("--day shows how calls grow with the shards", () => {
    const { status, stdout } = simulate("--day", "--shards", "1", "--hours", "1");
    const [, , row = ""] = stdout.trimEnd().split("\n");
    const [shards, kinesis, dynamoDb, s3, milvus, model, slack] = row
      .split("|")
      .slice(1, -1)
      .map((cell) => Number(cell.replaceAll(",", "")));
    expect({ status, shards }).toEqual({ status: 0, shards: 1 });
    // A read a second; the rest is what a single shard's errors bring.
    expect(kinesis).toBeGreaterThan(3_500);
    expect(kinesis).toBeLessThan(4_000);
    for (const calls of [dynamoDb, s3, milvus, model, slack]) expect(calls).toBeGreaterThan(0);
  });

  it.each([
    [["--shards", "0"], 'given "0", allowed a whole number from 1 to 10000'],
    [["--hours", "25"], 'given "25", allowed a whole number from 1 to 24'],
    [["--schedules", "0"], 'given "0", allowed a whole number from 1 to 10000000'],
    [["--schedules", "1.5"], 'given "1.5", allowed a whole number from 1 to 10000000'],
    [["--seed", "nine"], 'given "nine", allowed a whole number from 0 to 4294967295'],
    [["--seeds", "9"], "--seeds"],
    [["more"], "more"],
  ])("refuses %j", (args, text) => {
    expect(() => optionsOf(args)).toThrow(UsageError);
    expect(() => optionsOf(args)).toThrow(text);
  });

  it("ends with 2 on a wrong command line, and says what is allowed", () => {
    const { status, stdout, stderr } = simulate("--seed", "nine");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("--schedules N   how many random schedules, 1 to 10000000");
  });
});
