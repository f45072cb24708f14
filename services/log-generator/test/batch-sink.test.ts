import { validateRecord } from "@cali/log-record";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asJson, type GeneratedLine } from "../src/generate.ts";
import { BatchSink, type BatchSinkOptions } from "../src/sinks/batch.ts";
import { firehoseTarget } from "../src/sinks/firehose.ts";
import { kinesisTarget } from "../src/sinks/kinesis.ts";
import { type Answer, FakeAws } from "./support/fake-aws.ts";
import { makeLines, PLACE } from "./support/lines.ts";

const MIB = 1_048_576;
const NEVER = new AbortController().signal;

let aws: FakeAws;
beforeEach(async () => {
  aws = await FakeAws.start();
});
afterEach(() => aws.stop());

const services = [
  {
    kind: "Kinesis",
    target: kinesisTarget,
    maxRecord: MIB,
    maxCall: 5 * MIB,
    throttled: { kind: "error", status: 400, type: "ProvisionedThroughputExceededException" },
  },
  {
    kind: "Firehose",
    target: firehoseTarget,
    maxRecord: 1_024_000,
    maxCall: 4 * MIB,
    throttled: { kind: "error", status: 503, type: "ServiceUnavailableException" },
  },
] as const;

describe.each(services)("the sink of $kind", ({ target, maxRecord, maxCall, throttled }) => {
  function makeSink(options: Partial<BatchSinkOptions> = {}): BatchSink {
    const client = target("logs", {
      endpoint: aws.url,
      region: "eu-west-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    return new BatchSink(client, {
      render: (line) => asJson(line, PLACE),
      backoffBase: 1,
      backoffCap: 4,
      linger: 5,
      ...options,
    });
  }

  async function send(sink: BatchSink, lines: readonly GeneratedLine[]): Promise<void> {
    for (const line of lines) await sink.write(line);
    await sink.close(NEVER);
    expect(sink.counters.accepted + sink.counters.refused).toBe(lines.length);
  }

  /** Fails the first calls as asked, then none. */
  function firstCalls(...answers: Answer[]): (call: number) => Answer {
    return (call) => answers[call] ?? { kind: "records" };
  }

  it("delivers every line once, as a line of JSON, at most 500 in a call", async () => {
    const lines = makeLines({ count: 1_234 });
    const sink = makeSink({ concurrency: 1 });
    await send(sink, lines);
    expect(sink.counters).toEqual({ accepted: 1_234, retried: 0, refused: 0, reasons: {} });
    expect(aws.accepted.map(({ data }) => data)).toEqual(lines.map((line) => `${asJson(line, PLACE)}\n`));
    expect(Math.max(...aws.calls.map((call) => call.length))).toBe(500);
    for (const { data, partitionKey } of aws.accepted) {
      const record = JSON.parse(data);
      expect(validateRecord(record).ok).toBe(true);
      if (partitionKey !== undefined) expect(partitionKey).toBe(record.service);
    }
  });

  it("sends again only those that failed", async () => {
    aws.answer = (call) =>
      call === 0
        ? { kind: "records", errorOf: (_, index) => (index % 7 === 0 ? "InternalFailure" : undefined) }
        : { kind: "records" };
    const lines = makeLines({ count: 70 });
    const sink = makeSink();
    await send(sink, lines);
    expect(sink.counters).toEqual({ accepted: 70, retried: 10, refused: 0, reasons: {} });
    expect(aws.calls.map((call) => call.length)).toEqual([70, 10]);
    expect(new Set(aws.accepted.map(({ data }) => data)).size).toBe(70);
    expect(aws.accepted).toHaveLength(70);
  });

  it.each<[string, Answer]>([
    ["throttling of the whole call", throttled],
    ["a fault of the server", { kind: "error", status: 500, type: "InternalFailure" }],
    ["an answer of a proxy", { kind: "text", status: 502, text: "<html>Bad Gateway</html>" }],
    ["an answer that is not JSON", { kind: "text", status: 200, text: "<html>Welcome</html>" }],
    ["a reset connection", { kind: "reset" }],
  ])("tries again after %s", async (_, answer) => {
    aws.answer = firstCalls(answer, answer, answer);
    const sink = makeSink();
    await send(sink, makeLines({ count: 20 }));
    expect(sink.counters).toEqual({ accepted: 20, retried: 60, refused: 0, reasons: {} });
    expect(aws.accepted).toHaveLength(20);
    expect(sink.failure).toBeUndefined();
  });

  it("takes a record that is missing in the answer for not accepted", async () => {
    aws.answer = firstCalls({ kind: "short" });
    const sink = makeSink();
    await send(sink, makeLines({ count: 20 }));
    expect(sink.counters).toMatchObject({ accepted: 20, retried: 10, refused: 0 });
  });

  it("gives up after the last attempt and says why", async () => {
    aws.answer = () => throttled;
    const sink = makeSink({ maxAttempts: 3 });
    await send(sink, makeLines({ count: 20 }));
    const reasons = { [throttled.type]: 20 };
    expect(sink.counters).toEqual({ accepted: 0, retried: 40, refused: 20, reasons });
    expect(aws.calls).toHaveLength(3);
    expect(sink.failure).toBeUndefined();
  });

  it.each(["ResourceNotFoundException", "AccessDeniedException", "ValidationException"])(
    "stops at %s: no attempt can succeed",
    async (type) => {
      aws.answer = () => ({ kind: "error", status: 400, type });
      const sink = makeSink({ concurrency: 1 });
      await send(sink, makeLines({ count: 600 }));
      expect(aws.calls).toHaveLength(1);
      expect(sink.counters).toMatchObject({ accepted: 0, retried: 0, refused: 600 });
      expect(sink.failure?.message).toContain(`logs: ${type}: asked to fail`);
    },
  );

  it("refuses a record over the limit without a call, and takes one at the limit", async () => {
    const key = target === kinesisTarget ? "gateway".length : 0;
    const sizes = [maxRecord - key - 1, maxRecord - key];
    const sink = makeSink({ render: () => "x".repeat(sizes.shift() ?? 0) });
    const [line] = makeLines({ count: 1 });
    const lines = [line, line] as GeneratedLine[];
    expect(line?.line.service).toBe("gateway");
    await send(sink, lines);
    expect(sink.counters).toMatchObject({ accepted: 1, refused: 1 });
    expect(sink.counters.reasons).toEqual({ [`a record of more than ${maxRecord} bytes`]: 1 });
    expect(aws.accepted[0]?.data).toHaveLength(maxRecord - key);
  });

  it("keeps calls within the limit of bytes", async () => {
    const sink = makeSink({ render: () => "x".repeat(700_000) });
    await send(sink, makeLines({ count: 16 }));
    expect(sink.counters.accepted).toBe(16);
    for (const call of aws.calls) {
      const bytes = call.reduce(
        (sum, { data, partitionKey = "" }) => sum + data.length + partitionKey.length,
        0,
      );
      expect(bytes).toBeLessThanOrEqual(maxCall);
    }
    expect(aws.calls.length).toBeLessThan(6);
  });

  it("holds back the writer while calls are on their way, and refuses what hangs when it is asked to end", async () => {
    aws.answer = () => ({ kind: "hang" });
    const sink = makeSink({ concurrency: 2 });
    const lines = makeLines({ count: 1_500 });
    const waits = lines.map((line) => sink.write(line));
    expect(waits.slice(0, 1_499).every((wait) => wait === undefined)).toBe(true);
    expect(waits[1_499]).toBeInstanceOf(Promise);
    // However slow the machine is, both calls hang before the sink is asked to end.
    await expect.poll(() => aws.calls).toHaveLength(2);
    await sink.close(AbortSignal.abort());
    const reasons = { "not confirmed before the end": 1_500 };
    expect(sink.counters).toEqual({ accepted: 0, retried: 0, refused: 1_500, reasons });
    expect(aws.calls).toHaveLength(2);
  });

  it.each([1, 3])(
    "keeps at most %i calls open, whether batches are full or waited long enough",
    async (concurrency) => {
      // No call is answered before as many are open as may be, and the machine had a turn to open one more.
      let full: (() => void) | undefined;
      const opened = new Promise<void>((resolve) => {
        full = resolve;
      });
      aws.answer = (call) => {
        if (call + 1 === concurrency) setTimeout(() => full?.(), 15);
        return { kind: "records", when: opened };
      };
      const sink = makeSink({ concurrency, linger: 1 });
      const lines = makeLines({ count: 1_600 });
      for (const [index, line] of lines.entries()) {
        await sink.write(line);
        if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
      }
      await sink.close(NEVER);
      expect(sink.counters.accepted).toBe(1_600);
      expect(aws.busiest).toBe(concurrency);
      // While all calls are taken, batches grow.
      expect(aws.calls.length).toBeLessThan(80);
      const received = aws.accepted.map(({ data }) => data);
      if (concurrency === 1) expect(received).toEqual(lines.map((line) => `${asJson(line, PLACE)}\n`));
    },
  );

  it("does not wait for the end of a long backoff when it is asked to end", async () => {
    aws.answer = () => throttled;
    const sink = makeSink({ backoffBase: 3_600_000, backoffCap: 3_600_000 });
    for (const line of makeLines({ count: 3 })) sink.write(line);
    await sink.close(AbortSignal.timeout(50));
    expect(sink.counters).toMatchObject({ accepted: 0, refused: 3 });
  });

  it("counts every line exactly once, however the other side fails", async () => {
    const answer = fc.oneof(
      { weight: 3, arbitrary: fc.constant<Answer>({ kind: "records" }) },
      fc.constant<Answer>({ kind: "reset" }),
      fc.constant<Answer>({ kind: "short" }),
      fc.constant<Answer>({ kind: "error", status: 500, type: "InternalFailure" }),
      fc.constant<Answer>(throttled),
      fc.nat(6).map<Answer>((rest) => ({
        kind: "records",
        errorOf: (_, index) => (index % 7 <= rest ? "InternalFailure" : undefined),
      })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 12 }),
        fc.integer({ min: 1, max: 1_100 }),
        async (answers, count) => {
          const before = aws.accepted.length;
          const first = aws.calls.length;
          aws.answer = (call) => answers[call - first] ?? { kind: "records" };
          const sink = makeSink({ maxAttempts: 3 });
          await send(sink, makeLines({ count }));
          const arrived = new Set(aws.accepted.slice(before).map(({ data }) => data));
          expect(arrived.size).toBeGreaterThanOrEqual(sink.counters.accepted);
          const sent = aws.calls.slice(first).reduce((sum, call) => sum + call.length, 0);
          expect(sent).toBe(count + sink.counters.retried);
        },
      ),
      { numRuns: 12 },
    );
  });
});
