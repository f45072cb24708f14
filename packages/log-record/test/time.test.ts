import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isZone, readTime } from "../src/formats/time.ts";

const at = (text: string, zone: string) => readTime(text, { zone, arrival: 0 });

describe("times without an offset", () => {
  it("are in the zone's summer or winter, whichever was asked for before", () => {
    const winter = ["2026-03-29T01:59:59", Date.parse("2026-03-29T00:59:59Z")] as const;
    const summer = ["2026-03-29T03:00:00", Date.parse("2026-03-29T01:00:00Z")] as const;
    for (const [text, time] of [winter, summer, summer, winter, summer]) {
      expect(at(text, "Europe/Berlin")).toBe(time);
    }
    expect(at("2026-10-25T03:00:00", "Europe/Berlin")).toBe(Date.parse("2026-10-25T02:00:00Z"));
  });

  it("are the moments that the zone's own clock shows so", () => {
    const zones = fc.constantFrom("Asia/Seoul", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe");
    const range = { min: new Date("1990-01-01"), max: new Date("2035-01-01"), noInvalidDate: true };
    fc.assert(
      fc.property(zones, fc.date(range), (timeZone, date) => {
        const options = { timeZone, dateStyle: "short", timeStyle: "medium" } as const;
        const shown = new Intl.DateTimeFormat("sv-SE", options).format(date);
        const read = at(shown.replace(" ", "T"), timeZone) ?? Number.NaN;
        // One hour of each autumn comes twice.
        expect(new Intl.DateTimeFormat("sv-SE", options).format(read)).toBe(shown);
      }),
      { numRuns: 200 },
    );
  });

  it("know zones in any case, and no others", () => {
    expect(["Asia/Seoul", "ASIA/SEOUL", "utc", "+09:00"].map(isZone)).toEqual([true, true, true, true]);
    expect(isZone("Mars/Olympus")).toBe(false);
  });
});
