import fc from "fast-check";
import { expect, it } from "vitest";
import { Repeats } from "../src/pipeline/repeats.ts";

const line = (source_id: string, sequenceNumber: number) =>
  [
    { source_id },
    { shardId: "shard-1", position: { sequenceNumber: String(sequenceNumber), index: 0 } },
  ] as const;

it("a batch that is read again has no repeats", () => {
  const repeats = new Repeats();
  const batch = ["a", "b", "a"].map((id, place) => line(id, place));
  const first = batch.map((one) => repeats.has(...one));
  expect(first).toEqual([false, false, true]);
  expect(batch.map((one) => repeats.has(...one))).toEqual(first);
});

it("remembers at least as many ids as it may, and at most twice as many", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 200 }), (most, between) => {
      const repeats = new Repeats(most);
      let place = 0;
      repeats.has(...line("first", place++));
      for (let other = 0; other < between; other++) repeats.has(...line(`other ${other}`, place++));
      const isKnown = repeats.has(...line("first", place));
      if (between < most) expect(isKnown).toBe(true);
      if (between >= 2 * most) expect(isKnown).toBe(false);
    }),
  );
});
