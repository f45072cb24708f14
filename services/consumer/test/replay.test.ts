import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepDeadLetters } from "../src/decode/dead-letters.ts";
import { type ReplayOptions, replay } from "../src/reports/replay.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";

const FROM = Date.parse("2026-01-25T00:00:00Z");
const TO = Date.parse("2026-01-27T00:00:00Z");

/** A Kinesis that takes records, or refuses some. */
class Sink {
  readonly taken: Buffer[] = [];
  calls: number[] = [];
  /** Whether a record is refused, this time. */
  refuses: (data: Buffer, call: number) => boolean = () => false;
  /** Answers with this status instead. */
  status = 200;
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { Records } = JSON.parse(Buffer.concat(chunks).toString()) as { Records: { Data: string }[] };
      this.calls.push(Records.length);
      response.writeHead(this.status, { "content-type": "application/x-amz-json-1.1" });
      if (this.status !== 200) return response.end('{"__type":"InternalFailure"}');
      const results = Records.map(({ Data }) => {
        const data = Buffer.from(Data, "base64");
        if (this.refuses(data, this.calls.length))
          return { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "slow" };
        this.taken.push(data);
        return { SequenceNumber: String(this.taken.length), ShardId: "shardId-000000000000" };
      });
      return response.end(
        JSON.stringify({
          FailedRecordCount: results.filter(({ ErrorCode }) => ErrorCode).length,
          Records: results,
        }),
      );
    });
  });

  async start(): Promise<KinesisClient> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return new KinesisClient({
      endpoint: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      region: "ap-northeast-2",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let folder: string;
let objects: FolderObjectStore;
let sink: Sink;
let client: KinesisClient;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cali-replay-"));
  objects = new FolderObjectStore(folder);
  sink = new Sink();
  client = await sink.start();
});
afterEach(() => {
  client.destroy();
  sink.stop();
  rmSync(folder, { recursive: true, force: true });
});

const letter = (
  sequence: number,
  bytes: Uint8Array | string,
  over: { reason?: string; arrivedAt?: number } = {},
) => ({
  shardId: "shardId-000000000000",
  position: { sequenceNumber: String(sequence), index: 0 },
  bytes: typeof bytes === "string" ? Buffer.from(bytes) : bytes,
  reason: 'level: given "LOUD"',
  arrivedAt: FROM + 3_600_000,
  ...over,
});

const run = (over: Partial<ReplayOptions> = {}) =>
  replay({ objects, client, stream: "s", from: FROM, to: TO, ...over });
const taken = () => sink.taken.map((data) => data.toString("latin1")).sort();

