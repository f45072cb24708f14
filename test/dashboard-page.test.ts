import { expect, it } from "vitest";
import { pageOf } from "../scripts/dashboard-page.ts";

const time = [1_000, 5_000] as const;
const draw = (type: string, answer: object, more: object = {}) =>
  pageOf(
    "CALI",
    [{ panel: { title: "How many?", type, gridPos: { w: 12, h: 8 }, ...more }, answers: [answer as never] }],
    time,
  );
const points: [number, number][] = [
  [1_000, 1],
  [3_000, 3],
];

it("stacks the bars of one moment, in the colour that the dashboard gives a name", () => {
  const overrides = [
    { matcher: { options: "ERROR" }, properties: [{ value: { mode: "fixed", fixedColor: "red" } }] },
  ];
  const html = draw(
    "timeseries",
    { totals: {}, points: { INFO: points, ERROR: points } },
    { fieldConfig: { defaults: { custom: { drawStyle: "bars" } }, overrides } },
  );
  const bars = [...html.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" fill="([^"]+)"[^>]*height="([\d.]+)"/g)];
  expect(bars).toHaveLength(4);
  const [info, error] = [bars[1], bars[3]].map((bar) => bar?.slice(1)) as [string[], string[]];
  expect(error[0]).toBe(info[0]);
  // One stands on the other.
  expect(Number(error[1]) + Number(error[3])).toBeCloseTo(Number(info[1]), 0);
  expect(error[2]).toBe("#e02f44");
});

it("draws a line, a sum, a table and logs, with what they say as text", () => {
  expect(draw("timeseries", { totals: {}, points: { lag: points } })).toMatch(/<polyline points="[\d., ]+"/);
  const unit = { fieldConfig: { defaults: { unit: "ms" }, overrides: [] } };
  expect(draw("stat", { totals: { a: 2, b: 1_000 }, points: { a: points } }, unit)).toContain("<b>1K ms</b>");
  const hostile = "<img src=x onerror=alert(1)>";
  for (const type of ["table", "logs"]) {
    const html = draw(type, { totals: { [hostile]: 1 }, points: {} });
    expect(html).toContain("&#x3C;img src=x");
    expect(html).not.toContain("<img");
  }
});
