import { type Browser, chromium } from "playwright-core";
import { isProgram } from "./run.ts";

/** Debian's Chromium, or the one that CHROMIUM names. */
const PROGRAM = process.env.CHROMIUM || "/usr/bin/chromium";

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
