import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readKnowledge, writeKnowledge } from "../src/cause/knowledge/interchange.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { SeededCatalog, seed, seedIdOf } from "../src/cause/knowledge/seed.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";

/** What an earlier program wrote, and the ids that its entries had. */
const EARLIER = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/earlier-knowledge.json"), "utf8"),
) as { seed: Record<string, string> };
const entryOf = (name: string) => {
  const found = seed().find((one) => one.name === name)?.entry;
  if (!found) throw new Error(name);
  return found;
};
const nameOf = (id: string | undefined) => seed().find(({ entry }) => entry.id === id)?.name;

describe("the seed", () => {
  it("is confirmed errors, each once, under the ids that they have had", () => {
    for (const [name, id] of Object.entries(EARLIER.seed)) expect(entryOf(name).id, name).toBe(id);
    expect(new Set(seed().map(({ entry }) => entry.id)).size).toBe(seed().length);
    for (const { entry } of seed()) {
      expect(entry).toMatchObject({ origin: "seed", state: "confirmed" });
    }
  });

  it("is knowledge that a file can hold", () => {
    expect(readKnowledge(writeKnowledge(seed().map(({ entry }) => entry)), "seed.jsonl")).toHaveLength(
      seed().length,
    );
  });

  it("finds each entry by its own pattern, whatever stands where it varies", () => {
    for (const { name, entry, codes, level } of seed().filter(({ name }) => name in EARLIER.seed)) {
      const template = entry.pattern.replaceAll("<*>", "something-Else");
      expect(nameOf(seedIdOf({ template, errorCode: codes?.[0], level: level ?? "ERROR" })), name).toBe(name);
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
    expect(nameOf(seedIdOf({ template, level: "ERROR" }))).toBe("dns-failure");
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
    const { id } = entryOf("disk-full");
    expect(await catalog.get(id)).toEqual(entryOf("disk-full"));
    await catalog.put([{ ...entryOf("disk-full"), state: "rejected" }]);
    expect((await catalog.get(id))?.state).toBe("rejected");
    const all = await catalog.all();
    expect(all).toHaveLength(seed().length);
    expect(all.filter(({ state }) => state === "rejected").map((one) => one.id)).toEqual([id]);
  });
});
