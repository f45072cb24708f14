import { expect, it } from "vitest";
import { deployWithKills, randomOf } from "../support/kills.ts";
import { AWS_PROVIDER, SKIPPED } from "../support/real-aws.ts";

const SEED = Number(process.env.CALI_SEED) || Math.trunc(Math.random() * 2 ** 31);

it.skipIf(!AWS_PROVIDER)(
  `a deployment that is killed goes on, with the real provider (CALI_SEED=${SEED})${SKIPPED}`,
  { timeout: 30 * 60_000 },
  async () => {
    expect(await deployWithKills("shared", 1, randomOf(SEED))).toHaveLength(1);
  },
);
