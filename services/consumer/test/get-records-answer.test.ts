import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../src/core/clock.ts";
import { ByteBudget } from "../src/read/budget.ts";
import { KinesisStream } from "../src/read/client.ts";
import { ShardReader } from "../src/read/reader.ts";

const DATA = "x".repeat(30_000);
const RECORDS = Array.from({ length: 20 }, (_, i) => ({
  SequenceNumber: String(i),
  ApproximateArrivalTimestamp: 1,
  Data: Buffer.from(`${i} ${DATA}`).toString("base64"),
  PartitionKey: "k",
}));
const BODY = Buffer.from(JSON.stringify({ Records: RECORDS, NextShardIterator: "n", MillisBehindLatest: 0 }));
const HALF = BODY.subarray(0, BODY.length / 2);

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A stream whose every answer is sent like this. */
async function streamThat(send: (response: ServerResponse) => void): Promise<KinesisStream> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => send(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const credentials = { accessKeyId: "a", secretAccessKey: "s" };
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stream = new KinesisStream({ stream: "logs", region: "us-east-1", endpoint, credentials });
  open.push(() => {
    stream.close();
    server.closeAllConnections();
    server.close();
  });
  return stream;
}

describe("KinesisStream.read", () => {
  it.each([
    ["of a length that is told", BODY.length, BODY],
    ["in pieces of a length that nobody knows", undefined, BODY],
  ])("reads an answer %s, and lets it go when it is asked to", async (_, length, body) => {
    const stream = await streamThat((response) => {
      response.writeHead(200, length === undefined ? {} : { "content-length": length });
      response.write(body.subarray(0, 100));
      response.write(body.subarray(100, 200_000));
      response.end(body.subarray(200_000));
    });
    const { records, release } = await stream.read("i", 10_000);
    expect(RECORDS.map((_, i) => records.at(i)?.text)).toEqual(RECORDS.map((_, i) => `${i} ${DATA}`));
    release?.();
    const first = records.at(0);
    for (const read of [
      () => first?.text,
      () => first?.data,
      () => first?.sequenceNumber,
      () => first?.arrivedAt,
    ])
      expect(read).toThrow("let go");
  });

  it("fails when the answer is cut off, or the reader is stopped in the middle of it", async () => {
    const cut = await streamThat((response) => {
      response.writeHead(200, { "content-length": BODY.length });
      response.write(HALF, () => response.destroy());
    });
    await expect(cut.read("i", 10_000)).rejects.toThrow("aborted");
    const controller = new AbortController();
    const slow = await streamThat((response) => {
      response.writeHead(200, { "content-length": BODY.length });
      response.write(HALF, () => setTimeout(() => controller.abort(), 20));
    });
    await expect(slow.read("i", 10_000, controller.signal)).rejects.toThrow();
  });
});

describe("ShardReader", () => {
  it("lets an answer go when it is durable, not before and not when it never was", async () => {
    const story: string[] = [];
    let read = 0;
    const reader = new ShardReader({
      stream: {
        iterator: async () => "0",
        read: async () => {
          const name = read++;
          const records = [{ sequenceNumber: String(name), arrivedAt: 0, data: new Uint8Array() }];
          return { records, next: "1", behindMs: 1, bytes: 0, release: () => story.push(`${name} let go`) };
        },
      },
      shardId: "s",
      start: { type: "TRIM_HORIZON" },
      process: async ({ records }) => {
        const name = records.at(0)?.sequenceNumber;
        await setImmediate();
        if (name === "2") throw new Error("the store is gone");
        story.push(`${name} durable`);
      },
      budget: new ByteBudget(1e9),
      limits: { batchRecords: 10_000, minReadIntervalMs: 0, pollIntervalMs: 0 },
      clock: systemClock,
      log: pino({ enabled: false }),
    });
    await expect(reader.run()).rejects.toThrow("the store is gone");
    expect(story).toEqual(["0 durable", "0 let go", "1 durable", "1 let go"]);
  });
});
