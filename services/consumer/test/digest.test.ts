import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderObjectStore } from "../src/objects/folder.ts";
import { daysBefore } from "../src/reports/dates.ts";
import { digestDay } from "../src/reports/digest.ts";
import { logRecord } from "./support/records.ts";

const DATE = "2026-01-25";

let folder: string;
let objects: FolderObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-reports-"));
  objects = new FolderObjectStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (minute: number, date = DATE) =>
  new Date(Date.parse(`${date}T00:00:00Z`) + minute * 60_000).toISOString();

/** Archives texts as Firehose does: one after the other, packed. */
const archive = (texts: readonly string[], { date = DATE, name = "a", separator = "\n" } = {}) =>
  objects.put(`raw/dt=${date}/${name}.gz`, gzipSync(texts.join(separator)));

const line = (over: Parameters<typeof logRecord>[0] = {}) =>
  JSON.stringify(logRecord({ timestamp: at(5), ...over }));

const errors = (count: number, message: (i: number) => string, over: Parameters<typeof logRecord>[0] = {}) =>
  Array.from({ length: count }, (_, i) =>
    line({ level: "ERROR", message: message(i), timestamp: at(i % 1_440), ...over }),
  );

describe("consumer digest", () => {
  it("sums up errors by service, level and template, and ignores the rest", async () => {
    await archive([
      line({ level: "INFO" }),
      ...errors(7, (i) => `disk of node ${i} is full`),
      ...errors(2, (i) => `user ${i} is locked`, { service: "auth", level: "WARN" }),
    ]);
    const { digest } = await digestDay(objects, DATE);
    expect(digest).toMatchObject({
      lines: 9,
      byLevel: { ERROR: 7, WARN: 2 },
      byService: { checkout: 7, auth: 2 },
    });
    expect(digest.templates.map(({ template, count }) => [template, count])).toEqual([
      ["disk of node <NUM> is full", 7],
      ["user <NUM> is locked", 2],
    ]);
  });

  it("tells what changed since the day before, and what is new", async () => {
    const before = daysBefore(DATE, 1);
    await archive(
      errors(20, (i) => `disk of node ${i} is full`),
      { date: before },
    );
    await archive(
      errors(6, (i) => `memory of node ${i} is full`, { service: "cart" }),
      { date: before, name: "b" },
    );
    await digestDay(objects, before);
    await archive(errors(50, (i) => `disk of node ${i} is full`));
    await objects.put(
      `new_errors/dt=${DATE}/0123456789abcdef.json`,
      Buffer.from(
        JSON.stringify({
          fingerprint: "0123456789abcdef",
          service: "cart",
          level: "ERROR",
          template: "mail to kim@example.com failed",
          samples: [],
          count: 1,
          firstSeen: at(1),
        }),
      ),
    );
    const { movers, newTemplates, hasDayBefore } = await digestDay(objects, DATE);
    expect(hasDayBefore).toBe(true);
    expect(movers.map(({ entry, before: count }) => [entry.template, count, entry.count])).toEqual([
      ["disk of node <NUM> is full", 20, 50],
      ["memory of node <NUM> is full", 6, 0],
    ]);
    expect(newTemplates).toEqual(["cart: mail to <email> failed"]);
  });

  it("says when there is nothing", async () => {
    expect((await digestDay(objects, DATE)).digest).toMatchObject({ lines: 0, templates: [] });
  });
});
