import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Payload } from "../src/decode/collector.ts";
import { decode, decodeRecord, MAX_PAYLOADS } from "../src/decode/decode.ts";
import { parseGetRecords } from "../src/read/get-records.ts";
import type { StreamRecord } from "../src/read/records.ts";
import { aggregate } from "./support/workload.ts";

/** Objects with a message to know them by. */
const object = fc.record({
  message: fc.nat().map((number) => `message ${number}`),
  more: fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== "__proto__"),
    fc.jsonValue(),
  ),
});
const encodings = fc.constantFrom("plain", "gzip", "aggregate");

const messages = (data: Uint8Array) =>
  decode(data, { arrival: 0 }).map((payload) =>
    payload.ok ? payload.record.message : new Error(payload.reason),
  );

describe("decode", () => {
  it("split after join is the identity, for every way of joining", () => {
    fc.assert(
      fc.property(
        fc.array(object, { minLength: 1, maxLength: 8 }),
        fc.constantFrom("", "\n", "\r\n", " ", "\n\n"),
        fc.constantFrom(undefined, 2),
        encodings,
        (objects, separator, indent, encoding) => {
          const texts = objects.map((one) => JSON.stringify(one, null, indent));
          const joined = Buffer.from(texts.join(separator));
          const data =
            encoding === "gzip"
              ? gzipSync(joined)
              : encoding === "aggregate"
                ? aggregate([joined, gzipSync(joined)])
                : joined;
          const expected = objects.map(({ message }) => message);
          expect(messages(data)).toEqual(encoding === "aggregate" ? [...expected, ...expected] : expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("never throws, never returns nothing, and keeps the bytes of what it refuses", () => {
    const magics = fc.constantFrom([], [0x1f, 0x8b], [0x1f, 0x8b, 8, 0], [0xf3, 0x89, 0x9a, 0xc2], [0x7b]);
    fc.assert(
      fc.property(magics, fc.uint8Array({ maxLength: 200 }), (magic, rest) => {
        const data = Buffer.from([...magic, ...rest]);
        const payloads = decode(data);
        expect(payloads.length).toBeGreaterThan(0);
        for (const payload of payloads) {
          if (!payload.ok) expect(payload.reason.length).toBeGreaterThan(0);
        }
        if (payloads.length === 1 && payloads[0]?.ok === false) {
          expect(data.includes(Buffer.from(payloads[0].bytes))).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("reads a record of GetRecords as its bytes alone, and gives them back", () => {
    const own = {
      timestamp: "2026-01-25T09:00:00.000Z",
      level: "INFO",
      service: "주문",
      version: "1.0",
      trace_id: "-",
      message: "m",
      log_content: "m",
      platform: "eks",
      environment: "dev",
      pod_name: "p",
    };
    const ownRecords = fc
      .record({
        message: fc.string({ unit: "binary" }),
        level: fc.constantFrom("INFO", "LOUD"),
        more: fc.jsonValue(),
      })
      .map((some) => JSON.stringify({ ...own, ...some }));
    const damaged = fc.tuple(ownRecords, fc.nat(), fc.nat(255)).map(([text, place, byte]) => {
      const bytes = Buffer.from(text);
      bytes[place % bytes.length] = byte;
      return bytes;
    });
    const datas = fc.oneof(
      ownRecords.map((text) => Buffer.from(text)),
      damaged,
      fc.json().map((text) => Buffer.from(text)),
      fc
        .constantFrom(" ", "\ufeff", "\ufffd", "")
        .map((blank) => Buffer.from(`${blank}${JSON.stringify(own)}`)),
    );
    fc.assert(
      fc.property(datas, (data) => {
        const answer = {
          Records: [{ SequenceNumber: "1", ApproximateArrivalTimestamp: 1, Data: data.toString("base64") }],
        };
        const record = parseGetRecords(Buffer.from(JSON.stringify(answer))).records.at(0);
        const plain = (payloads: Payload[]) =>
          payloads.map((one) => [one.ok ? one.record : one.reason, Buffer.from(one.bytes).toString("hex")]);
        expect(plain(decodeRecord(record as StreamRecord, { arrival: 0 }))).toEqual(
          plain(decode(data, { arrival: 0 })),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("any text without braces loses no byte that is not blank", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        const kept = decode(Buffer.from(text)).map((payload) => Buffer.from(payload.bytes).toString());
        expect(kept.join("").replace(/[\0-\x20]/g, "")).toBe(text.replace(/[\0-\x20]/g, ""));
      }),
    );
  });

  it("one broken line costs no other", () => {
    const data = Buffer.from('{"a":1}\n{"a":2,\n{"a":3}{"a":4}\nrubbish\n\u0001\u0002{{{\n{"a":5}\n');
    const payloads = decode(data);
    expect(payloads.flatMap((p) => (p.ok ? [p.record.message] : []))).toEqual([
      '{"a":1}',
      '{"a":3}',
      '{"a":4}',
      "rubbish",
      '{"a":5}',
    ]);
    expect(payloads.filter((p) => !p.ok).map((p) => Buffer.from(p.bytes).toString())).toEqual([
      '{"a":2,',
      "\u0001\u0002{{{",
    ]);
  });

  const utf16 = (text: string, ...mark: number[]) =>
    Buffer.concat([Buffer.from(mark), Buffer.from(text, "utf16le")]);
  /** "오류: 결제 실패" as a Windows of Korea writes it. */
  const KOREAN = Buffer.from([
    0xbf, 0xc0, 0xb7, 0xf9, 0x3a, 0x20, 0xb0, 0xe1, 0xc1, 0xa6, 0x20, 0xbd, 0xc7, 0xc6, 0xd0,
  ]);

  it.each([
    ["UTF-16 with its mark", utf16("ERROR: 결제\r\nERROR: b\r\n", 0xff, 0xfe), ["결제", "b"]],
    ["UTF-16, big-endian", Buffer.from(utf16("\ufeffERROR: boom")).swap16(), ["boom"]],
    ["UTF-16 without a mark", utf16('{"level":"error","msg":"boom"}'), ["boom"]],
    [
      "Western European",
      Buffer.from("ERROR: délai dépassé pour la commande", "latin1"),
      ["délai dépassé pour la commande"],
    ],
    [
      "Western European JSON",
      Buffer.from('{"level":"error","msg":"commande refusée"}', "latin1"),
      ["commande refusée"],
    ],
    ["Korean", KOREAN, ["결제 실패"]],
  ])("text that is no UTF-8 is read: %s", (_, data, expected) => {
    const payloads = decode(data);
    expect(messages(data)).toEqual(expected);
    for (const one of payloads) expect(one).toMatchObject({ ok: true, record: { level: "ERROR" } });
  });

  it("braces and quotes inside strings do not cut", () => {
    const texts = ['{"a":"}{"}', '{"b":"\\"}{\\\\"}'];
    expect(messages(Buffer.from(texts.join("")))).toEqual(texts);
  });

  it.each([
    ["zero bytes", Buffer.alloc(0), "empty: 0 bytes"],
    ["blanks", Buffer.from(" \n\r\n "), "empty: only blanks"],
    ["not UTF-8", Buffer.from([0xc3, 0x28]), "not UTF-8"],
    ["not UTF-8 inside an object", Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), "not UTF-8"],
    ["an object that never ends", Buffer.from('{"a":{"b":"'), "JSON: "],
    [
      "control characters",
      Buffer.from("\u0001\u0002\u0003 and a word"),
      "not text: 3 control characters of 14",
    ],
    ["a cut gzip", gzipSync('{"a":1}').subarray(0, 15), "gzip: "],
    ["an empty gzip", gzipSync(""), "empty: 0 bytes"],
    ["a gzip inside a gzip", gzipSync(gzipSync("{}")), "not UTF-8"],
    [
      "an aggregate of nothing but its magic number",
      Buffer.from([0xf3, 0x89, 0x9a, 0xc2]),
      "KPL aggregate: ",
    ],
  ])("%s: invalid, with the reason", (_, data, reason) => {
    const payloads = decode(data);
    expect(payloads).toHaveLength(1);
    expect(payloads[0]).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  it("an aggregate with one bit changed is one invalid record with its original bytes", () => {
    const data = aggregate([Buffer.from('{"a":1}'), Buffer.from('{"a":2}')]);
    fc.assert(
      fc.property(fc.integer({ min: 4, max: data.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const broken = Buffer.from(data);
        broken[at] = (broken[at] ?? 0) ^ (1 << bit);
        const payloads = decode(broken);
        expect(payloads).toHaveLength(1);
        expect(payloads[0]).toMatchObject({ ok: false, reason: expect.stringContaining("KPL aggregate") });
        expect(Buffer.from(payloads[0]?.bytes ?? []).equals(broken)).toBe(true);
      }),
    );
  });

  it("a gzip that becomes too big is refused without being unpacked in full", () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 0x20));
    const [payload] = decode(bomb, { maxDecodedBytes: 1024 * 1024 });
    expect(payload).toMatchObject({ ok: false, reason: "gzip: becomes more than 1048576 bytes" });
    expect(payload?.bytes.length).toBe(bomb.length);
    const [first, second] = decode(aggregate([bomb, Buffer.from('{"a":1}')]), {
      maxDecodedBytes: 1024 * 1024,
    });
    expect(first?.ok).toBe(false);
    expect(second).toMatchObject({ ok: true, record: { message: '{"a":1}' } });
  });

  it("1 MiB: one object, and one MiB of opening braces", () => {
    const big = { message: "x".repeat(1024 * 1024 - 20) };
    expect(messages(Buffer.from(JSON.stringify(big)))).toEqual([big.message.slice(0, 16_384)]);
    expect(messages(Buffer.alloc(1024 * 1024, 0x7b))).toEqual(["{".repeat(16_384)]);
  });

  describe("of very many payloads reads the first ones; the rest is one invalid payload that can be sent again", () => {
    const count = MAX_PAYLOADS + 7;
    const objects = Array.from({ length: count }, (_, index) => `{"a":${index}}`);
    it.each([
      ["one after the other", Buffer.from(objects.join(""))],
      ["in lines", Buffer.from(objects.join("\n"))],
      ["in lines, one of them broken", Buffer.from(['{"a', ...objects.slice(1)].join("\n"))],
      ["in one line below a broken one", Buffer.from(`{"a\n${objects.slice(1).join("")}`)],
      ["compressed", gzipSync(objects.join("\n"))],
      ["in an aggregate", aggregate(objects.map((one) => Buffer.from(one)))],
    ])("%s", (_, data) => {
      const payloads = decode(data);
      expect(payloads).toHaveLength(MAX_PAYLOADS + 1);
      expect(payloads.at(-1)).toMatchObject({ ok: false, reason: expect.stringContaining("10000 payloads") });
      const again = decode(payloads.at(-1)?.bytes as Uint8Array);
      expect(again).toMatchObject(objects.slice(-7).map((message) => ({ ok: true, record: { message } })));
    });

    it("16 KB of gzip that become 8 million objects", () => {
      const bomb = gzipSync("{}".repeat(8_000_000));
      const payloads = decode(bomb);
      expect(payloads).toHaveLength(MAX_PAYLOADS + 1);
      expect(payloads.at(-1)?.bytes.length).toBeLessThanOrEqual(bomb.length);
    });
  });
});
