import { type Browser, chromium, type Page } from "playwright-core";
import { isProgram } from "./run.ts";

/** Debian's Chromium, and Chrome as GitHub's runners have it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/google-chrome"];
/** The one that CHROMIUM names, or else the first that is there. */
export const PROGRAM = process.env.CHROMIUM || (PLACES.find(isProgram) ?? PLACES.join(" or "));

/** Why a test in a browser is left out, for its name; empty where there is a Chromium. */
export const BROWSER_SKIPPED = isProgram(PROGRAM)
  ? ""
  : ` (skipped: no Chromium at ${PROGRAM}; CHROMIUM names another)`;

/** Root has no sandbox in a container; the pages are our own, from this machine. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PROGRAM,
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** Whatever the browser has against a page, as it comes: what its console says, errors, dialogs, and requests for what is not its own. */
export function complaintsOf(page: Page, isOwn: (url: string) => boolean): string[] {
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("dialog", (dialog) => {
    said.push(dialog.message());
    return dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!isOwn(request.url())) said.push(request.url());
  });
  return said;
}

/** Whether a page has to be scrolled sideways. */
export const isWide = (page: Page) =>
  page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
