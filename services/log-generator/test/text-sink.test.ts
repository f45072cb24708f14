import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { asText } from "../src/generate.ts";
import { TextSink } from "../src/sinks/text.ts";
import { makeLines } from "./support/lines.ts";

const NEVER = new AbortController().signal;
const lines = makeLines({ count: 5_000 });
const OPTIONS = { name: "the test", render: asText, end: true } as const;

describe("the sink of text", () => {
  it("writes every line once, in order", async () => {
    const written: string[] = [];
    const stream = new Writable({
      write(chunk, _, done) {
        written.push(String(chunk));
        setImmediate(done);
      },
    });
    const sink = new TextSink(stream, OPTIONS);
    for (const line of lines) await sink.write(line);
    await sink.close(NEVER);
    expect(written.join("")).toBe(lines.map((line) => `${asText(line)}\n`).join(""));
    expect(written.length).toBeLessThan(100);
    expect(sink.counters).toEqual({ accepted: 5_000, retried: 0, refused: 0, reasons: {} });
    expect(sink.failure).toBeUndefined();
  });

  it("writes a single line soon, without waiting for others", async () => {
    const stream = new PassThrough();
    const sink = new TextSink(stream, OPTIONS);
    const [line] = lines;
    if (line === undefined) throw new Error("no line");
    const arrived = new Promise<string>((resolve) => stream.once("data", (data) => resolve(String(data))));
    sink.write(line);
    expect(await arrived).toBe(`${asText(line)}\n`);
  });

  it("holds back the writer while nobody reads, and refuses what is not written when it is asked to end", async () => {
    const stream = new Writable({ write: () => undefined });
    const sink = new TextSink(stream, { ...OPTIONS, end: false });
    let taken = 0;
    for (const line of lines) {
      taken += 1;
      if (sink.write(line) !== undefined) break;
    }
    expect(taken).toBeLessThan(1_000);
    await sink.close(AbortSignal.timeout(20));
    const reasons = { "the test: not written before the end": taken };
    expect(sink.counters).toEqual({ accepted: 0, retried: 0, refused: taken, reasons });
  });

  it("counts what was written before an error, refuses the rest, and keeps the first error", async () => {
    let writes = 0;
    const stream = new Writable({
      write(_chunk, _, done) {
        writes += 1;
        done(writes === 3 ? new Error("ENOSPC: no space left on device") : undefined);
      },
    });
    const sink = new TextSink(stream, OPTIONS);
    for (const line of lines) await sink.write(line);
    await sink.close(NEVER);
    const { accepted, refused, reasons } = sink.counters;
    expect(accepted).toBeGreaterThan(0);
    expect(accepted + refused).toBe(5_000);
    expect(reasons).toEqual({ "the test: ENOSPC: no space left on device": refused });
    expect(sink.failure?.message).toBe("the test: ENOSPC: no space left on device");
  });

  it("counts a line once when its write ends after it was refused", async () => {
    let finish: (() => void) | undefined;
    const stream = new Writable({
      write(_chunk, _, done) {
        finish = done;
      },
    });
    const sink = new TextSink(stream, { ...OPTIONS, end: false });
    for (const line of lines.slice(0, 10)) sink.write(line);
    await sink.close(AbortSignal.abort());
    finish?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sink.counters).toMatchObject({ accepted: 0, refused: 10 });
  });
});
