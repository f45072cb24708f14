import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { daysBefore } from "../src/reports/dates.ts";
import { digestDay } from "../src/reports/digest.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";
import { archive, at, DATE, errors, line } from "./support/archive.ts";

let folder: string;
let objects: FolderObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-reports-"));
  objects = new FolderObjectStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("consumer digest", () => {
  it("sums up errors by service, level and template, and ignores the rest", async () => {
    await archive(objects, [
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

  it("shows what changed since the day before, and what is new", async () => {
    const before = daysBefore(DATE, 1);
    await archive(
      objects,
      errors(20, (i) => `disk of node ${i} is full`),
      { date: before },
    );
    await archive(
      objects,
      errors(6, (i) => `memory of node ${i} is full`, { service: "cart" }),
      { date: before, name: "b" },
    );
    await digestDay(objects, before);
    await archive(
      objects,
      errors(50, (i) => `disk of node ${i} is full`),
    );
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

  it("finds no change where the same lines came in another order", async () => {
    const before = daysBefore(DATE, 1);
    const users = ["alice", "bob", "carol", "dave"];
    const message = (i: number) => `user ${users[i % 4]} was locked out by the admin`;
    await archive(objects, errors(40, message), { date: before });
    await digestDay(objects, before);
    await archive(objects, errors(40, message).reverse());
    expect((await digestDay(objects, DATE)).movers).toEqual([]);
  });

  it("says when there is nothing", async () => {
    expect((await digestDay(objects, DATE)).digest).toMatchObject({ lines: 0, templates: [] });
  });
});
