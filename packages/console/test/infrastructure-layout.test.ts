import { expect, it } from "vitest";
import { arrowsOf, CELL, layoutOf, pathOf } from "../src/page/views/infrastructure/layout.ts";

const stack = (name: string, step: number) => ({
  ...{ name, step, makes: "", tier: "aws" as const },
  ...{ waitsFor: [], resources: [] },
});
const flow = (from: string, to: string, value = "name") => ({ from, to, value });

it("a step is a column, in the middle of the height of the fullest", () => {
  const { columns, rows, places } = layoutOf([stack("a", 1), stack("b", 2), stack("c", 2), stack("d", 2)]);
  expect(columns.map((column) => column.map(({ name }) => name))).toEqual([["a"], ["b", "c", "d"]]);
  expect(rows).toBe(3);
  expect(places.get("a")).toEqual({ x: CELL / 2, y: 1.5 * CELL });
  expect(places.get("d")).toEqual({ x: 1.5 * CELL, y: 2.5 * CELL });
});

it("nothing is laid out of nothing", () => {
  expect(layoutOf([])).toEqual({ columns: [], rows: 0, places: new Map() });
});

it("an arrow is drawn once a pair, and is implied where another way says the same", () => {
  const arrows = arrowsOf([
    flow("a", "b"),
    flow("a", "b", "arn"),
    flow("b", "c"),
    flow("a", "c"),
    flow("c", "d"),
    flow("a", "d"),
  ]);
  expect(arrows).toEqual([
    { from: "a", to: "b", isImplied: false },
    { from: "b", to: "c", isImplied: false },
    { from: "a", to: "c", isImplied: true },
    { from: "c", to: "d", isImplied: false },
    { from: "a", to: "d", isImplied: true },
  ]);
});

it("an arrow goes from the right edge of a box to the left edge of another", () => {
  expect(pathOf({ x: 50, y: 50 }, { x: 250, y: 150 })).toBe("M 92 50 C 150 50 150 150 208 150");
});
