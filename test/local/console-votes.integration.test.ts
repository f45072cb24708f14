import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { entrySchema, idOf } from "../../services/consumer/src/cause/knowledge/catalog.ts";
import { ObjectCatalog } from "../../services/consumer/src/cause/knowledge/object-catalog.ts";
import {
  type ConsoleParts,
  type OpenConsole,
  openConsole,
} from "../../services/consumer/src/console/open.ts";
import { systemClock } from "../../services/consumer/src/core/clock.ts";
import type { Alert } from "../../services/consumer/src/core/types.ts";
import { FolderObjectStore } from "../../services/consumer/src/state/objects/folder.ts";
import { SqliteStateStore } from "../../services/consumer/src/state/sqlite.ts";
import { BROWSER_SKIPPED, complaintsOf, openBrowser } from "../support/browser.ts";

const TOKEN = "the-console-token-of-this-test";
const ENTRY = entrySchema.parse({
  id: idOf({ pattern: "the pool is empty" }),
  pattern: "the pool is empty",
  cause: "too few connections",
  action: "raise the limit",
  origin: "learned",
  state: "proposed",
  createdAt: "2026-01-25T00:00:00.000Z",
});
const ALERT: Alert = {
  ...{ id: "0123456789abcdef-1", fingerprint: "0123456789abcdef", service: "shop", level: "ERROR" },
  ...{ template: ENTRY.pattern, count: 1, total: 1, suppressed: 0, firstSeen: 0, lastSeen: 0 },
  ...{ samples: [ENTRY.pattern], isNew: true, muted: [] },
  cause: {
    ...{ cause: "too few connections", action: "raise the limit", origin: "proposed" },
    ...{ tier: "vector", entry: ENTRY.id },
  },
};

describe.skipIf(BROWSER_SKIPPED)(`votes on the consumer's console in a browser${BROWSER_SKIPPED}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    if (!BROWSER_SKIPPED) browser = await openBrowser();
  });
  afterAll(async () => browser?.close());

  /** The page of a console as a consumer of this configuration has it, with the alert open. */
  async function shown(token?: string) {
    const folder = mkdtempSync(join(tmpdir(), "cali-votes-"));
    const store = new SqliteStateStore(join(folder, "state.sqlite"));
    const objects = new FolderObjectStore(join(folder, "objects"));
    const catalog = new ObjectCatalog(objects);
    await catalog.put([ENTRY]);
    const parts = {
      config: { console: { port: 0, token }, links: {}, logs: { timeZone: "UTC" } },
      ...{ store, objects, clock: systemClock, log: pino({ level: "silent" }) },
      miner: { get: () => undefined, size: 0 },
      metrics: { lagMs: () => 0 },
      troubles: { list: () => [] },
    } as unknown as ConsoleParts;
    const console = (await openConsole(parts)) as OpenConsole;
    onTestFinished(async () => {
      await console.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const page = await browser.newPage();
    const said = complaintsOf(page, (asked) => asked.startsWith(console.url) || asked.startsWith("data:"));
    await page.goto(console.url);
    await page.getByText("connected").waitFor();
    console.alert(ALERT);
    const alert = page.locator("section[aria-labelledby=alerts] details");
    await alert.locator("summary").click();
    return { alert, said, catalog };
  }

  it("takes a vote with the token alone, and the last one counts", async () => {
    const { alert, said, catalog } = await shown(TOKEN);
    const answer = alert.locator("output");
    const token = alert.getByLabel("Token");
    await token.fill("another-token-of-somebody");
    await alert.getByRole("button", { name: "Cause is right" }).click();
    await expect.poll(() => answer.innerText()).toContain("token");
    expect((await catalog.get(ENTRY.id))?.state).toBe("proposed");
    // A refused token is asked for again.
    await token.fill(TOKEN);
    await alert.getByRole("button", { name: "Cause is right" }).click();
    await expect.poll(() => answer.innerText()).toBe("confirmed");
    expect(await catalog.get(ENTRY.id)).toMatchObject({ state: "confirmed", votes: { confirmed: 1 } });
    await alert.getByRole("button", { name: "Cause is wrong" }).click();
    await expect.poll(() => answer.innerText()).toBe("rejected");
    expect(await catalog.get(ENTRY.id)).toMatchObject({
      state: "rejected",
      votes: { confirmed: 0, rejected: 1 },
    });
    // The browser says so of the refused one. What it would rather have in the document is no complaint.
    expect(said.filter((text) => !text.startsWith("[DOM]"))).toEqual([expect.stringContaining("401")]);
  });

  it("offers no vote where the consumer has no token", async () => {
    const { alert, said } = await shown();
    expect(await alert.locator(".message").innerText()).toContain("too few connections");
    expect(await alert.getByRole("button").count()).toBe(0);
    expect(said).toEqual([]);
  });
});
