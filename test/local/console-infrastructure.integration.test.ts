import { type Console, type Infrastructure, startConsole } from "@cali/console";
import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { infrastructure } from "../../local/infrastructure.ts";
import { BROWSER_SKIPPED, complaintsOf, openBrowser } from "../support/browser.ts";

describe.skipIf(BROWSER_SKIPPED)(`the console's view of the infrastructure${BROWSER_SKIPPED}`, () => {
  let browser: Browser;
  let served: Console;
  let told: Infrastructure;
  const read = infrastructure();
  let failure: Error | undefined;

  beforeAll(async () => {
    [browser, told] = await Promise.all([openBrowser(), read()]);
    const asks = {
      infrastructure: () => (failure ? Promise.reject(failure) : read()),
    };
    served = await startConsole({ port: 0, views: ["live", "infrastructure"], asks });
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), served?.close()]);
  });

  /** The view as it opens; `said` is whatever the browser has against it. */
  async function open(options: Parameters<Browser["newPage"]>[0] = {}) {
    const page = await browser.newPage(options);
    const said = complaintsOf(page, (url) => url.startsWith(served.url));
    await page.goto(`${served.url}/#infrastructure`);
    return { page, said };
  }

  it("shows every stack with its resources, what it takes and gives, by keyboard alone", async () => {
    const { page, said } = await open({ locale: "en", viewport: { width: 1_600, height: 1_000 } });
    await page.locator("#stack-02-s3").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary", { name: "05-eks" });
    await panel.waitFor();
    expect(await page.evaluate("document.activeElement.textContent")).toBe("05-eks");
    const { resources } = told.stacks.find(({ name }) => name === "05-eks") ?? expect.fail("no 05-eks");
    expect(await panel.locator(".resources li").count()).toBe(resources.length);
    expect(await panel.getByText("aws_iam_role.eks_node.arn").count()).toBe(1);
    expect(await page.locator(".arrows .takes").count()).toBe(1);
    expect(await page.locator(".arrows .gives").count()).toBe(6);
    await panel.getByRole("button", { name: "06-iam" }).click();
    await page.getByRole("complementary", { name: "06-iam" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("complementary").count()).toBe(0);
    expect(await page.evaluate("document.activeElement.id")).toBe("stack-06-iam");
    expect(await page.locator(".stack").count()).toBe(told.stacks.length);
    expect(said).toEqual([]);
    await page.close();
  });

  it("shows the cost against the budget, and what stands on which node", async () => {
    const { page } = await open({ locale: "en" });
    const money = (usd: number) => usd.toLocaleString("en", { style: "currency", currency: "USD" });
    const { total, budgetUsd } = told.cost;
    await page.getByText(`${money(total.usd)} of ${money(budgetUsd)} a month`).waitFor();
    const [fewest] = told.fit?.cases ?? [];
    const first = page.locator(".nodes").first();
    expect(await first.getByRole("heading").count()).toBe(fewest?.nodes.length);
    await first.locator("summary").first().click();
    expect(await first.locator("details[open] li").count()).toBe(fewest?.nodes[0]?.pods.length);
    await page.close();
  });

  it("says what went wrong, and tries again", async () => {
    failure = new Error("config/dev.yaml:12: stream.shards: given 0");
    const { page } = await open({ locale: "en" });
    await page.getByRole("alert").getByText("stream.shards: given 0").waitFor();
    failure = undefined;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("#stack-02-s3").waitFor();
    await page.close();
  });

  it.each([
    ["light", 360, "en"],
    ["dark", 800, "ko"],
    ["light", 1_280, "ko"],
    ["dark", 2_560, "en"],
  ] as const)("fits, and is accessible: %s, %i pixels, %s", async (colorScheme, width, locale) => {
    const { page, said } = await open({ colorScheme, locale, viewport: { width, height: 900 } });
    await page.locator("#stack-06-iam").click();
    await page.locator(".panel").waitFor();
    expect(await page.evaluate("document.documentElement.lang")).toBe(locale);
    expect(await page.evaluate("document.documentElement.scrollWidth > innerWidth")).toBe(false);
    // The page's policy lets no script in but its own; what the debugger evaluates is let in.
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });
});
