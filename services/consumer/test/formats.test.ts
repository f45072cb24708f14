import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type LogRecord, MAX_MESSAGE_LENGTH, validateRecord } from "@cali/log-record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, MAX_PAYLOADS } from "../src/decode/decode.ts";

const ARRIVAL = Date.parse("2026-01-25T05:00:00Z");

interface Case {
  name: string;
  text: string;
  expected: Partial<LogRecord> & { records?: number; stack?: true; note?: string };
}
const FIXTURES = new URL("../../../packages/log-record/test/fixtures/", import.meta.url);
const casesIn = (file: string) =>
  readFileSync(new URL(file, FIXTURES), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Case);
const cases = casesIn("records.jsonl");
/** Samples of the formats' own documentation, each with its source. */
const corpus = casesIn("corpus.jsonl");
/** Lines made up in the shape that each product documents. */
const products = casesIn("products.jsonl");
/** The same of clouds, meshes, devices and loggers, in the envelopes they come in. */
const clouds = casesIn("clouds.jsonl");

/** Shapes for which other pipelines' tests have expected answers: lines made up anew. */
const pipelines = casesIn("pipelines.jsonl");

/** What loggers print with their own formatters, as they were run, with other words. */
const libraries = casesIn("libraries.jsonl");
const all = [...cases, ...corpus, ...products, ...clouds, ...pipelines, ...libraries];

const recordsOf = (data: Uint8Array) =>
  decode(data, { arrival: ARRIVAL }).flatMap((payload) => (payload.ok ? [payload.record] : []));

describe("what may arrive as one Kinesis record", () => {
  it.each(all)("$name", ({ text, expected }) => {
    const { records, stack, note: _, ...fields } = expected;
    const found = recordsOf(Buffer.from(text));
    if (records !== undefined) expect(found).toHaveLength(records);
    expect(found[0]).toMatchObject(fields);
    if (stack) expect(found[0]?.log_content).toContain("\n");
    for (const record of found) expect(validateRecord(record)).toEqual({ ok: true, record });
    // The same, compressed.
    expect(recordsOf(gzipSync(text))).toEqual(found);
  });

  it("a bad line costs no other, wherever it is", () => {
    const { text } = cases.find(({ name }) => name.startsWith("one bad line")) as Case;
    expect(recordsOf(Buffer.from(text)).map(({ message }) => message)).toEqual(["a", "b"]);
  });
});

describe("a time without a year", () => {
  const at = (text: string, arrival: string) =>
    decode(Buffer.from(text), { arrival: Date.parse(arrival) }).map((one) => one.ok && one.record.timestamp);

  it.each([
    ["<11>Jan 25 01:02:03 web-1 nginx[1]: x", "2026-11-28T00:00:00Z", "2026-01-25T01:02:03.000Z"],
    ["E0125 01:02:03.456789       1 a.go:1] x", "2026-11-28T00:00:00Z", "2026-01-25T01:02:03.456Z"],
    ["<11>Dec 31 23:59:59 web-1 nginx[1]: x", "2027-01-01T00:00:01Z", "2026-12-31T23:59:59.000Z"],
    ["<11>Jan  1 00:00:01 web-1 nginx[1]: x", "2026-12-31T23:59:59Z", "2027-01-01T00:00:01.000Z"],
  ])("%j, arrived %s, is the last one that is not to come", (text, arrival, expected) => {
    expect(at(text, arrival)).toEqual([expected]);
  });
});

it("coloured text of Rust's tracing is no syslog, though time, word and colon stand as there", () => {
  const text =
    "\u001b[2m2026-01-25T01:02:03.456789Z\u001b[0m \u001b[31mERROR\u001b[0m \u001b[2mcart::db\u001b[0m\u001b[2m:\u001b[0m lost";
  expect(recordsOf(Buffer.from(text))).toMatchObject([
    { level: "ERROR", message: "lost", service: "unknown" },
  ]);
});

it("loguru's serialized records have level and time one step deeper", () => {
  const record = { level: { name: "WARNING", no: 30 }, message: "x", time: { timestamp: 1769302923.456 } };
  const text = JSON.stringify({ text: "x\n", record });
  expect(recordsOf(Buffer.from(text))).toMatchObject([
    { level: "WARN", timestamp: "2026-01-25T01:02:03.456Z", message: "x" },
  ]);
});

const word = fc.constantFrom(
  '{"level":"ERROR","message":"a"}',
  '{"log":"ERROR a","stream":"stderr"}',
  '{"a":',
  "[{",
  "}]",
  "\n",
  "\n\tat a.b(C.java:1)",
  "Traceback (most recent call last):",
  "panic: ",
  "<34>1 2026-01-25T01:02:03Z h a 1 - - ",
  "2026-01-25T01:02:03.456Z stdout F ",
  "level=error msg=",
  '"',
  "\u001b[31m",
  "\0",
  "\ud800",
  "결제",
  "2026-01-25 01:02:03,456 ",
  "ERROR",
  ": ",
);
const text = fc
  .array(fc.oneof({ weight: 3, arbitrary: word }, fc.string({ unit: "binary", maxLength: 8 })), {
    maxLength: 20,
  })
  .map((parts) => parts.join(""));
