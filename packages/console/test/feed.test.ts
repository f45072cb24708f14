import type { LogRecord } from "@cali/log-record";
import { afterEach, expect, it, vi } from "vitest";
import { Feed } from "../src/feed.ts";
import type { AlertShown, Frame } from "../src/protocol.ts";

const record = (text: string, rest: Partial<LogRecord> = {}) =>
  ({
    ...{ timestamp: "2026-01-01T00:00:00.000Z", level: "INFO", service: "shop" },
    ...{ message: text, log_content: text, ...rest },
  }) as LogRecord;

afterEach(() => vi.useRealTimers());

function open(isWatched = true) {
  const frames: Frame[] = [];
  const templates = new Map<string, string>();
  const feed = new Feed({
    console: { isWatched, tell: (frame) => frames.push(frame) },
    redact: (text) => text.replaceAll("hunter2", "<password>"),
    templateOf: (fingerprint) => templates.get(fingerprint),
    gauges: () => ({ lagMs: 5, templates: 1, troubles: ["slack: hunter2 is refused"] }),
    now: () => Date.now(),
    onFailure: (error) => {
      throw error;
    },
  });
  const flushed = () => {
    feed.flush();
    return frames.at(-1) as Frame;
  };
  return { feed, flushed, templates, frames };
}

it("tells what each second brought when it is over, and an alert within a quarter of a second", async () => {
  vi.useFakeTimers({ now: 10_300 });
  const { feed, frames } = open();
  feed.start();
  const told = () => frames.map(({ at, alerts }) => [at, alerts.length]);
  await vi.advanceTimersByTimeAsync(1_800);
  expect(told()).toEqual([
    [11_020, 0],
    [12_020, 0],
  ]);
  for (const id of ["a", "b"]) feed.alert({ id } as AlertShown);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told().slice(2)).toEqual([
    [12_350, 2],
    [13_020, 0],
  ]);
  feed.alert({ id: "c" } as AlertShown);
  feed.stop();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(frames).toHaveLength(4);
});

it("tells lines every two seconds, those of both", async () => {
  vi.useFakeTimers({ now: 10_300 });
  const { feed, frames } = open();
  feed.start();
  for (let second = 1; second <= 5; second++) {
    feed.line(record(`line ${second}`));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  feed.stop();
  expect(frames.map(({ lines, counts }) => [lines.map(({ text }) => text), counts.length])).toEqual([
    [["line 1"], 1],
    [[], 1],
    [["line 2", "line 3"], 1],
    [[], 1],
    [["line 4", "line 5"], 1],
  ]);
});

it("takes out secrets and what nobody sees, and cuts what is long, in every text", () => {
  const { feed, flushed, templates } = open();
  templates.set("f", "login hunter2 failed");
  const hostile = `hunter2 <script>alert(1)</script>\u202e\u200b ${"x".repeat(1_000_000)}`;
  feed.line(record(hostile, { level: "ERROR" }));
  feed.grouped(record(""), "f", true);
  feed.refused({ arrivedAt: 1, reason: "no record: hunter2", bytes: Buffer.from(hostile) });
  const frame = flushed();
  const text = JSON.stringify(frame);
  expect(text).not.toContain("hunter2");
  expect(text).not.toMatch(/[\u200b\u202e]/);
  expect(text.length).toBeLessThan(4_000);
  expect(frame.lines[0]?.text).toMatch(/^<password> <script>alert\(1\)<\/script> x+…$/);
  expect(frame.templateUpdates[0]?.text).toBe("login <password> failed");
  expect(frame.troubles).toEqual(["slack: <password> is refused"]);
  expect(frame.deadLetters[0]).toMatchObject({ reason: "no record: <password>", bytes: hostile.length + 4 });
});

it("writes bytes that are no text as what they are", () => {
  const { feed, flushed } = open();
  const bytes = Uint8Array.from([0xff, 0x00, 0x41, 0xc3]);
  feed.refused({ arrivedAt: 1, reason: "r", bytes });
  feed.refused({ arrivedAt: 1, reason: "r", bytes: Buffer.from("값\u0007é") });
  expect(flushed().deadLetters.map(({ text }) => text)).toEqual(["\\xff\\x00A\\xc3", "값\\x07é"]);
});

it("counts every line, and shows some: those with trouble are not crowded out", () => {
  const { feed, flushed } = open();
  for (let n = 0; n < 2_500; n++) feed.line(record(`line ${n}`));
  feed.line(record("it failed", { level: "ERROR" }));
  const frame = flushed();
  expect(frame.counts).toEqual([
    ["shop", "INFO", 2_500],
    ["shop", "ERROR", 1],
  ]);
  expect(frame.lines.length).toBeLessThanOrEqual(50);
  expect(frame.lines.map(({ text }) => text)).toContain("it failed");
  expect(flushed()).toMatchObject({ counts: [], lines: [] });
});

it("looks at no line while nobody looks on", () => {
  const { feed, flushed } = open(false);
  feed.line(record("secret"));
  expect(flushed()).toMatchObject({ counts: [["shop", "INFO", 1]], lines: [] });
});

it("tells a template's text when it is another one", () => {
  const { feed, flushed, templates } = open();
  const seen = () => {
    feed.grouped(record("", { level: "WARN" }), "f", false);
    return flushed().templateUpdates;
  };
  templates.set("f", "order 1 failed");
  expect(seen()).toMatchObject([{ fingerprint: "f", lines: 1, text: "order 1 failed" }]);
  expect(seen()[0]).not.toHaveProperty("text");
  templates.set("f", "order <*> failed");
  expect(seen()).toMatchObject([{ text: "order <*> failed" }]);
});

it("keeps its queues bounded", () => {
  const { feed, flushed } = open();
  for (let n = 0; n < 5_000; n++) {
    feed.line(record("x", { service: `s${n}` }));
    feed.grouped(record("x"), `f${n}`, true);
    feed.refused({ arrivedAt: n, reason: "r", bytes: Buffer.from("x") });
  }
  const frame = flushed();
  expect(frame.counts.length).toBeLessThanOrEqual(201);
  expect(frame.counts.reduce((sum, [, , lines]) => sum + lines, 0)).toBe(5_000);
  expect(frame.templateUpdates.length).toBeLessThanOrEqual(100);
  expect(frame.deadLetters.length).toBeLessThanOrEqual(10);
  expect(frame.refused).toBe(5_000);
});
