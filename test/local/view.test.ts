import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { View } from "../../local/view.ts";
import type { Alert } from "../../services/consumer/src/core/types.ts";

const ESC = "\u001b[";
const alert = {
  level: "ERROR",
  service: "checkout",
  count: 12,
  template: `no answer of the payment provider within <*> ms, order <*> ${"and on ".repeat(20)}`,
  cause: { cause: "The provider is slow.", tier: "signature" },
} as unknown as Alert;

beforeEach(() => {
  for (const name of ["NO_COLOR", "FORCE_COLOR", "NODE_DISABLE_COLORS"]) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Bold, dim, or a colour. */
const isPainted = (text: string) => [1, 2, 31, 33, 36].some((code) => text.includes(`${ESC}${code}m`));

/** What a view writes of three moments: onto a terminal of some columns, or into a pipe. */
function written(columns: number | undefined, forMs?: number, colours = 8): string {
  const stream = new PassThrough();
  const isTTY = columns !== undefined;
  const out = Object.assign(stream, { isTTY, columns, rows: 40, getColorDepth: () => colours });
  const view = new View(out as unknown as NodeJS.WriteStream, forMs);
  view.alert(alert, 4_000);
  for (const [place, linesPerSecond] of [10, 60, 110].entries()) {
    view.show({
      elapsedMs: 5_000 * (place + 1),
      made: 1_234_567,
      linesPerSecond,
      consumed: 1_234_560,
      invalid: 12_345,
      lagMs: 120 * place,
      templates: 321,
      alerts: 4_321,
      suppressed: 654_321,
      troubles: ["the objects cannot be written: \u001b[2J disk full"],
    });
  }
  view.close();
  return String(stream.read());
}

describe("the view of npm start", () => {
  it("says that it runs until Ctrl-C, or for how long", () => {
    expect(written(undefined)).toContain("runs until Ctrl-C");
    expect(written(undefined, 60_000)).toContain("runs for 60 s; Ctrl-C ends it");
  });

  it.each([80, 120, 200])("fits into %i columns and cuts no number", (columns) => {
    const lines = stripVTControlCharacters(written(columns, 60_000)).split("\n");
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    const text = lines.join("\n");
    for (const whole of [
      "made 1234567 (110/s)",
      "held back 654321",
      "lines/s  ▂▅█ 110",
      "lag      ▁▅█ 240 ms",
    ]) {
      expect(text).toContain(whole);
    }
    expect(text).toContain(`${"█".repeat(10)}${"░".repeat(30)} 00:15 of 01:00`);
  });

  it("is in colour on a terminal that has any", () => {
    expect(written(80)).toContain(`${ESC}31m00:04  ERROR checkout ×12`);
    expect(isPainted(written(80))).toBe(true);
    expect(isPainted(written(80, undefined, 1))).toBe(false);
    expect(written(undefined)).not.toContain(ESC);
    vi.stubEnv("FORCE_COLOR", "0");
    expect(isPainted(written(80))).toBe(false);
  });

  it("keeps log text from moving the cursor", () => {
    expect(written(80)).not.toContain(`${ESC}2J disk`);
  });
});
