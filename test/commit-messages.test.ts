import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const COMMITLINT = join(ROOT, "node_modules/@commitlint/cli/cli.js");
const LONG = `build(deps): bump ${"@aws-sdk/client-s3, ".repeat(4)}and others from 3.1000.0 to 3.1001.0`;

it.each([
  [
    "takes Dependabot's long subject",
    [LONG, "Bumps them.", "Signed-off-by: dependabot[bot] <support@github.com>"],
    0,
  ],
  ["takes nobody else's", [LONG, "Why.", "Signed-off-by: somebody <somebody@example.com>"], 1],
])("the check of commits %s, whoever pushes to the branch", { timeout: 60_000 }, (_, paragraphs, code) => {
  const { status } = spawnSync(process.execPath, [COMMITLINT], { cwd: ROOT, input: paragraphs.join("\n\n") });
  expect(status).toBe(code);
});
