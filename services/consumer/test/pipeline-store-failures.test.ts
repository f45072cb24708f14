import { afterEach, describe, expect, it, vi } from "vitest";
import { LeaseLostError, ReaderStoppedError } from "../src/core/errors.ts";
import { counted, errorLine, infoLine, PipelineHarness } from "./support/pipeline-harness.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("a store that fails", () => {
  it("is written again until it works, with the same, and says so", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    const busy = Object.assign(new Error("the disk is full"), { name: "StateUnavailableError" });
    await shard.take([errorLine()]);
    harness.done = [];
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    harness.failures = [busy, busy, busy];
    const again = shard.take([errorLine("another")], { first: 2 });
    for (let n = 0; n < 3; n++) await vi.advanceTimersByTimeAsync(10_000);
    await again;
    expect(harness.done).toEqual([
      "templates another failed",
      "templates another failed",
      "templates another failed",
      "templates another",
      "commit 2",
    ]);
    const text = "object store: StateUnavailableError: the disk is full";
    expect(harness.troubles).toEqual([text, text, text, undefined]);
    // The first, the second, and not the third.
    expect(harness.said.map(({ msg, attempt }) => [msg, attempt])).toEqual([
      [`nothing is acknowledged, the shard waits: ${text}`, 1],
      [`nothing is acknowledged, the shard waits: ${text}`, 2],
      ["the store can be written again", undefined],
    ]);
    expect(harness.touched).toBeGreaterThanOrEqual(4);
    expect(await counted(harness.metrics.storeFailures)).toBe(3);
  });

  it("is told apart: state or objects; and holds back what comes after", async () => {
    const harness = new PipelineHarness();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const shard = await harness.open();
    harness.failures = [new Error("gone")];
    const taking = shard.take([infoLine()]);
    await vi.advanceTimersByTimeAsync(10_000);
    await taking;
    expect(harness.done).toEqual(["attempt failed", "attempt", "commit 1"]);
    expect(harness.troubles).toEqual(["state store: Error: gone", undefined]);
  });

  it("leaves the counts to the next reader when its own has to stop meanwhile", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    const keep = harness.letters.push.bind(harness.letters);
    harness.letters.push = (...letters) => {
      harness.signal.abort();
      return keep(...letters);
    };
    await expect(shard.take(["", errorLine()])).rejects.toThrow(ReaderStoppedError);
    expect(harness.done).toEqual(["attempt", "letters 1"]);
    expect(harness.grouper.takeDirty("s").map(({ count }) => count)).toEqual([1]);
  });

  it("is not asked again when another replica has the shard", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    await shard.take([infoLine()]);
    harness.failures = [new LeaseLostError("s")];
    await expect(shard.take([infoLine()], { first: 2 })).rejects.toThrow(LeaseLostError);
    expect(harness.done).toEqual(["attempt", "commit 1", "commit 2 failed"]);
    expect(harness.troubles).toEqual([]);
    expect(await counted(harness.metrics.storeFailures)).toBe(0);
  });

  it("is not asked again once the reader has to stop, and the checkpoint stays", async () => {
    const harness = new PipelineHarness();
    const shard = await harness.open();
    await shard.take([infoLine()]);
    harness.failures = [new Error("gone")];
    harness.onFailure = () => harness.signal.abort();
    await expect(shard.take([infoLine()], { first: 2 })).rejects.toThrow(ReaderStoppedError);
    expect(harness.commits.at(-1)?.checkpoint.sequenceNumber).toBe("1");
    expect(harness.done.filter((one) => one.startsWith("commit 2"))).toEqual(["commit 2 failed"]);
  });
});
