import { afterAll, describe, expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";
import { targets } from "./targets.ts";

const LIMIT_MS = 6_000;
const TIMEOUT_MS = 300_000;
const all = await targets();
afterAll(() => Promise.all(all.map((target) => target.close?.())));

describe.each(all)("$name", (target) => {
  it("reads every seed as it is", async () => {
    for (const seed of target.seeds) await target.read(seed);
  });
  it(
    "reads whatever comes, or says what is wrong",
    async () => {
      expect(await fuzz(target, LIMIT_MS)).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
