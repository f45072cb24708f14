import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { HandWritten } from "../support/hand-written.ts";
import { moveAndBack } from "../support/move.ts";
import { startUserAws, USER_SKIPPED } from "../support/user-aws.ts";
import { PROJECTS } from "../support/user-projects.ts";

/** The given environment, and those of other names, keys and values; with how many objects 01-07 have in each. */
const LIVE: HandWritten = {
  ...{ project: "cali", environment: "dev", region: "ap-northeast-2", values: {} },
  team: ["mina", "jun"].map((name) => `arn:aws:iam::123456789012:user/${name}`),
};
const OBJECTS: Readonly<Record<string, number>> = {
  ...{ cali: 48, "acme-logs": 54, shoplogs: 49, "observability-platform": 49, "x1-telemetry": 53 },
};

it
  .skipIf(USER_SKIPPED !== "")
  .concurrent.each([LIVE, ...PROJECTS].map((given) => [given.project, given] as const))(
  `%s moves into a state for each stack, and back, with the real provider${USER_SKIPPED}`,
  { timeout: 90 * 60_000 },
  async (project, given) => {
    const folder = mkdtempSync(join(tmpdir(), "cali-adopt-"));
    const aws = await startUserAws(given.region);
    try {
      expect(await moveAndBack(folder, given, aws)).toBe(OBJECTS[project]);
    } finally {
      await aws.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
