import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { moveAndBack } from "../support/move.ts";
import { startUserAws, USER_SKIPPED } from "../support/user-aws.ts";

it.skipIf(USER_SKIPPED !== "")(
  `an environment moves into a state for each stack, and back, with the real provider${USER_SKIPPED}`,
  { timeout: 40 * 60_000 },
  async () => {
    const region = "ap-northeast-2";
    const team = ["mina", "jun"].map((name) => `arn:aws:iam::123456789012:user/${name}`);
    const folder = mkdtempSync(join(tmpdir(), "cali-adopt-"));
    const aws = await startUserAws(region);
    try {
      const given = { project: "cali", environment: "dev", region, team, values: {} };
      expect(await moveAndBack(folder, given, aws)).toBe(48);
    } finally {
      await aws.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
