import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBudget } from "../src/read/budget.ts";
import { classify } from "../src/read/failures.ts";
import { parseGetRecords } from "../src/read/get-records.ts";
import type { Records, StreamRecord } from "../src/read/records.ts";
import { readableShards } from "../src/read/stream-reader.ts";

describe("readableShards", () => {
  const split = [
    { shardId: "a", parents: [] },
    { shardId: "b", parents: ["a"] },
    { shardId: "c", parents: ["a"] },
    { shardId: "d", parents: ["b", "c"] },
  ];

  it("gives parents before children", () => {
    expect(readableShards(split, new Set())).toEqual(["a"]);
    expect(readableShards(split, new Set(["a"]))).toEqual(["b", "c"]);
    expect(readableShards(split, new Set(["a", "b"]))).toEqual(["c"]);
    expect(readableShards(split, new Set(["a", "b", "c"]))).toEqual(["d"]);
  });

  it("does not wait for parents that the stream no longer lists", () => {
    expect(readableShards(split.slice(1), new Set())).toEqual(["b", "c"]);
  });

  it("reads every shard of any family in the end, children never before their parents", () => {
    const families = fc.array(fc.array(fc.nat(), { maxLength: 2 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(families, (parentPicks) => {
        const listed = parentPicks.map((picks, i) => ({
          shardId: `s${i}`,
          parents: i === 0 ? [] : [...new Set(picks.map((pick) => `s${pick % i}`))],
        }));
        const ended: string[] = [];
        for (let round = 0; round <= listed.length; round++) {
          const now = readableShards(listed, new Set(ended));
          for (const id of now) {
            const parents = listed.find((one) => one.shardId === id)?.parents ?? [];
            expect(parents.every((parent) => ended.includes(parent))).toBe(true);
          }
          ended.push(...now);
        }
        expect(ended.sort()).toEqual(listed.map((one) => one.shardId).sort());
      }),
    );
  });
});

describe("ByteBudget", () => {
  it("never hands out more than its limit, in order, and survives those who give up waiting", async () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 150 }), abort: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const budget = new ByteBudget(100);
        const served: number[] = [];
        const work = steps.map(async ({ bytes, abort }, place) => {
          const controller = new AbortController();
          const waiting = budget.reserve(bytes, controller.signal);
          if (abort) controller.abort();
          if (!(await waiting)) return;
          expect(budget.used).toBeLessThanOrEqual(100);
          served.push(place);
          await Promise.resolve();
          budget.release(Math.min(bytes, 100));
        });
        await Promise.all(work);
        expect(budget.used).toBe(0);
        expect(served).toEqual([...served].sort((a, b) => a - b));
        expect(served).toEqual(expect.arrayContaining(steps.flatMap((s, i) => (s.abort ? [] : [i]))));
      }),
    );
  });
});

describe("classify", () => {
  it.each([
    ["ExpiredIteratorException", "expired"],
    ["ProvisionedThroughputExceededException", "throttled"],
    ["KMSThrottlingException", "throttled"],
    ["KMSDisabledException", "key"],
    ["KMSAccessDeniedException", "key"],
    ["AccessDeniedException", "denied"],
    ["ResourceNotFoundException", "missing"],
    ["TimeoutError", "trouble"],
  ])("%s is %s", (name, kind) => {
    const failure = classify(Object.assign(new Error("why"), { name }));
    expect(failure.kind).toBe(kind);
    expect(failure.text).toContain(`${name}: why; `);
  });

  it("takes anything that is thrown", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(classify(thrown).kind).toBe("trouble");
      }),
    );
  });
});

const allOf = (records: Records) =>
  Array.from({ length: records.length }, (_, i) => records.at(i) as StreamRecord);