describe("replay", () => {
  it("sends the original bytes, text or not", async () => {
    const binary = Buffer.from([0xff, 0x00, 0xfe, 0x0a]);
    await keepDeadLetters(objects, "s", [
      letter(1, '{"level":"LOUD"}'),
      letter(2, binary),
      letter(3, "\ufeff<bom>\r\n"),
    ]);
    expect(await run()).toEqual({ found: 3, skipped: 0, before: 0, replayed: 3, refused: 0, broken: 0 });
    expect(sink.taken).toEqual(expect.arrayContaining([binary, Buffer.from("\ufeff<bom>\r\n")]));
  });

  it("sends a letter that stands in two objects once", async () => {
    await keepDeadLetters(objects, "s", [letter(1, "a"), letter(2, "b")]);
    // The same records again, from another first one: a crash moved the batch.
    await keepDeadLetters(objects, "s", [letter(2, "b"), letter(3, "c")]);
    expect(await run()).toMatchObject({ found: 3, replayed: 3 });
    expect(taken()).toEqual(["a", "b", "c"]);
  });

  it("sends nothing again in a second run, and what came since", async () => {
    await keepDeadLetters(objects, "s", [letter(1, "a")]);
    await run();
    await keepDeadLetters(objects, "s", [letter(2, "b")]);
    expect(await run()).toMatchObject({ found: 2, before: 1, replayed: 1 });
    expect(taken()).toEqual(["a", "b"]);
  });

  it("takes only what arrived in the time, and has the reason", async () => {
    await keepDeadLetters(objects, "s", [
      letter(1, "early", { arrivedAt: FROM - 1 }),
      letter(2, "in"),
      letter(3, "other", { reason: "JSON: it ends too soon" }),
      letter(4, "late", { arrivedAt: TO }),
    ]);
    expect(await run({ reason: "LOUD" })).toMatchObject({ found: 2, skipped: 1, replayed: 1 });
    expect(taken()).toEqual(["in"]);
  });

  it("counts, and sends and marks nothing, in a dry run", async () => {
    await keepDeadLetters(objects, "s", [letter(1, "a")]);
    expect(await run({ dryRun: true })).toMatchObject({ replayed: 1 });
    expect(sink.taken).toEqual([]);
    expect(await run()).toMatchObject({ before: 0, replayed: 1 });
  });

  it("keeps to 500 records and 5 MiB a call", async () => {
    await keepDeadLetters(
      objects,
      "s",
      Array.from({ length: 1_100 }, (_, i) => letter(i + 1, `x${i}`)),
    );
    await keepDeadLetters(
      objects,
      "s",
      Array.from({ length: 12 }, (_, i) => letter(i + 5_000, "y".repeat(1_000_000))),
    );
    expect(await run()).toMatchObject({ replayed: 1_112 });
    expect(Math.max(...sink.calls)).toBeLessThanOrEqual(500);
    expect(sink.calls.length).toBeGreaterThanOrEqual(5);
  });

  it("sends the refused ones alone again", async () => {
    sink.refuses = (data, call) => data.toString() === "b" && call < 3;
    await keepDeadLetters(objects, "s", [letter(1, "a"), letter(2, "b"), letter(3, "c")]);
    expect(await run()).toMatchObject({ replayed: 3, refused: 0 });
    expect(sink.calls).toEqual([3, 1, 1]);
    expect(taken()).toEqual(["a", "b", "c"]);
  });

  it("remembers what was taken before Kinesis failed altogether", async () => {
    sink.refuses = (data, call) => {
      // The second call, with what was refused, fails as a whole.
      sink.status = 500;
      return call === 1 && data.toString() > "x5";
    };
    await keepDeadLetters(
      objects,
      "s",
      Array.from({ length: 10 }, (_, i) => letter(i + 1, `x${i}`)),
    );
    await expect(run()).rejects.toThrow();
    sink.refuses = () => false;
    sink.status = 200;
    expect(await run()).toMatchObject({ before: 6, replayed: 4 });
    expect(taken()).toEqual(Array.from({ length: 10 }, (_, i) => `x${i}`));
  });

  it("says what can never be taken, and keeps it as a dead letter", async () => {
    await keepDeadLetters(objects, "s", [
      letter(1, ""),
      letter(2, "z".repeat(1024 * 1024 + 1)),
      letter(3, "ok"),
    ]);
    expect(await run()).toMatchObject({ found: 3, replayed: 1, refused: 2 });
    expect(await run()).toMatchObject({ before: 1, replayed: 0, refused: 2 });
  });

  it("marks nothing that a Kinesis in trouble didn't confirm, so that the next run sends it", async () => {
    await keepDeadLetters(objects, "s", [letter(1, "a")]);
    sink.status = 500;
    await expect(run()).rejects.toThrow();
    sink.status = 200;
    expect(await run()).toMatchObject({ before: 0, replayed: 1 });
  });

  it("counts lines that are no dead letters, and goes on", async () => {
    await objects.put("dlq/dt=2026-01-25/x/1-0.jsonl", Buffer.from('no json\n{"text":"x"}\n'));
    await keepDeadLetters(objects, "s", [letter(1, "a")]);
    expect(await run()).toMatchObject({ found: 1, broken: 2, replayed: 1 });
  });

  it("finds nothing in an empty time", async () => {
    expect(await run()).toEqual({ found: 0, skipped: 0, before: 0, replayed: 0, refused: 0, broken: 0 });
  });
});
