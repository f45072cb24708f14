import { toHtml } from "hast-util-to-html";
import { s } from "hastscript";

/** Points of one line in a plot: x and y. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Whether both axes are logarithmic. Default: neither is. */
  readonly isLog?: boolean;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [720, 420, 78, 40, 200, 52];
/** Okabe and Ito's, which most people with a colour deficiency can tell apart. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const TICKS = 5;

export interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Where values stand between two places, and the values that are written there. */
export function axisOf(
  values: readonly number[],
  isLog: boolean,
  [from, to]: readonly [number, number],
): Axis {
  const scaled = (value: number) => (isLog ? Math.log10(value) : value);
  const all = values.map(scaled);
  const least = isLog ? Math.floor(Math.min(...all)) : Math.min(0, ...all);
  const most = isLog ? Math.ceil(Math.max(...all)) : Math.max(...all);
  const span = most - least || 1;
  const step = isLog ? Math.max(1, Math.ceil(span / TICKS)) : niceStep(span / TICKS);
  const ticks: number[] = [];
  for (let tick = Math.ceil(least / step) * step; tick <= most + step / 1e6; tick += step)
    ticks.push(isLog ? 10 ** tick : tick);
  return { place: (value) => from + ((scaled(value) - least) / span) * (to - from), ticks };
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((times) => times * power >= rough) ?? 10) * power;
}

const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** A plot as an SVG image, on white, so that it can be read on any page. */
export function svgOf({ title, x, y, isLog = false, series }: Plot): string {
  const shown = series.map(({ name, points }) => ({
    name,
    points: points.filter((point) => point.every((value) => Number.isFinite(value) && (!isLog || value > 0))),
  }));
  const points = shown.flatMap((one) => one.points);
  const across = axisOf(
    points.map(([value]) => value),
    isLog,
    [LEFT, WIDTH - RIGHT],
  );
  const up = axisOf(
    points.map(([, value]) => value),
    isLog,
    [HEIGHT - BOTTOM, TOP],
  );
  const text = (place: readonly [number, number], content: string, anchor = "middle", turned = false) =>
    s(
      "text",
      {
        x: place[0].toFixed(1),
        y: place[1].toFixed(1),
        textAnchor: anchor,
        ...(turned && { transform: `rotate(-90 ${place[0]} ${place[1]})` }),
      },
      content,
    );
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    s("line", { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), stroke: "#ddd" });
  const grid = [
    ...across.ticks.flatMap((tick) => [
      line(across.place(tick), TOP, across.place(tick), HEIGHT - BOTTOM),
      text([across.place(tick), HEIGHT - BOTTOM + 16], short.format(tick)),
    ]),
    ...up.ticks.flatMap((tick) => [
      line(LEFT, up.place(tick), WIDTH - RIGHT, up.place(tick)),
      text([LEFT - 6, up.place(tick) + 4], short.format(tick), "end"),
    ]),
  ];
  const lines = shown.flatMap(({ name, points: own }, place) => {
    const colour = COLOURS[place % COLOURS.length];
    const at = own.map(([px, py]) => [across.place(px).toFixed(1), up.place(py).toFixed(1)] as const);
    const dots = own.length > 30 ? [] : at.map(([cx, cy]) => s("circle", { cx, cy, r: 3, fill: colour }));
    const row = TOP + 14 + place * 18;
    return [
      s("polyline", { points: at.join(" "), fill: "none", stroke: colour, strokeWidth: 2 }),
      ...dots,
      s("rect", { x: WIDTH - RIGHT + 14, y: row - 9, width: 10, height: 10, fill: colour }),
      text([WIDTH - RIGHT + 30, row], name, "start"),
    ];
  });
  const image = s(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      fontFamily: "sans-serif",
      fontSize: 12,
      role: "img",
    },
    [
      s("title", title),
      s("rect", { width: WIDTH, height: HEIGHT, fill: "#fff" }),
      text([(LEFT + WIDTH - RIGHT) / 2, 22], title),
      text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12], x),
      text([18, (TOP + HEIGHT - BOTTOM) / 2], y, "middle", true),
      ...grid,
      ...lines,
    ],
  );
  return `${toHtml(image, { space: "svg" })}\n`;
}
