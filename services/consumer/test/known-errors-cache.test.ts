import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  vi.doUnmock("node:fs");
  vi.resetModules();
});

/** Where known errors are looked for while a file ends like this. */
async function placeWith(changed: string, ending: string): Promise<string> {
  let place = "";
  vi.resetModules();
  vi.doMock("node:fs", async (original) => {
    const fs = await original<typeof import("node:fs")>();
    const readFileSync = (path: string) => {
      if (path.endsWith("/errors.json")) place = path;
      if (path.endsWith("/errors.json")) return "{}";
      return fs.readFileSync(path, "utf8") + (path.endsWith(`/${changed}`) ? ending : "");
    };
    return { ...fs, readFileSync };
  });
  const { readKnown } = await import("../src/cause/knowledge/product-files.ts");
  readKnown("errors");
  return place;
}

it.each(["redis.yaml", "readings.ts", "gitleaks.json"])(
  "keeps known errors elsewhere once %s has changed",
  async (file) => {
    const before = await placeWith(file, "");
    expect(before).toContain("known-errors-");
    expect(await placeWith(file, "\n")).not.toBe(before);
    expect(await placeWith(file, "")).toBe(before);
  },
);
