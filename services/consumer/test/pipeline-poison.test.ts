import { describe, expect, it, vi } from "vitest";
import { counted, errorLine, infoLine, PipelineHarness } from "./support/pipeline-harness.ts";

describe("a record that cannot be processed", () => {
  it("is refused where it stands, and the others go on", async () => {
    const harness = new PipelineHarness();
    const add = harness.miner.add.bind(harness.miner);
    vi.spyOn(harness.miner, "add").mockImplementation((service, message, ...rest) => {
      if (message === "poison") throw new RangeError("x".repeat(600));
      if (message === "odd") throw "a text";
      return add(service, message, ...rest);
    });
    const shard = await harness.open();
    await shard.take([errorLine("poison"), errorLine(), errorLine("odd")]);
    expect(harness.letters.map(({ position, reason }) => [position.sequenceNumber, reason])).toEqual([
      ["1", `processing failed: RangeError: ${"x".repeat(500)}`],
      ["3", "processing failed: Error: 'a text'"],
    ]);
    expect(harness.commits[0]?.checkpoint).toMatchObject({
      sequenceNumber: "3",
      totals: { valid: 1, invalid: 2 },
    });
    expect(await counted(harness.metrics.poisoned)).toBe(2);
  });

  it("does not end the batch that it is in, and is looked for in small steps after processes ended", async () => {
    const harness = new PipelineHarness();
    harness.attempts = 3;
    const shard = await harness.open({ sequenceNumber: "0" });
    await shard.take(Array.from({ length: 1_200 }, () => infoLine()));
    const ends = harness.commits.map(({ checkpoint }) => Number(checkpoint.sequenceNumber));
    expect(ends).toEqual([...Array.from({ length: 30 }, (_, step) => 39 * (step + 1)), 1_200]);
    expect(harness.commits.map(({ checkpoint }) => checkpoint.attempts)).toEqual([...Array(30).fill(3), 0]);
    expect(harness.said).toEqual([
      expect.objectContaining({
        shardId: "s",
        after: "0",
        attempts: 3,
        size: 39,
        msg: "earlier processes ended while they worked on these records: going on in small steps to find the one",
      }),
    ]);
  });

  it("is looked for in steps of 625 after one process ended, which is no news", async () => {
    const harness = new PipelineHarness();
    harness.attempts = 2;
    const shard = await harness.open();
    await shard.take(Array.from({ length: 1_000 }, () => infoLine()));
    expect(harness.commits.map(({ checkpoint }) => checkpoint.sequenceNumber)).toEqual(["625", "1000"]);
    expect(harness.said).toEqual([]);
  });

  it("is alone in its step at last, and nobody is blamed who survived it", async () => {
    const harness = new PipelineHarness();
    harness.attempts = 5;
    const shard = await harness.open({ sequenceNumber: "0" });
    await shard.take([errorLine("a"), errorLine("b")]);
    expect(harness.done[1]).toBe("commit 0");
    expect(harness.commits[0]).toMatchObject({
      checkpoint: { attempts: 4 },
      templates: [],
      contributions: [],
    });
    expect(harness.commits.slice(1).map(({ checkpoint }) => checkpoint.sequenceNumber)).toEqual(["1", "2"]);
    expect(harness.letters).toEqual([]);
  });

  it("is refused unread after eight processes, and it alone", async () => {
    const harness = new PipelineHarness();
    harness.attempts = 8;
    const shard = await harness.open();
    await shard.take([errorLine("a"), errorLine("b")]);
    expect(
      harness.letters.map(({ position, reason, bytes }) => [position, reason, bytes.toString()]),
    ).toEqual([
      [
        { sequenceNumber: "1", index: 0 },
        "the process ended 7 times while it worked on this record",
        errorLine("a"),
      ],
    ]);
    expect(harness.commits.at(-1)?.checkpoint).toMatchObject({
      sequenceNumber: "2",
      totals: { records: 2, valid: 1, invalid: 1 },
      attempts: 0,
    });
    expect(await counted(harness.metrics.poisoned)).toBe(1);
  });
});
