import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { idOf } from "../src/cause/knowledge/catalog.ts";
import { readKnowledge, writeKnowledge } from "../src/cause/knowledge/interchange.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { SEED, SeededCatalog, seedIdOf } from "../src/cause/knowledge/seed.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";

const entryOf = (name: string) => {
  const found = SEED.find((one) => one.name === name)?.entry;
  if (!found) throw new Error(name);
  return found;
};
const nameOf = (id: string | undefined) => SEED.find(({ entry }) => entry.id === id)?.name;

describe("the seed", () => {
  it("is at least 60 confirmed errors, each once, with an official document", () => {
    expect(SEED.length).toBeGreaterThanOrEqual(60);
    expect(new Set(SEED.map(({ name }) => name)).size).toBe(SEED.length);
    expect(new Set(SEED.map(({ entry }) => entry.id)).size).toBe(SEED.length);
    for (const { entry } of SEED) {
      expect(entry).toMatchObject({ origin: "seed", state: "confirmed" });
      expect(entry.runbook).toMatch(/^https:\/\//);
    }
  });

  it("is knowledge that a file can hold", () => {
    expect(readKnowledge(writeKnowledge(SEED.map(({ entry }) => entry)), "seed.jsonl")).toHaveLength(
      SEED.length,
    );
  });

  it("finds each entry by its own pattern, whatever stands where it varies", () => {
    for (const { name, entry } of SEED) {
      const error = {
        template: entry.pattern.replaceAll("<*>", "something-Else"),
        errorCode: entry.errorCode,
        level: entry.level ?? ("ERROR" as const),
      };
      expect(nameOf(seedIdOf(error)), name).toBe(name);
    }
  });

  it("finds an entry when the logger puts fields behind the message", () => {
    const { pattern, errorCode } = entryOf("disk-full");
    const template = `${pattern} error_code=DISK_FULL attempt=3`;
    expect(nameOf(seedIdOf({ template, errorCode, level: "ERROR" }))).toBe("disk-full");
    expect(seedIdOf({ template: `${template} or not`, errorCode, level: "ERROR" })).toBeUndefined();
    expect(seedIdOf({ template: "error_code=DISK_FULL", errorCode, level: "ERROR" })).toBeUndefined();
  });

  it("takes no look-alike for the same error: another code, another gravity, another word, a word more", () => {
    const { pattern: template, errorCode } = entryOf("dns-failure");
    expect(nameOf(seedIdOf({ template, errorCode, level: "FATAL" }))).toBe("dns-failure");
    expect(seedIdOf({ template, errorCode: "DNS_SERVFAIL", level: "ERROR" })).toBeUndefined();
    expect(seedIdOf({ template, level: "ERROR" })).toBeUndefined();
    expect(seedIdOf({ template, errorCode, level: "WARN" })).toBeUndefined();
    expect(
      seedIdOf({ template: template.replace("failed", "succeeded"), errorCode, level: "ERROR" }),
    ).toBeUndefined();
    expect(seedIdOf({ template: `${template} again`, errorCode, level: "ERROR" })).toBeUndefined();
  });
});

describe("a knowledge base with the seed", () => {
  it("has what people say of an entry instead of the seed's, and all the others", async () => {
    const base = new ObjectCatalog(new FolderObjectStore(mkdtempSync(join(tmpdir(), "cali-seed-"))));
    const catalog = new SeededCatalog(base);
    const { id, pattern, errorCode } = entryOf("disk-full");
    expect(id).toBe(idOf({ pattern, errorCode }));
    expect(await catalog.get(id)).toEqual(entryOf("disk-full"));
    await catalog.put([{ ...entryOf("disk-full"), state: "rejected" }]);
    expect((await catalog.get(id))?.state).toBe("rejected");
    const all = await catalog.all();
    expect(all).toHaveLength(SEED.length);
    expect(all.filter(({ state }) => state === "rejected").map((one) => one.id)).toEqual([id]);
  });
});
