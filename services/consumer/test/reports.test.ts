import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Webhook } from "@cali/slack";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decode } from "../src/decode/decode.ts";
import { daysBefore, pastDate } from "../src/reports/dates.ts";
import { DayStats, type DaySummary } from "../src/reports/day-stats.ts";
import { digestDay } from "../src/reports/digest.ts";
import { digestMessage, qualityMessage } from "../src/reports/messages.ts";
import { postOnce } from "../src/reports/post-once.ts";
import { checkDay, judge } from "../src/reports/quality.ts";
import { ObjectStoreError } from "../src/state/objects/errors.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";
import { archive, at, DATE, errors, line } from "./support/archive.ts";
import { logRecord } from "./support/records.ts";
import { SlackServer } from "./support/slack-server.ts";

let folder: string;
let objects: FolderObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-reports-"));
  objects = new FolderObjectStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("consumer quality", () => {
  it("counts volume, schema, services and lateness of a day", async () => {
    await archive(objects, [
      line(),
      line({ service: "cart", timestamp: at(90) }),
      '{"level":"LOUD"',
      "\u0001\u0002",
    ]);
    const { summary, checks } = await checkDay(objects, DATE);
    expect(summary).toMatchObject({
      records: 4,
      invalid: 2,
      otherDay: 0,
      duplicates: 0,
      duplicatesExact: true,
    });
    expect(summary.perHour[0]).toBe(1);
    expect(summary.perHour[1]).toBe(1);
    expect(Object.keys(summary.perService)).toEqual(["cart", "checkout"]);
    expect(checks.find(({ name }) => name === "schema")).toMatchObject({ verdict: "fail" });
  });

  it("reads objects that were joined without a line's end, as Firehose leaves them", async () => {
    await archive(objects, [line({ trace_id: "a" }), line({ trace_id: "b" }), line({ trace_id: "c" })], {
      separator: "",
    });
    expect((await checkDay(objects, DATE)).summary).toMatchObject({ records: 3, invalid: 0 });
  });

  it.each(["\n", ""])("takes braces in a message for what they are, joined by %j", async (separator) => {
    const texts = Array.from({ length: 3_000 }, (_, i) =>
      line({ message: `set {a}{b} "{" \\ of ${i} }{`, trace_id: `t${i}` }),
    );
    await archive(objects, texts, { separator });
    expect((await checkDay(objects, DATE)).summary).toMatchObject({ records: 3_000, invalid: 0 });
  });

  it("finds the next line after a broken one", async () => {
    await archive(objects, ['{"level":"ERR', line(), '{"a":{', line({ trace_id: "b" })]);
    expect((await checkDay(objects, DATE)).summary).toMatchObject({ records: 4, invalid: 2 });
  });

  it("does not take objects that cannot be had for a quiet day", async () => {
    await archive(objects, [line()]);
    const denied = {
      put: objects.put.bind(objects),
      get: objects.get.bind(objects),
      list: objects.list.bind(objects),
      delete: objects.delete.bind(objects),
      // biome-ignore lint/correctness/useYield: it fails before it could.
      async *read(): AsyncGenerator<Uint8Array> {
        throw new ObjectStoreError("denied", "no permission");
      },
    };
    await expect(checkDay(denied, DATE)).rejects.toThrow("no permission");
    expect(await objects.get(`reports/quality/dt=${DATE}.json`)).toBeUndefined();
  });

  it("fails on an empty day", async () => {
    expect(await checkDay(objects, DATE)).toMatchObject({
      verdict: "fail",
      checks: [{ name: "volume", text: "no records" }, {}, {}, {}, {}, {}],
    });
  });

  it("reads what comes before the damage of an object, and fails", async () => {
    const whole = gzipSync(
      Array.from({ length: 3_000 }, (_, i) => line({ trace_id: `t${i * 7_919}` })).join("\n"),
    );
    await objects.put(`raw/dt=${DATE}/cut.gz`, whole.subarray(0, whole.length - 200));
    await objects.put(`raw/dt=${DATE}/other.gz`, gzipSync(line()));
    const { summary, verdict } = await checkDay(objects, DATE);
    expect(summary.brokenObjects).toEqual([`raw/dt=${DATE}/cut.gz`]);
    expect(summary.records).toBeGreaterThan(1_000);
    expect(verdict).toBe("fail");
  });

  it("takes a broken line of many megabytes for invalid, and goes on", async () => {
    await archive(objects, [`{"a":"${"x".repeat(9 * 1024 * 1024)}`, line()]);
    const { summary } = await checkDay(objects, DATE);
    expect(summary.perService).toHaveProperty("checkout");
    expect(summary.invalid).toBeGreaterThanOrEqual(1);
  });

  it("compares with the week before", async () => {
    for (let back = 1; back <= 3; back++) {
      const date = daysBefore(DATE, back);
      await archive(
        objects,
        Array.from({ length: 100 }, (_, i) =>
          line({ service: i % 2 ? "cart" : "checkout", timestamp: at(i, date), trace_id: `${date}${i}` }),
        ),
        { date },
      );
      await checkDay(objects, date);
    }
    await archive(
      objects,
      Array.from({ length: 40 }, (_, i) => line({ timestamp: at(i), trace_id: `${i}` })),
    );
    const { checks, comparedDays } = await checkDay(objects, DATE);
    expect(comparedDays).toBe(3);
    expect(checks).toEqual(
      expect.arrayContaining([
        { name: "volume", verdict: "fail", text: "40 records, 40.0 % of the usual 100" },
        { name: "gaps", verdict: "fail", text: expect.stringContaining("cart has no records") },
      ]),
    );
  });

  it("finds gaps of a service that speaks all day, late records and repeats", async () => {
    const minutes = Array.from({ length: 1_440 }, (_, i) => i).filter(
      (minute) => minute < 600 || minute >= 620,
    );
    await archive(
      objects,
      minutes.map((minute) => line({ timestamp: at(minute), trace_id: `t${minute}` })),
    );
    await archive(
      objects,
      [
        line({ timestamp: at(1), trace_id: "t1" }),
        line({ timestamp: at(5, daysBefore(DATE, 1)), trace_id: "y" }),
      ],
      { name: "b" },
    );
    const { summary, checks } = await checkDay(objects, DATE);
    expect(summary.perService.checkout?.longestGapMinutes).toBe(20);
    expect(summary).toMatchObject({ otherDay: 1, duplicates: 1 });
    expect(checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: "gaps",
          verdict: "warn",
          text: "checkout was silent for 20 minutes",
        }),
      ]),
    );
  });

  it("finds fields that are empty more often than in the week before", async () => {
    const before = daysBefore(DATE, 1);
    await archive(
      objects,
      Array.from({ length: 100 }, (_, i) => line({ timestamp: at(i, before), trace_id: `t${i}` })),
      { date: before },
    );
    await checkDay(objects, before);
    await archive(
      objects,
      Array.from({ length: 90 }, (_, i) => line({ trace_id: `t${i}` })).concat(
        Array.from({ length: 10 }, (_, i) =>
          JSON.stringify({ ...logRecord(), pod_name: i % 2 ? null : " ", trace_id: `u${i}` }),
        ),
      ),
    );
    const { checks } = await checkDay(objects, DATE);
    expect(checks.filter(({ name }) => name === "empty fields")).toEqual([
      {
        name: "empty fields",
        verdict: "warn",
        text: "pod_name is empty in 10.0 % of the records, before in 0.0 %",
      },
    ]);
  });

  it("comes to the same in whatever order the records are", () => {
    const records = fc.array(
      fc.record({
        service: fc.constantFrom("a", "b", "c"),
        minute: fc.integer({ min: -60, max: 1_500 }),
        level: fc.constantFrom("INFO", "ERROR", "LOUD"),
        trace_id: fc.constantFrom("", "x", "y"),
      }),
      { maxLength: 40 },
    );
    const summaryOf = (texts: readonly string[]): DaySummary => {
      const stats = new DayStats(DATE);
      for (const text of texts) {
        for (const payload of decode(Buffer.from(text)))
          stats.add({ payload, place: 0, archivedAt: Date.parse(at(1_440)) });
      }
      return stats.summary();
    };
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (list, order) => {
        const texts = list.map(({ minute, ...over }) =>
          JSON.stringify({ ...logRecord({ timestamp: at(minute) }), ...over }),
        );
        const shuffled = [...texts]
          .map((text) => ({ text, key: order.next().value }))
          .sort((a, b) => (a.key ?? 0) - (b.key ?? 0));
        expect(summaryOf(shuffled.map(({ text }) => text))).toEqual(summaryOf(texts));
      }),
    );
  });

  it("judges nothing of an even day", () => {
    const stats = new DayStats(DATE);
    for (let minute = 0; minute < 1_440; minute++) {
      const text = line({ timestamp: at(minute), trace_id: `${minute}` });
      for (const payload of decode(Buffer.from(text)))
        stats.add({ payload, place: 0, archivedAt: Date.parse(at(minute)) });
    }
    expect(judge(stats.summary(), []).filter(({ verdict }) => verdict !== "ok")).toEqual([]);
  });
});

