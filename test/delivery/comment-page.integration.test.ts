import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSER_SKIPPED, complaintsOf, isWide, openBrowser } from "../support/browser.ts";
import { hostilePlanText } from "../support/hostile-plan.ts";
import { planText } from "../support/plans.ts";
import { runCali } from "../support/run.ts";

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cali-page-"));
  if (!BROWSER_SKIPPED) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The page that the command writes of a plan, opened from its file; `said` is whatever the browser has against it. */
async function open(name: string, plan: string, options: Parameters<Browser["newPage"]>[0] = {}) {
  const [json, html] = [join(folder, `${name}.json`), join(folder, `${name}.html`)];
  writeFileSync(json, plan);
  const { code, stderr } = await runCali(["comment", "--plan-json", json, "--html", html]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: `${html}: written\n` });
  const page = await browser.newPage(options);
  const said = complaintsOf(page, (url) => /^(file|data):/.test(url));
  await page.goto(pathToFileURL(html).href);
  return { page, said, html };
}

const shown = (page: Page) => page.locator(".entry:visible").count();
describe.skipIf(BROWSER_SKIPPED)(`the page of plans in a browser${BROWSER_SKIPPED}`, () => {
  it("filters, finds, folds and moves by the keyboard", async () => {
    const { page, said } = await open("replace", planText("replace"));
    expect(await shown(page)).toBe(5);
    await page.getByRole("button", { name: /^Outputs/ }).click();
    expect(await shown(page)).toBe(3);
    await page.keyboard.press("/");
    await page.keyboard.type("KINESIS_stream.logs");
    expect(await shown(page)).toBe(1);
    expect(await page.locator("#shown").textContent()).toBe("1 of 5");
    await page.keyboard.type(" nothing");
    expect(await page.getByText("Nothing matches").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await shown(page)).toBe(5);
    await page.keyboard.press("c");
    expect(await page.locator("details[open]").count()).toBe(0);
    await page.keyboard.press("e");
    expect(await page.locator("details[open]").count()).toBe(5);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    expect(await page.evaluate("document.activeElement.textContent")).toContain("delivery_stream.to_s3");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    expect(await page.locator("details").first().getAttribute("open")).toBeNull();
    await page.keyboard.press("t");
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("light");
    expect(said).toEqual([]);
  });

  it("opens 220 policies within two seconds, in less than 5 MB, and searches them", async () => {
    const { page, said, html } = await open("huge", planText("huge"));
    expect(statSync(html).size).toBeLessThan(5_000_000);
    const ready = await page.evaluate(
      "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd",
    );
    expect(ready).toBeLessThan(2_000);
    await page.locator("#search").fill("team-219/part-5");
    expect(await page.locator("#shown").textContent()).toMatch(/^1 of 220$/);
    expect(said).toEqual([]);
  });

  it("shows hostile values as text, a line of a megabyte too", async () => {
    const attacks = [
      "<script>alert(1)</script>",
      '"><img src=x onerror=alert(1)>',
      "</style><svg onload=alert(1)>",
      "javascript:alert(1)",
      "\u202Edesrever\u200B",
      "x".repeat(1_000_000),
    ];
    const text = (n: number) => `${attacks[n % attacks.length]}${n}`;
    const { page, said } = await open("hostile", hostilePlanText(text));
    await page.keyboard.press("e");
    expect(await page.locator("img, svg, iframe").count()).toBe(0);
    expect(await page.locator("script").count()).toBe(1);
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
    const body = await page.locator("body").textContent();
    expect(body).toContain("<script>alert(1)</script>");
    expect(body).toContain("\\u{202e}desrever\\u{200b}");
    expect(await isWide(page)).toBe(false);
    expect(said).toEqual([]);
  });

  it.each([
    ["light", 360],
    ["dark", 360],
    ["light", 768],
    ["light", 1_280],
    ["dark", 2_560],
  ] as const)("fits, and is accessible: %s, %i pixels", async (colorScheme, width) => {
    const { page } = await open("drift", planText("drift"), {
      colorScheme,
      viewport: { width, height: 900 },
    });
    expect(await isWide(page)).toBe(false);
    // Nor is a column of the table of stacks out of sight.
    const table = "document.querySelector('.top table')";
    expect(await page.evaluate(`${table}.scrollWidth - ${table}.clientWidth`)).toBe(0);
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  });
});
