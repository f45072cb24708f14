import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Console, Feed, startConsole } from "@cali/console";
import type { LogRecord } from "@cali/log-record";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunReport, runPipeline } from "../../local/pipeline.ts";
import { redact } from "../../services/consumer/src/redact/redact.ts";
import { BROWSER_SKIPPED, complaintsOf, isWide, openBrowser } from "../support/browser.ts";

let browser: Browser;
beforeAll(async () => {
  if (!BROWSER_SKIPPED) browser = await openBrowser();
});
afterAll(async () => browser?.close());

/** A page, and whatever the browser has against it. */
async function open(url: string): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage();
  const said = complaintsOf(page, (asked) => asked.startsWith(url) || asked.startsWith("data:"));
  await page.goto(url);
  await page.getByText("connected").waitFor();
  return { page, said };
}

describe.skipIf(BROWSER_SKIPPED)(`the console of npm start in a browser${BROWSER_SKIPPED}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-console-"));
  const stop = new AbortController();
  const raised: { service: string; at: number }[] = [];
  let running: Promise<RunReport> | undefined;
  let shown: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    if (BROWSER_SKIPPED) return;
    const url = await new Promise<string>((resolve, reject) => {
      running = runPipeline({
        ...{ rate: 150, seed: "cali", badShare: 0.05, shards: 1, folder, runFolder: join(folder, "run") },
        for: 120_000,
        stop: stop.signal,
        onAlert: ({ service }) => raised.push({ service, at: Date.now() }),
        onMoment: () => {},
        onConsole: resolve,
      });
      running.catch(reject);
    });
    shown = await open(url);
  });
  afterAll(async () => {
    stop.abort();
    await running;
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows an alert within two seconds, in Slack's words", async () => {
    const { page } = shown;
    const alerts = page.locator("section[aria-labelledby=alerts] details");
    await alerts.first().waitFor();
    const seenAt = Date.now();
    expect(seenAt - (raised[0]?.at ?? 0)).toBeLessThan(2_000);
    await alerts.last().locator("summary").press("Enter");
    const text = await alerts.last().locator(".message").innerText();
    expect(text).toContain(`Service\n${raised[0]?.service}`);
    expect(text).toContain("Cause");
    await page.getByLabel("Language").selectOption("ko");
    await expect.poll(() => alerts.last().locator(".message").innerText()).toContain("원인");
    await page.getByLabel("언어").selectOption("en");
  });

  it("shows what the generator plays, templates with their lines, and dead letters with their bytes", async () => {
    const { page } = shown;
    await page.locator(".truth").first().waitFor();
    await page.locator("section[aria-labelledby=dead-letters] details").first().waitFor();
    // What comes goes to the top: without a pause, the first one of a moment later is another.
    await page.getByRole("button", { name: "Pause" }).click();
    const letter = page.locator("section[aria-labelledby=dead-letters] details").first();
    await letter.locator("summary").click();
    expect(await letter.locator("pre").innerText()).not.toBe("");
    const template = page.locator("section[aria-labelledby=templates] details").first();
    await template.locator("summary").click();
    await template.locator("canvas").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
  });

  it("says what CALI would say of a line", async () => {
    const { page } = shown;
    await page.getByRole("textbox", { name: "What would CALI say?" }).fill("ERROR: deadlock detected");
    await page.getByRole("button", { name: "Ask" }).click();
    await expect.poll(() => page.locator(".tried").innerText()).toContain("deadlock detected");
    expect(await page.locator(".tried").innerText()).toContain("Known error:");
  });

  it("is accessible and fits, in both languages and themes, from 360 to 2,560 pixels", async () => {
    const { page, said } = shown;
    for (const [language, theme, width] of [
      ["en", "light", 1_280],
      ["ko", "dark", 360],
      ["en", "dark", 2_560],
      ["ko", "light", 360],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      const selects = page.locator(".top select");
      await selects.nth(0).selectOption(language);
      await selects.nth(1).selectOption(theme);
      expect(await isWide(page)).toBe(false);
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
      expect(violations.map(({ id, nodes }) => [language, theme, width, id, nodes[0]?.html])).toEqual([]);
    }
    expect(said).toEqual([]);
  });
});

describe.skipIf(BROWSER_SKIPPED)(`the console under a flood${BROWSER_SKIPPED}`, () => {
  let server: Console;
  let feed: Feed;
  beforeAll(async () => {
    server = await startConsole({ port: 0, views: ["live"] });
    feed = new Feed({
      console: server,
      redact,
      templateOf: (fingerprint) => `template ${fingerprint} <*>`,
      gauges: () => ({ lagMs: 0, templates: 0, troubles: [] }),
      now: Date.now,
      onFailure: (error) => {
        throw error;
      },
    });
    feed.start();
  });
  afterAll(async () => {
    feed.stop();
    await server.close();
  });
  const line = (text: string, level: LogRecord["level"] = "INFO", service = "shop") =>
    feed.line({
      ...{ timestamp: new Date().toISOString(), level, service, version: "1", trace_id: "-" },
      ...{ message: text, log_content: text, platform: "p", environment: "e", pod_name: "p" },
    } as LogRecord);

  it("shows hostile lines as text, without secrets, and finds and filters", async () => {
    const { page, said } = await open(server.url);
    await expect.poll(() => server.isWatched).toBe(true);
    const lines = page.locator(".lines li");
    for (const text of [
      "<script>alert(1)</script> password=hunter2hunter2",
      '"><img src=x onerror=alert(1)>',
      "javascript:alert(1) https://evil.example/",
      "\u202Edesrever\u200B",
      "x".repeat(1_000_000),
    ]) {
      const before = await lines.count();
      line(text, "ERROR", "auth");
      await expect.poll(() => lines.count()).toBe(before + 1);
    }
    line("all is well");
    await expect.poll(() => lines.count()).toBe(6);
    const text = await page.locator(".lines").innerText();
    expect(text).toContain("<script>alert(1)</script>");
    expect(text).not.toMatch(/hunter2|[\u202e\u200b]/i);
    expect(await page.locator("img, iframe, .lines a, .lines script").count()).toBe(0);
    expect(await isWide(page)).toBe(false);
    await page.keyboard.press("/");
    await page.keyboard.type("IMG onerror");
    await expect.poll(() => lines.count()).toBe(1);
    await page.locator("input[type=search]").fill("");
    await page.getByRole("button", { name: "ERROR" }).click();
    await expect.poll(() => lines.allInnerTexts()).toEqual([expect.stringContaining("all is well")]);
    await page.getByRole("button", { name: "ERROR" }).click();
    await page.getByLabel("Service").selectOption("auth");
    await expect.poll(() => lines.count()).toBe(5);
    await page.keyboard.press("Tab");
    await page.keyboard.press("p");
    line("after the pause", "ERROR", "auth");
    await sleep(1_500);
    expect(await lines.count()).toBe(5);
    await page.keyboard.press("p");
    await expect.poll(() => lines.count()).toBe(6);
    expect(said).toEqual([]);
    await page.close();
  });

  it("is accessible with more in each part than it shows at once", async () => {
    const { page, said } = await open(server.url);
    await expect.poll(() => server.isWatched).toBe(true);
    const at = Date.now();
    for (let nr = 0; nr < 40; nr++) {
      feed.truth({ incident: `incident ${nr}`, services: ["shop", "auth"], from: at - 60_000 + nr, to: at });
      line(`order ${"x".repeat(nr)} failed`, "ERROR");
    }
    await expect.poll(() => page.locator(".truth").count()).toBe(30);
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  it("does not freeze at 10,000 lines a second", async () => {
    const { page } = await open(server.url);
    await page.evaluate(`(() => {
      window.longest = 0; window.frames = 0;
      let before = performance.now();
      const draw = (now) => {
        window.longest = Math.max(window.longest, now - before);
        window.frames++; before = now; requestAnimationFrame(draw);
      };
      requestAnimationFrame(draw);
    })()`);
    const until = Date.now() + 6_000;
    let made = 0;
    while (Date.now() < until) {
      const due = Math.floor(((Date.now() - until + 6_000) / 1_000) * 10_000);
      for (; made < due; made++) {
        line(
          `order ${made} of customer ${made % 97} was taken`,
          made % 50 === 0 ? "ERROR" : "INFO",
          `s${made % 20}`,
        );
      }
      await sleep(20);
    }
    const { longest, frames } = (await page.evaluate(
      "({ longest: window.longest, frames: window.frames })",
    )) as {
      longest: number;
      frames: number;
    };
    console.log(`longest frame ${longest.toFixed(0)} ms of ${frames} in 6 s, ${made} lines`);
    expect(made).toBeGreaterThan(50_000);
    expect(longest).toBeLessThan(500);
    await page.close();
  });
});
