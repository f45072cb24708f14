import { describe, expect, it } from "vitest";
import { LeaseLostError, ReaderStoppedError } from "../src/core/errors.ts";
import { counted, errorLine, infoLine, LEASE, PipelineHarness } from "./support/pipeline-harness.ts";

describe("a batch", () => {
  it("is durable in order: what was refused, new templates, then one commit with checkpoint, templates and counts", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    await shard.take([infoLine(), errorLine(), "", errorLine()]);
    expect(harness.done).toEqual(["attempt", "letters 1", "templates disk is full", "commit 4"]);
    expect(harness.letters).toEqual([
      {
        shardId: "s",
        position: { sequenceNumber: "3", index: 0 },
        arrivedAt: 7,
        bytes: Buffer.from(""),
        reason: expect.any(String),
      },
    ]);
    const totals = { records: 4, valid: 3, invalid: 1, byLevel: { INFO: 1, ERROR: 2 } };
    expect(harness.commits).toEqual([
      {
        lease: LEASE,
        checkpoint: { shardId: "s", sequenceNumber: "4", ended: false, totals, attempts: 0 },
        templates: [expect.objectContaining({ tokens: ["disk", "is", "full"], count: 2 })],
        contributions: [expect.objectContaining({ shardId: "s", count: 2, byLevel: { ERROR: 2 }, told: 0 })],
        leftBehind: [],
      },
    ]);
    expect(harness.reported).toEqual([{ shardId: "s", delta: totals, behindMs: 12 }]);
    expect(await counted(harness.metrics.templates)).toBe(1);
    expect(harness.said).toEqual([]);
  });

  it("adds to what the checkpoint says, and an attempt is counted of the first one only", async () => {
    const harness = new PipelineHarness();
    const totals = { records: 10, valid: 8, invalid: 2, byLevel: { WARN: 3 } };
    const shard = await harness.open({ sequenceNumber: "0", totals });
    await shard.take([errorLine()]);
    await shard.take([errorLine(), errorLine()], { first: 2 });
    expect(harness.done).toEqual(["attempt", "templates disk is full", "commit 1", "commit 3"]);
    expect(harness.commits.at(-1)?.checkpoint).toEqual({
      shardId: "s",
      sequenceNumber: "3",
      ended: false,
      totals: { records: 13, valid: 11, invalid: 2, byLevel: { WARN: 3, ERROR: 3 } },
      attempts: 0,
    });
  });

  it("of nothing moves nothing but the end of the shard", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open({ sequenceNumber: "5" });
    await shard.take([]);
    await shard.take([], { last: true });
    expect(harness.done).toEqual(["commit 5", "commit 5"]);
    expect(harness.commits.map(({ checkpoint }) => checkpoint.ended)).toEqual([false, true]);
  });

  it("that is the shard's last ends it with its last step", async () => {
    const harness = new PipelineHarness();
    harness.attempts = 3;
    const shard = await harness.open();
    await shard.take(
      Array.from({ length: 3 }, () => infoLine()),
      { last: true },
    );
    expect(harness.commits.at(-1)?.checkpoint).toMatchObject({
      sequenceNumber: "3",
      ended: true,
      attempts: 0,
    });
    expect(harness.commits.slice(0, -1).every(({ checkpoint }) => !checkpoint.ended)).toBe(true);
  });

  it("is not begun, and not committed, once the reader has to stop", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    harness.signal.abort();
    await expect(shard.take([infoLine()])).rejects.toThrow(ReaderStoppedError);
    expect(harness.done).toEqual([]);
  });

  it("is left in its middle once the reader has to stop, with the steps before that committed", async () => {
    const harness = new PipelineHarness();
    harness.attempts = 3;
    const shard = await harness.open();
    const commits = harness.commits.push.bind(harness.commits);
    harness.commits.push = (commit) => {
      harness.signal.abort();
      return commits(commit);
    };
    await expect(shard.take(Array.from({ length: 100 }, () => infoLine()))).rejects.toThrow(
      ReaderStoppedError,
    );
    expect(harness.done).toEqual(["attempt", "commit 39"]);
  });

  it("counts an attempt again when the one before was not finished", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    harness.failures = [new LeaseLostError("s")];
    await expect(shard.take([infoLine()])).rejects.toThrow(LeaseLostError);
    await shard.take([infoLine()]);
    await shard.take([infoLine()], { first: 2 });
    expect(harness.done).toEqual(["attempt failed", "attempt", "commit 1", "commit 2"]);
  });
});

describe("a shard that is given back", () => {
  it("takes its counts along, unless it has ended: they stay for what was not notified", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    await shard.take([errorLine()]);
    expect(harness.grouper.size).toBe(1);
    shard.close();
    expect(harness.grouper.size).toBe(0);
    expect(harness.troubles).toEqual([undefined]);
    const other = await harness.open();
    await other.take([errorLine()], { last: true });
    other.close();
    expect(harness.grouper.size).toBe(1);
  });

  it("begins with what the store holds of its counts, and not with what was counted without a commit", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    await shard.take([errorLine(), errorLine()]);
    const [kept] = harness.commits[0]?.contributions ?? [];
    if (!kept) return expect.unreachable();
    harness.contributions = [{ ...kept, count: 1, byLevel: { ERROR: 1 } }];
    await harness.open({ sequenceNumber: "1" });
    expect(harness.grouper.due(0).map(({ alert }) => alert.total)).toEqual([1]);
    harness.contributions = [];
    await harness.open();
    expect(harness.grouper.size).toBe(0);
  });
});
