import { mkdirSync, mkdtempSync, readdirSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  vi.doUnmock("node:fs");
  vi.doUnmock("node:module");
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

it("keeps the three newest editions", async () => {
  const packages = mkdtempSync(join(tmpdir(), "cali-known-"));
  const cache = join(packages, ".cache/cali");
  for (const day of [1, 2, 3, 4]) {
    const folder = join(cache, `known-errors-${day}`);
    mkdirSync(folder, { recursive: true });
    utimesSync(folder, day * 86_400, day * 86_400);
  }
  mkdirSync(join(cache, "of-another"));
  vi.resetModules();
  vi.doMock("node:module", async (original) => ({
    ...(await original<typeof import("node:module")>()),
    createRequire: () => ({ resolve: () => join(packages, "zod/package.json") }),
  }));
  const { readKnown } = await import("../src/cause/knowledge/product-files.ts");
  expect(readKnown("errors").products.length).toBeGreaterThan(300);
  const kept = readdirSync(cache);
  expect(kept).toHaveLength(4);
  expect(kept).toEqual(expect.arrayContaining(["known-errors-3", "known-errors-4", "of-another"]));
});