const json = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(
    fc.constantFrom(
      "level",
      "time",
      "timestamp",
      "message",
      "msg",
      "log",
      "err",
      "stack",
      "service",
      "trace_id",
      "kubernetes",
      "status",
      "@t",
      "body",
      "resourceLogs",
      "logEvents",
      "logGroup",
      "MESSAGE",
      "PRIORITY",
      "exception",
      "context",
      "jsonPayload",
      "records",
    ),
    fc.jsonValue(),
  ),
);

describe("whatever the bytes are", () => {
  const isRead = (data: Uint8Array) => {
    const payloads = decode(data, { arrival: ARRIVAL });
    expect(payloads.length).toBeGreaterThan(0);
    expect(payloads.length).toBeLessThanOrEqual(MAX_PAYLOADS + 1);
    for (const payload of payloads) {
      if (payload.ok) expect(validateRecord(payload.record)).toEqual({ ok: true, record: payload.record });
      else expect(payload.reason).not.toBe("");
    }
    expect(decode(data, { arrival: ARRIVAL })).toEqual(payloads);
  };

  it("each payload is a valid record or has a reason, and the same bytes come to the same", () => {
    fc.assert(
      fc.property(text, (one) => isRead(Buffer.from(one))),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), isRead), { numRuns: 200 });
    fc.assert(
      fc.property(json, (one) => {
        isRead(Buffer.from(JSON.stringify(one)));
        // A JSON object is never refused.
        if (typeof one === "object" && one !== null && !Array.isArray(one)) {
          const payloads = decode(Buffer.from(JSON.stringify(one)), { arrival: ARRIVAL });
          expect(payloads.filter(({ ok }) => !ok)).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("depth, length and repetition cost neither the stack nor the clock", () => {
    const size = 200_000;
    const hostile = [
      `${'{"a":'.repeat(size / 5)}1${"}".repeat(size / 5)}`,
      '{"'.repeat(size / 2),
      '{"a":\n'.repeat(size / 6),
      "{}".repeat(size / 2),
      "[".repeat(size),
      `x\n${"\tat x\n".repeat(size / 6)}`,
      `2026-01-25T01:02:03Z ERROR ${"a::".repeat(size / 3)}`,
      `a=b level="${'\\"'.repeat(size / 2)}`,
      "a.B.".repeat(size / 4),
      " ".repeat(size),
      `x${"\n".repeat(size)}x`,
      "\u001b[".repeat(size / 2),
      `Traceback (most recent call last):\n${"  File x\nKeyError: x\n".repeat(size / 20)}`,
      `2026-01-25T01:02:03.456Z  warn  ${" ".repeat(size)}x`,
      `2026-01-25T01:02:03.456Z  warn  ${".  {".repeat(size / 4)}x`,
      `2026-01-25T01:02:03.456Z D T ${" ".repeat(size)}\u2028`,
    ];
    // Any of them in squares of its length would take minutes.
    for (const one of hostile)
      expect(decode(Buffer.from(one), { arrival: ARRIVAL }).length).toBeGreaterThan(0);
  });

  it("what is longer than a record holds is cut and marked", () => {
    const [record] = recordsOf(Buffer.from(JSON.stringify({ level: "fatal", msg: "x".repeat(300_000) })));
    expect(record).toMatchObject({ level: "FATAL", truncated: true });
    expect(record?.message).toHaveLength(MAX_MESSAGE_LENGTH);
    expect(record?.log_content).toHaveLength(262_144);
  });
});

describe("consumer decode", () => {
  const MAIN = new URL("../src/main.ts", import.meta.url).pathname;
  const input = '{"level":"error","msg":"boom","service":"shop"}\n{"a":\nplain\n';
  const decodeCommand = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, "decode", ...args], { input, encoding: "utf8", env: {} });

  it("writes a JSON line for each payload and nothing else, and ends with 0 although one is refused", () => {
    const { status, stdout } = decodeCommand("--json");
    expect(status).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { ok: true, format: "json", record: { level: "ERROR", service: "shop", message: "boom" } },
      { ok: false, reason: expect.stringContaining("JSON: ") },
      { ok: true, format: "text", record: { level: "INFO", message: "plain" } },
    ]);
  });

  it("is readable without --json, and refuses a zone that there isn't", () => {
    expect(decodeCommand("--time-zone", "Asia/Seoul").stdout).toMatch(
      /ERROR shop \(json\): "boom"\nrefused: .*\n.*plain/,
    );
    expect(decodeCommand("--time-zone", "Mars/Base")).toMatchObject({ status: 1, stdout: "" });
  });
});
