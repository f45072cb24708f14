import { describe, expect, it } from "vitest";
import { deployWithKills, randomOf } from "../support/kills.ts";
import { AWS_PROVIDER, SKIPPED } from "../support/real-aws.ts";

const SEED = Number(process.env.CALI_SEED) || Math.trunc(Math.random() * 2 ** 31);
const KILLS = 20;
/** In one environment: what was recovered is killed, too. */
const AT_ONCE = 5;

describe.skipIf(!AWS_PROVIDER)(`deployments that are killed again and again${SKIPPED}`, () => {
  it(`go on in both layouts (CALI_SEED=${SEED})`, { timeout: 6 * 60 * 60_000 }, async () => {
    const random = randomOf(SEED);
    let killed = 0;
    for (const layout of Array.from({ length: KILLS }, (_, round) =>
      round % 2 ? ("stacks" as const) : ("shared" as const),
    )) {
      if (killed >= KILLS) break;
      const places = await deployWithKills(layout, AT_ONCE, random);
      console.log([`${layout}:`, ...places].join("\n  "));
      killed += places.length;
    }
    expect(killed).toBeGreaterThanOrEqual(KILLS);
  });
});
