import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openBrowser } from "../test/support/browser.ts";
import { writePlanRun } from "../test/support/plan-runs.ts";
import { runCali } from "../test/support/run.ts";

/**
 * `npm run docs:screenshots` takes the documents' pictures of pages, light and dark, from plans that are checked in. It needs Chromium (`CHROMIUM`
 * names it).
 */
const PICTURES = join(import.meta.dirname, "../docs/pictures");
const SIZE = { width: 1_200, height: 1_000 };
const THEMES = ["light", "dark"] as const;

const folder = mkdtempSync(join(tmpdir(), "cali-screenshots-"));
const browser = await openBrowser();
try {
  const plans = writePlanRun(join(folder, "plans"), [{ name: "infra", plan: "replace" }]);
  const page = join(folder, "plan.html");
  const { code, stderr } = await runCali(["comment", "--plans", plans, "--html", page], {
    env: { CALI_ENV: "dev", GITHUB_REPOSITORY: "" },
  });
  if (code !== 0) throw new Error(stderr);
  for (const colorScheme of THEMES) {
    const tab = await browser.newPage({ colorScheme, viewport: SIZE });
    await tab.goto(pathToFileURL(page).href);
    await tab.screenshot({ path: join(PICTURES, `plan-page-${colorScheme}.png`) });
    await tab.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
