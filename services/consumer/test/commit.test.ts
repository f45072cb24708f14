import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/core/clock.ts";
import { LeaseLostError, ReaderStoppedError } from "../src/core/errors.ts";
import { noTotals } from "../src/core/totals.ts";
import type { NewTemplate, TemplateState } from "../src/core/types.ts";
import type { RejectedPayload } from "../src/decode/dead-letters.ts";
import { AlertGrouper } from "../src/group/alert-grouper.ts";
import { TemplateMiner } from "../src/group/template-miner.ts";
import { Metrics } from "../src/ops/metrics.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { Step } from "../src/pipeline/stage.ts";
import { UncommittedTemplates } from "../src/pipeline/templates.ts";
import type { BatchCommit, Checkpoint, StateStore } from "../src/state/types.ts";
import { logRecord } from "./support/records.ts";

/** What was done, in order: `letters 2`, `templates 1`, `commit 5`, `attempt`. */
let done: string[];
let commits: BatchCommit[];
let letters: RejectedPayload[];
let troubles: (string | undefined)[];
let reported: unknown[];
/** What the next writes fail with, in turn. */
let failures: Error[];
/** Called when a write fails. */
let onFailure: () => void;
/** What the store has counted of processes that ended on the first batch. */
let attempts: number;
let said: { level: number; msg: string; [key: string]: unknown }[];
let metrics: Metrics;
let miner: TemplateMiner;
let grouper: AlertGrouper;
let signal: AbortController;
let touched: number;

