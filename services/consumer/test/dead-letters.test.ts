import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RejectedPayload } from "../src/decode/dead-letters.ts";
import { bytesOf, DEAD_LETTERS, deadLetterSchema, keepDeadLetters } from "../src/decode/dead-letters.ts";
import { ObjectStoreError } from "../src/state/objects/errors.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";

const ARRIVED = Date.parse("2026-01-25T23:59:59.500Z");

function payload(over: Partial<RejectedPayload> & { sequenceNumber?: string; index?: number } = {}) {
  const { sequenceNumber = "100", index = 0, ...rest } = over;
  return {
    shardId: "shardId-000000000000",
    position: { sequenceNumber, index },
    bytes: Buffer.from("no record"),
    reason: "not JSON",
    arrivedAt: ARRIVED,
    ...rest,
  } satisfies RejectedPayload;
}

const lettersOf = (body: Uint8Array | undefined) =>
  Buffer.from(body ?? [])
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => deadLetterSchema.parse(JSON.parse(line)));

describe("keepDeadLetters", () => {
  it("keeps a payload with its reason, place and time, under a key that shows its place", async () => {
    const objects = new MemoryObjectStore();
    await keepDeadLetters(objects, "logs", [payload({ index: 3 })]);
    const key = "dlq/dt=2026-01-25/shardId-000000000000/100-3_100-3.jsonl";
    expect([...objects.bodies.keys()]).toEqual([key]);
    expect(lettersOf(objects.bodies.get(key))).toEqual([
      {
        text: "no record",
        reason: "not JSON",
        stream: "logs",
        shardId: "shardId-000000000000",
        sequenceNumber: "100",
        index: 3,
        arrivedAt: "2026-01-25T23:59:59.500Z",
      },
    ]);
    expect(objects.options.get(key)).toEqual({ contentType: "application/x-ndjson" });
  });

  it("does not replace a batch by one that begins there too and holds less", async () => {
    const objects = new MemoryObjectStore();
    await keepDeadLetters(objects, "logs", [
      payload({ sequenceNumber: "1" }),
      payload({ sequenceNumber: "2" }),
    ]);
    await keepDeadLetters(objects, "logs", [payload({ sequenceNumber: "1" })]);
    const letters = [...objects.bodies.values()].flatMap(lettersOf);
    expect(letters.map(({ sequenceNumber }) => sequenceNumber)).toContain("2");
  });

  it("parts shards and days, and orders by place whatever order they come in", async () => {
    const objects = new MemoryObjectStore();
    await keepDeadLetters(objects, "logs", [
      payload({ sequenceNumber: "1000", arrivedAt: ARRIVED + 500 }),
      payload({ sequenceNumber: "101" }),
      payload({ sequenceNumber: "99", index: 10 }),
      payload({ sequenceNumber: "99", index: 2 }),
      payload({ sequenceNumber: "7", shardId: "shardId-000000000001" }),
    ]);
    expect([...objects.bodies.keys()].sort()).toEqual([
      "dlq/dt=2026-01-25/shardId-000000000000/99-2_101-0.jsonl",
      "dlq/dt=2026-01-25/shardId-000000000001/7-0_7-0.jsonl",
      "dlq/dt=2026-01-26/shardId-000000000000/1000-0_1000-0.jsonl",
    ]);
    const letters = lettersOf(objects.bodies.get("dlq/dt=2026-01-25/shardId-000000000000/99-2_101-0.jsonl"));
    expect(letters.map(({ sequenceNumber, index }) => `${sequenceNumber}-${index}`)).toEqual([
      "99-2",
      "99-10",
      "101-0",
    ]);
  });

  it("writes the same bytes under the same keys when a batch comes again", async () => {
    const [first, again] = [new MemoryObjectStore(), new MemoryObjectStore()];
    const batch = () => [1, 2, 3].map((number) => payload({ sequenceNumber: String(number) }));
    await keepDeadLetters(first, "logs", batch());
    await keepDeadLetters(again, "logs", batch().reverse());
    await keepDeadLetters(again, "logs", batch());
    expect(again.bodies).toEqual(first.bodies);
  });

  it("keeps any bytes as they came", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array(), fc.string({ unit: "binary" }).map(Buffer.from)), { minLength: 1 }),
        async (bodies) => {
          const objects = new MemoryObjectStore();
          await keepDeadLetters(
            objects,
            "logs",
            bodies.map((bytes, index) => payload({ bytes, index })),
          );
          const kept = [...objects.bodies.values()].flatMap(lettersOf).map(bytesOf);
          expect(kept.map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(
            bodies.map((bytes) => Buffer.from(bytes).toString("hex")),
          );
        },
      ),
    );
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a byte order mark", Buffer.from("\ufeff{}")],
    ["line ends", Buffer.from("a\nb\r\n\u2028")],
    ["a cut character", Buffer.from("é").subarray(0, 1)],
    ["NUL", Buffer.from("\u0000")],
    ["1 MiB", Buffer.alloc(1024 * 1024, "\u0001")],
  ])("keeps %s as it came", async (_, bytes) => {
    const objects = new MemoryObjectStore();
    await keepDeadLetters(objects, "logs", [payload({ bytes })]);
    const [letter] = [...objects.bodies.values()].flatMap(lettersOf);
    expect(letter && Buffer.from(bytesOf(letter)).equals(bytes)).toBe(true);
  });

  it("writes nothing for nothing, and passes on that it cannot write", async () => {
    const objects = new MemoryObjectStore();
    await keepDeadLetters(objects, "logs", []);
    expect(objects.bodies.size).toBe(0);
    objects.failure = new ObjectStoreError("full", "object x: ENOSPC, the disk is full");
    await expect(keepDeadLetters(objects, "logs", [payload()])).rejects.toThrow(objects.failure);
  });
});

describe("deadLetterSchema", () => {
  const letter = {
    text: "x",
    reason: "r",
    stream: "s",
    shardId: "shardId-000000000000",
    sequenceNumber: "1",
    index: 0,
    arrivedAt: "2026-01-25T00:00:00.000Z",
  };

  it("takes what keepDeadLetters writes", () => {
    expect(deadLetterSchema.parse(letter)).toEqual(letter);
    expect(DEAD_LETTERS).toBe("dlq/");
  });

  it.each([
    ["neither text nor base64", { text: undefined }],
    ["both text and base64", { base64: "eA==" }],
    ["what is no base64", { text: undefined, base64: "?" }],
    ["a sequence number that is none", { sequenceNumber: "../1" }],
    ["a place before the first", { index: -1 }],
    ["a time that is none", { arrivedAt: "yesterday" }],
    ["what nobody wrote", { more: 1 }],
  ])("refuses %s", (_, change) => {
    expect(deadLetterSchema.safeParse({ ...letter, ...change }).success).toBe(false);
  });
});
