import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { runPipeline } from "../local/pipeline.ts";
import { openBrowser } from "../test/support/browser.ts";
import { writePlanRun } from "../test/support/plan-runs.ts";
import { runCali } from "../test/support/run.ts";

/**
 * `npm run docs:screenshots` takes the documents' pictures of pages, light and dark: of plans that are checked in, and of the console of a run
 * with a seed. It needs Chromium (`CHROMIUM` names it).
 */
const PICTURES = join(import.meta.dirname, "../docs/pictures");
const THEMES = ["light", "dark"] as const;
/** Long enough for several alerts, one of a known cause among them. */
const RUN_MS = 80_000;
const SEED = "cali";
const SYNTH_MS = 120_000;
const VIEWPORT = { width: 1_440, height: 1_000 };
/** So high that no panel is cut. */
const LIVE = { width: 1_440, height: 1_370 };

const picture = (name: string, theme: string) => ({ path: join(PICTURES, `${name}-${theme}.png`) });

/** The page that a pull request's comment links. */
async function planPage(browser: Browser, folder: string): Promise<void> {
  const plans = writePlanRun(join(folder, "plans"), [{ name: "infra", plan: "replace" }]);
  const page = join(folder, "plan.html");
  const { code, stderr } = await runCali(["comment", "--plans", plans, "--html", page], {
    env: { CALI_ENV: "dev", GITHUB_REPOSITORY: "" },
  });
  if (code !== 0) throw new Error(stderr);
  for (const colorScheme of THEMES) {
    const tab = await browser.newPage({ colorScheme, viewport: { width: 1_200, height: 1_000 } });
    await tab.goto(pathToFileURL(page).href);
    await tab.screenshot(picture("plan-page", colorScheme));
    await tab.close();
  }
}

/** The console's views, and an alert of known cause as Slack shows it. */
async function consolePages(browser: Browser, folder: string): Promise<void> {
  const stop = new AbortController();
  const served = Promise.withResolvers<string>();
  const run = runPipeline({
    ...{ seed: SEED, rate: 60, badShare: 0.01, shards: 2, folder },
    runFolder: join(folder, "run"),
    stop: stop.signal,
    onAlert: () => {},
    onMoment: () => {},
    onConsole: served.resolve,
  });
  run.catch(served.reject);
  const url = await served.promise;
  try {
    const tabs: [(typeof THEMES)[number], Page][] = [];
    for (const colorScheme of THEMES) {
      const tab = await browser.newPage({ colorScheme, locale: "en", viewport: LIVE });
      await tab.goto(`${url}/#live`);
      tabs.push([colorScheme, tab]);
    }
    await sleep(RUN_MS);
    for (const [theme, tab] of tabs) {
      await tab.keyboard.press("p");
      await tab.screenshot(picture("console-live", theme));
      await tab.setViewportSize({ width: 720, height: 2_500 });
      // The whole of it, though its list scrolls.
      await tab.evaluate("document.querySelector('#alerts').parentElement.style.maxHeight = 'none'");
      const alert = tab.locator("#alerts ~ details", { hasText: "known by its signature" }).first();
      await alert.locator("summary").click();
      await alert.screenshot(picture("alert", theme));
      await tab.setViewportSize(VIEWPORT);
      await tab.goto(`${url}/#infrastructure`);
      await tab.locator("#stack-13-consumer").click({ timeout: SYNTH_MS });
      await tab.screenshot(picture("console-infrastructure", theme));
    }
  } finally {
    stop.abort();
    await run;
  }
}

const folder = mkdtempSync(join(tmpdir(), "cali-screenshots-"));
const browser = await openBrowser();
try {
  await planPage(browser, folder);
  await consolePages(browser, folder);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
