import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/run.ts";
import { GROUPS } from "./groups.ts";
import { LEAST_SCORE, scoreOf, withScores } from "./scores.ts";

const page = readFileSync(join(ROOT, "docs/testing.md"), "utf8");
const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map(([, name, cells = ""]) => ({
  name,
  cells: cells.split(" | "),
}));

describe("the groups of mutation testing", () => {
  it.each(GROUPS)("$name: its modules and its tests are there, and its tests are fast ones", (group) => {
    for (const glob of [...group.modules, ...group.tests]) {
      expect(globSync(glob, { cwd: ROOT }), glob).not.toEqual([]);
    }
    expect(globSync([...group.tests], { cwd: ROOT }).filter((file) => /integration/.test(file))).toEqual([]);
  });

  it("have a row each in docs/testing.md; those that were measured a score that is high enough", () => {
    expect(rows.map(({ name }) => name)).toEqual(GROUPS.map(({ name }) => name));
    const measured = rows.filter(({ cells }) => cells.join() !== "not measured yet,-,-,-");
    expect(measured.length).toBeGreaterThan(1);
    for (const { name, cells } of measured) {
      const [mutants, noticed, percent, date] = cells;
      expect(percent, name).toBe(`${((100 * Number(noticed)) / Number(mutants)).toFixed(1)} %`);
      expect(Number.parseFloat(percent ?? ""), name).toBeGreaterThanOrEqual(LEAST_SCORE);
      expect(date, name).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });
});

describe("a score", () => {
  it("counts what a test noticed or what never ended, and not what was left out", () => {
    const statuses = ["Killed", "Killed", "Timeout", "Survived", "NoCoverage", "Ignored", "CompileError"];
    expect(
      scoreOf(
        "x",
        statuses.map((status) => ({ status })),
      ),
    ).toEqual({
      group: "x",
      mutants: 5,
      noticed: 3,
      percent: 60,
    });
    expect(scoreOf("x", []).percent).toBe(0);
  });

  it("takes the place of its group's old one, and of no other", () => {
    const old = "a\n| `one` | 1 | 1 | 100.0 % | 2026-01-25 |\n| `two` | not measured yet | - | - | - |\nb";
    expect(withScores(old, [{ group: "two", mutants: 8, noticed: 7, percent: 87.5 }], "2026-02-01")).toBe(
      "a\n| `one` | 1 | 1 | 100.0 % | 2026-01-25 |\n| `two` | 8 | 7 | 87.5 % | 2026-02-01 |\nb",
    );
  });
});