beforeEach(() => {
  done = [];
  commits = [];
  letters = [];
  troubles = [];
  reported = [];
  failures = [];
  onFailure = () => {};
  attempts = 1;
  said = [];
  signal = new AbortController();
  touched = 0;
  miner = new TemplateMiner();
  grouper = new AlertGrouper({ now: () => 0 });
  metrics = new Metrics(systemClock, {
    templates: () => 0,
    bufferedBytes: () => 0,
    outbox: async () => 0,
    incidentsWaiting: async () => 0,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

async function write(what: string): Promise<void> {
  const failure = failures.shift();
  done.push(failure ? `${what} failed` : what);
  if (!failure) return;
  onFailure();
  throw failure;
}

const store = {
  async countAttempt() {
    await write("attempt");
    return attempts;
  },
  async commitBatch(commit: BatchCommit) {
    await write(`commit ${commit.checkpoint.sequenceNumber ?? "nothing"}`);
    commits.push(structuredClone(commit));
  },
  async loadContributions() {
    return [];
  },
} as unknown as StateStore;

const LEASE = { shardId: "s", owner: "me", epoch: 1, heartbeat: 1 };
const FRESH: Checkpoint = { shardId: "s", ended: false, totals: noTotals(), attempts: 0 };

async function opened(over: Partial<Checkpoint> = {}, lease = () => LEASE) {
  const pipeline = new Pipeline({
    store,
    miner,
    grouper,
    async keepRejected(rejected) {
      await write(`letters ${rejected.length}`);
      letters.push(...rejected);
    },
    keepNewTemplates: (templates) => write(`templates ${templates.map(({ template }) => template).join()}`),
    maxDecodedBytes: 1024 * 1024,
    metrics,
    clock: systemClock,
    log: pino({}, { write: (line: string) => void said.push(JSON.parse(line)) }),
    onCommit: (commit) => void reported.push(commit),
    onStoreTrouble: (_, text) => void troubles.push(text),
  });
  const shard = await pipeline.openShard(lease, { ...FRESH, ...over });
  return Object.assign(shard, {
    take: (datas: readonly string[], { first = 1, last = false } = {}) =>
      shard.process(
        {
          records: datas.map((data, place) => ({
            sequenceNumber: String(first + place),
            arrivedAt: 7,
            data: Buffer.from(data),
          })),
          last,
          behindMs: 12,
        },
        signal.signal,
        () => {
          touched++;
        },
      ),
  });
}

const info = () => JSON.stringify(logRecord());
const error = (message = "disk is full") => JSON.stringify(logRecord({ level: "ERROR", message }));
const counted = async (counter: Metrics["poisoned"]) =>
  (await counter.get()).values.reduce((sum, { value }) => sum + value, 0);

describe("a batch", () => {
  it("is durable in order: what was refused, new templates, then one commit with checkpoint, templates and counts", async () => {
    const shard = await opened();
    await shard.take([info(), error(), "", error()]);
    expect(done).toEqual(["attempt", "letters 1", "templates disk is full", "commit 4"]);
    expect(letters).toEqual([
      {
        shardId: "s",
        position: { sequenceNumber: "3", index: 0 },
        arrivedAt: 7,
        bytes: Buffer.from(""),
        reason: expect.any(String),
      },
    ]);
    const totals = { records: 4, valid: 3, invalid: 1, byLevel: { INFO: 1, ERROR: 2 } };
    expect(commits).toEqual([
      {
        lease: LEASE,
        checkpoint: { shardId: "s", sequenceNumber: "4", ended: false, totals, attempts: 0 },
        templates: [expect.objectContaining({ tokens: ["disk", "is", "full"], count: 2 })],
        contributions: [expect.objectContaining({ shardId: "s", count: 2, byLevel: { ERROR: 2 }, told: 0 })],
      },
    ]);
    expect(reported).toEqual([{ shardId: "s", delta: totals, behindMs: 12 }]);
    expect(await counted(metrics.templates)).toBe(1);
    expect(said).toEqual([]);
  });

  it("adds to what the checkpoint says, and an attempt is counted of the first one only", async () => {
    const totals = { records: 10, valid: 8, invalid: 2, byLevel: { WARN: 3 } };
    const shard = await opened({ sequenceNumber: "0", totals });
    await shard.take([error()]);
    await shard.take([error(), error()], { first: 2 });
    expect(done).toEqual(["attempt", "templates disk is full", "commit 1", "commit 3"]);
    expect(commits.at(-1)?.checkpoint).toEqual({
      shardId: "s",
      sequenceNumber: "3",
      ended: false,
      totals: { records: 13, valid: 11, invalid: 2, byLevel: { WARN: 3, ERROR: 3 } },
      attempts: 0,
    });
  });

  it("of nothing moves nothing but the end of the shard", async () => {
    const shard = await opened({ sequenceNumber: "5" });
    await shard.take([]);
    await shard.take([], { last: true });
    expect(done).toEqual(["commit 5", "commit 5"]);
    expect(commits.map(({ checkpoint }) => checkpoint.ended)).toEqual([false, true]);
  });

  it("that is the shard's last ends it with its last step", async () => {
    attempts = 3;
    const shard = await opened();
    await shard.take(
      Array.from({ length: 3 }, () => info()),
      { last: true },
    );
    expect(commits.at(-1)?.checkpoint).toMatchObject({ sequenceNumber: "3", ended: true, attempts: 0 });
    expect(commits.slice(0, -1).every(({ checkpoint }) => !checkpoint.ended)).toBe(true);
  });

  it("is not begun, and not committed, once the reader has to stop", async () => {
    const shard = await opened();
    signal.abort();
    await expect(shard.take([info()])).rejects.toThrow(ReaderStoppedError);
    expect(done).toEqual([]);
  });

  it("is committed with the lease as it is then", async () => {
    let heartbeat = 1;
    const shard = await opened({}, () => ({ ...LEASE, heartbeat: heartbeat++ }));
    await shard.take([info()]);
    await shard.take([info()], { first: 2 });
    expect(commits.map(({ lease }) => lease.heartbeat)).toEqual([2, 3]);
  });
});

describe("a record that cannot be processed", () => {
  it("is refused where it stands, and the others go on", async () => {
    const add = miner.add.bind(miner);
    vi.spyOn(miner, "add").mockImplementation((service, message, ...rest) => {
      if (message === "poison") throw new RangeError("x".repeat(600));
      if (message === "odd") throw "a text";
      return add(service, message, ...rest);
    });
    const shard = await opened();
    await shard.take([error("poison"), error(), error("odd")]);
    expect(letters.map(({ position, reason }) => [position.sequenceNumber, reason])).toEqual([
      ["1", `processing failed: RangeError: ${"x".repeat(500)}`],
      ["3", "processing failed: Error: 'a text'"],
    ]);
    expect(commits[0]?.checkpoint).toMatchObject({ sequenceNumber: "3", totals: { valid: 1, invalid: 2 } });
    expect(await counted(metrics.poisoned)).toBe(2);
  });

  it("does not end the batch that it is in, and is looked for in small steps after processes ended", async () => {
    attempts = 3;
    const shard = await opened({ sequenceNumber: "0" });
    await shard.take(Array.from({ length: 1_200 }, () => info()));
    const ends = commits.map(({ checkpoint }) => Number(checkpoint.sequenceNumber));
    expect(ends.length).toBeGreaterThan(1);
    expect(ends.at(-1)).toBe(1_200);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(commits.slice(0, -1).map(({ checkpoint }) => checkpoint.attempts)).toEqual(
      Array(ends.length - 1).fill(3),
    );
    expect(said).toEqual([
      expect.objectContaining({
        shardId: "s",
        after: "0",
        attempts: 3,
        size: ends[0],
        msg: "earlier processes ended while they worked on these records: going on in small steps to find the one",
      }),
    ]);
  });

  it("is alone in its step at last, and nobody is blamed who survived it", async () => {
    attempts = 5;
    const shard = await opened({ sequenceNumber: "0" });
    await shard.take([error("a"), error("b")]);
    expect(done[1]).toBe("commit 0");
    expect(commits[0]).toMatchObject({ checkpoint: { attempts: 4 }, templates: [], contributions: [] });
    expect(commits.slice(1).map(({ checkpoint }) => checkpoint.sequenceNumber)).toEqual(["1", "2"]);
    expect(letters).toEqual([]);
  });

  it("is refused unread after eight processes, and it alone", async () => {
    attempts = 8;
    const shard = await opened();
    await shard.take([error("a"), error("b")]);
    expect(letters.map(({ position, reason, bytes }) => [position, reason, bytes.toString()])).toEqual([
      [
        { sequenceNumber: "1", index: 0 },
        "the process ended 7 times while it worked on this record",
        error("a"),
      ],
    ]);
    expect(commits.at(-1)?.checkpoint).toMatchObject({
      sequenceNumber: "2",
      totals: { records: 2, valid: 1, invalid: 1 },
      attempts: 0,
    });
    expect(await counted(metrics.poisoned)).toBe(1);
  });
});

describe("a store that fails", () => {
  it("is written again until it works, with the same, and says so", async () => {
    const shard = await opened();
    const busy = Object.assign(new Error("the disk is full"), { name: "StateUnavailableError" });
    await shard.take([error()]);
    done = [];
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    failures = [busy, busy, busy];
    const again = shard.take([error("another")], { first: 2 });
    for (let n = 0; n < 3; n++) await vi.advanceTimersByTimeAsync(10_000);
    await again;
    expect(done).toEqual([
      "templates another failed",
      "templates another failed",
      "templates another failed",
      "templates another",
      "commit 2",
    ]);
    const text = "object store: StateUnavailableError: the disk is full";
    expect(troubles).toEqual([text, text, text, undefined]);
    // The first, the second, and not the third.
    expect(said.map(({ msg, attempt }) => [msg, attempt])).toEqual([
      [`nothing is acknowledged, the shard waits: ${text}`, 1],
      [`nothing is acknowledged, the shard waits: ${text}`, 2],
      ["the store can be written again", undefined],
    ]);
    expect(touched).toBeGreaterThanOrEqual(4);
    expect(await counted(metrics.storeFailures)).toBe(3);
  });

  it("is told apart: state or objects; and holds back what comes after", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const shard = await opened();
    failures = [new Error("gone")];
    const taking = shard.take([info()]);
    await vi.advanceTimersByTimeAsync(10_000);
    await taking;
    expect(done).toEqual(["attempt failed", "attempt", "commit 1"]);
    expect(troubles).toEqual(["state store: Error: gone", undefined]);
  });

  it("is not asked again when another replica has the shard", async () => {
    const shard = await opened();
    await shard.take([info()]);
    failures = [new LeaseLostError("s")];
    await expect(shard.take([info()], { first: 2 })).rejects.toThrow(LeaseLostError);
    expect(done).toEqual(["attempt", "commit 1", "commit 2 failed"]);
    expect(troubles).toEqual([]);
    expect(await counted(metrics.storeFailures)).toBe(0);
  });

  it("is not asked again once the reader has to stop, and the checkpoint stays", async () => {
    const shard = await opened();
    await shard.take([info()]);
    failures = [new Error("gone")];
    onFailure = () => signal.abort();
    await expect(shard.take([info()], { first: 2 })).rejects.toThrow(ReaderStoppedError);
    expect(commits.at(-1)?.checkpoint.sequenceNumber).toBe("1");
    expect(done.filter((one) => one.startsWith("commit 2"))).toEqual(["commit 2 failed"]);
  });
});

describe("a shard that is given back", () => {
  it("takes its counts along, unless it has ended: they stay for what was not notified", async () => {
    const shard = await opened();
    await shard.take([error()]);
    expect(grouper.size).toBe(1);
    shard.close();
    expect(grouper.size).toBe(0);
    expect(troubles).toEqual([undefined]);
    const other = await opened();
    await other.take([error()], { last: true });
    other.close();
    expect(grouper.size).toBe(1);
  });
});

describe("a step", () => {
  const batch = (count: number, last = false) => ({
    records: Array.from({ length: count }, (_, place) => ({
      sequenceNumber: String(place),
      arrivedAt: 0,
      data: Buffer.from(""),
    })),
    last,
    behindMs: 0,
  });

  it("has as many records as it may, from its place on", () => {
    const step = new Step(batch(5), { from: 1, size: 3, attempts: 0 });
    const taken = [];
    for (let one = step.next(); one; one = step.next()) taken.push(one.sequenceNumber);
    expect(taken).toEqual(["1", "2", "3"]);
    expect([step.end, step.endsBatch, step.totals.records]).toEqual([4, false, 3]);
    const rest = new Step(batch(5), { from: 4, size: 3, attempts: 0 });
    expect([rest.next()?.sequenceNumber, rest.next(), rest.end, rest.endsBatch]).toEqual([
      "4",
      undefined,
      5,
      true,
    ]);
    expect(new Step(batch(0), { from: 0, size: 3, attempts: 0 }).endsBatch).toBe(true);
  });
});

describe("templates on their way into the state", () => {
  const mined = (all: UncommittedTemplates, message: string) =>
    all.mine(logRecord({ service: "auth", level: "ERROR", message }), 1);
  const fingerprintsOf = (states: readonly (TemplateState | NewTemplate)[]) =>
    states.map(({ fingerprint }) => fingerprint);

  it("are new until a commit holds them, whoever brought them", () => {
    const all = new UncommittedTemplates(miner);
    const { fingerprint, template, isNew } = mined(all, "disk is full");
    expect([template, isNew]).toEqual(["disk is full", true]);
    expect(mined(all, "disk is full").isNew).toBe(true);
    const found = all.newOf([fingerprint, "unknown"]);
    expect(found).toEqual([{ fingerprint, template, record: expect.objectContaining({ service: "auth" }) }]);
    // Not before its first counts.
    expect(all.pending([])).toEqual([]);
    const pending = all.pending(found);
    expect(fingerprintsOf(pending)).toEqual([fingerprint]);
    all.confirm(pending, found);
    expect(mined(all, "disk is full").isNew).toBe(false);
    expect(all.newOf([fingerprint])).toEqual([]);
  });

  it("that change while a commit is on its way stay pending in their newer form", () => {
    const all = new UncommittedTemplates(miner);
    const { fingerprint } = mined(all, "disk is full");
    const found = all.newOf([fingerprint]);
    const pending = all.pending(found);
    mined(all, "disk is full");
    const newer = all.pending(found);
    all.confirm(pending, found);
    expect(all.pending([])).toEqual(newer);
    expect(newer[0]?.count).toBe(2);
    all.confirm(newer, []);
    expect(all.pending([])).toEqual([]);
  });
});