describe("parseGetRecords", () => {
  it("reads what GetRecords answers", () => {
    const answer = {
      Records: [{ SequenceNumber: "49", Data: "e30=", ApproximateArrivalTimestamp: 1.5, PartitionKey: "ü" }],
      NextShardIterator: "next",
      MillisBehindLatest: 12,
    };
    const read = parseGetRecords(Buffer.from(JSON.stringify(answer)));
    expect(read).toMatchObject({ next: "next", behindMs: 12, bytes: 2 });
    expect(read.records.at(0)).toMatchObject({ sequenceNumber: "49", arrivedAt: 1500 });
    expect(Buffer.from(read.records.at(0)?.data ?? []).toString()).toBe("{}");
    expect(parseGetRecords(Buffer.from('{"Records":[],"NextShardIterator":null}')).next).toBeUndefined();
  });

  it("reads the same, whatever the order of the keys, the blanks, and what partition keys hold", () => {
    const record = fc.record({
      sequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 55n }).map(String),
      data: fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.string({ unit: "binary", maxLength: 20 }).map((text) => new Uint8Array(Buffer.from(text))),
      ),
      arrived: fc.integer({ min: 0, max: 2_000_000_000_000 }),
      partitionKey: fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom(
          '"Data":"',
          '"SequenceNumber":"1"',
          '","Data":"e30=',
          '\\"Data":"',
          '"MillisBehindLatest":7',
        ),
      ),
      order: fc.shuffledSubarray(["SequenceNumber", "Data", "ApproximateArrivalTimestamp", "PartitionKey"], {
        minLength: 4,
      }),
    });
    const answers = fc.record({
      records: fc.array(record, { maxLength: 8 }),
      next: fc.option(fc.base64String({ minLength: 1 })),
      behind: fc.nat(),
      first: fc.boolean(),
      indent: fc.constantFrom(undefined, 1),
    });
    fc.assert(
      fc.property(answers, ({ records, next, behind, first, indent }) => {
        const Records = records.map((one) => {
          const all: Record<string, unknown> = {
            SequenceNumber: one.sequenceNumber,
            Data: Buffer.from(one.data).toString("base64"),
            ApproximateArrivalTimestamp: one.arrived / 1000,
            PartitionKey: one.partitionKey,
          };
          return Object.fromEntries(one.order.map((name) => [name, all[name]]));
        });
        const rest = { NextShardIterator: next, MillisBehindLatest: behind };
        const answer = first ? { ...rest, Records } : { Records, ...rest };
        const read = parseGetRecords(Buffer.from(JSON.stringify(answer, null, indent)));
        expect(read).toMatchObject({
          behindMs: behind,
          bytes: records.reduce((n, one) => n + one.data.length, 0),
        });
        expect(read.next).toBe(next ?? undefined);
        expect(allOf(read.records).map((one) => [one.sequenceNumber, one.arrivedAt, [...one.data]])).toEqual(
          records.map((one) => [one.sequenceNumber, one.arrived, [...one.data]]),
        );
        expect(read.records.at(-1)?.sequenceNumber).toBe(records.at(-1)?.sequenceNumber);
        expect(read.records.at(records.length)).toBeUndefined();
        expect(read.records.at(-records.length - 1)).toBeUndefined();
        for (const { text, data } of allOf(read.records)) {
          if (text !== undefined) expect(Buffer.from(text).equals(data)).toBe(true);
          else expect(indent === 1 || !isUtf8(data) || String(data).includes("239,191,189")).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([1, 300, 65_536, 200_000])(
    "reads records of %i bytes, wherever a piece of the body ends",
    (size) => {
      const datas = Array.from({ length: 40 }, (_, i) => Buffer.alloc(size + ((i * 997) % 5_000), i));
      const Records = datas.map((data, i) => ({
        SequenceNumber: String(10n ** BigInt(i + 1)),
        ApproximateArrivalTimestamp: 1_769_331_600 + i / 1000,
        Data: data.toString("base64"),
        PartitionKey: "}".repeat(i * 11),
      }));
      const body = JSON.stringify({ MillisBehindLatest: 1, Records, NextShardIterator: "next" });
      const read = parseGetRecords(Buffer.from(body));
      expect(read).toMatchObject({
        next: "next",
        behindMs: 1,
        bytes: datas.reduce((n, d) => n + d.length, 0),
      });
      expect(allOf(read.records).map(({ sequenceNumber }) => sequenceNumber)).toEqual(
        Records.map(({ SequenceNumber }) => SequenceNumber),
      );
      expect(allOf(read.records).map(({ arrivedAt }) => arrivedAt)).toEqual(
        datas.map((_, i) => 1_769_331_600_000 + i),
      );
      expect(allOf(read.records).every(({ data }, i) => datas[i]?.equals(data))).toBe(true);
    },
  );

  it.each([
    "1769331600.123",
    "1769331600",
    "0.5",
    "0",
    "1.769331600123E9",
    "1769331600.1236",
    "1769331600.",
    "-1.5",
    "17",
  ])("reads %s as the time of an arrival, whatever stands behind it", (arrived) => {
    for (const rest of ["}]", ',"PartitionKey":"9"}]', " }]"]) {
      const text = `{"Records":[{"SequenceNumber":"1","Data":"","ApproximateArrivalTimestamp":${arrived}${rest}}`;
      expect(parseGetRecords(Buffer.from(text)).records.at(0)?.arrivedAt).toBe(
        Math.round(Number(arrived) * 1000),
      );
    }
  });

  it("reads as many records as Kinesis gives at once", () => {
    const Records = Array.from({ length: 10_000 }, (_, i) => ({
      SequenceNumber: String(i),
      Data: "",
      at: i,
    }));
    const body = JSON.stringify({ Records }).replaceAll('"at"', '"ApproximateArrivalTimestamp"');
    const read = allOf(parseGetRecords(Buffer.from(body)).records);
    expect(read.every((one, i) => one.sequenceNumber === String(i) && one.arrivedAt === i * 1000)).toBe(true);
    expect(read.length).toBe(10_000);
  });

  it("reads escaped slashes, and a field that is missing or in another record is refused", () => {
    const escaped =
      '{"Records":[{"SequenceNumber":"1","Data":"\\/\\/\\/\\/","ApproximateArrivalTimestamp":1}]}';
    expect([...(parseGetRecords(Buffer.from(escaped)).records.at(0)?.data ?? [])]).toEqual([255, 255, 255]);
    const moved = '{"Records":[{"SequenceNumber":"1","SequenceNumber":"2","Data":"e30="},{"Data":"e30="}]}';
    expect(() => parseGetRecords(Buffer.from(moved))).toThrow("without SequenceNumber");
  });

  it("refuses any other answer by name, and throws nothing else", () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant('{"Records":[null]}'),
      fc.constant('{"Records":[{"Data":1}]}'),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        try {
          parseGetRecords(Buffer.from(body));
        } catch (error) {
          expect((error as Error).name).toBe("KinesisAnswerError");
        }
      }),
    );
    expect(() => parseGetRecords(Buffer.from("<html>"))).toThrow("GetRecords: the answer is no JSON");
    expect(() => parseGetRecords(Buffer.from('{"Records":[{"Data":""}]}'))).toThrow("without SequenceNumber");
  });
});