describe("postOnce", () => {
  const slack = new SlackServer();
  let webhook: Webhook;
  let url: string;
  beforeEach(async () => {
    url = await slack.listen();
    webhook = new Webhook({ url });
  });
  afterEach(async () => {
    slack.status = 200;
    await slack.close();
  });

  const post = async (force = false) =>
    postOnce({
      objects,
      webhook,
      report: "digest",
      date: DATE,
      message: digestMessage(await digestDay(objects, DATE)),
      force,
    });

  it("posts the same once, another result again, and all of it when forced", async () => {
    slack.posts.length = 0;
    await archive(
      objects,
      errors(3, (i) => `disk of node ${i} is full`),
    );
    expect([await post(), await post(), await post(true)]).toEqual([true, false, true]);
    await archive(
      objects,
      errors(4, (i) => `user ${i} is locked`),
      { name: "late" },
    );
    expect([await post(), await post()]).toEqual([true, false]);
    expect(slack.posts).toHaveLength(3);
  });

  it("marks nothing that Slack didn't take, so that the next run posts", async () => {
    slack.status = 500;
    const failure = await post().catch((error: unknown) => error);
    expect(String(failure)).toContain("Slack answered 500");
    expect(String(failure)).not.toContain(url);
    slack.status = 200;
    expect(await post()).toBe(true);
  });

  it("posts again after a crash between the post and its mark", async () => {
    expect(await post()).toBe(true);
    await objects.delete(`reports/digest/dt=${DATE}.posted`);
    expect(await post()).toBe(true);
  });
});

describe("messages", () => {
  it("stay within Slack's limits whatever the logs held", async () => {
    const hostile = "<!channel> `x` & ".repeat(40);
    await archive(objects, [
      ...Array.from({ length: 40 }, (_, i) =>
        line({
          level: "ERROR",
          service: "checkout",
          message: `${String.fromCharCode(97 + (i % 26)).repeat(i + 3)} ${hostile}`,
          timestamp: at(i),
        }),
      ),
      ...Array.from({ length: 30 }, (_, i) => `{"level":${JSON.stringify(hostile + "x".repeat(i))}}`),
    ]);
    for (const message of [
      digestMessage(await digestDay(objects, DATE)),
      qualityMessage(await checkDay(objects, DATE)),
    ]) {
      const text = JSON.stringify(message);
      expect(message.blocks.length).toBeLessThanOrEqual(50);
      expect(text.length).toBeLessThan(20_000);
      expect(text).not.toContain("<!channel>");
      for (const block of message.blocks) expect(JSON.stringify(block).length).toBeLessThan(3_100);
    }
  });
});

it.each(["2026-1-5", "26-01-05", "2026-13-01", "yesterday", ""])("pastDate refuses %j", (text) => {
  expect(() => pastDate(text)).toThrow("allowed");
});
