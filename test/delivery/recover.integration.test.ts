import { describe, expect, it } from "vitest";
import { deployWithKills, randomOf } from "../support/kills.ts";
import { AWS_PROVIDER, SKIPPED } from "../support/real-aws.ts";

const SEED = Number(process.env.CALI_SEED) || Math.trunc(Math.random() * 2 ** 31);

describe.skipIf(!AWS_PROVIDER)(`a deployment that is killed${SKIPPED}`, () => {
  it(`goes on with unlock, recover and deploy (CALI_SEED=${SEED})`, { timeout: 45 * 60_000 }, async () => {
    const killed = await deployWithKills("stacks", 1, randomOf(SEED));
    console.log(killed.join("\n"));
    expect(killed.length).toBeGreaterThan(0);
  });
});
