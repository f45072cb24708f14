import type { Element } from "hast";
import { toHtml } from "hast-util-to-html";
import { h, s } from "hastscript";
import { axisOf } from "../bench/plot.ts";
import type { PanelAnswer } from "../test/support/grafana-queries.ts";

/** A panel as Grafana's dashboards have it; what of it is drawn. */
export interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly w: number; readonly h: number };
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly custom?: { readonly drawStyle?: string } };
    readonly overrides: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly { readonly value: { readonly fixedColor?: string } }[];
    }[];
  };
}

/** A panel with the answers to its queries, of which at least one has something. */
export interface Drawn {
  readonly panel: Panel;
  readonly answers: readonly PanelAnswer[];
}

type Points = readonly (readonly [number, number])[];

/** A unit of Grafana's grid, px; there are 24 in a row. */
const [CELL_PX, ROW_PX, GAP_PX] = [58, 32, 8];
const [LEFT, BOTTOM, TOP] = [48, 22, 6];
const COLOURS = ["#3d8b40", "#c69214", "#3274d9", "#c4441c", "#8f3bb8", "#00838f", "#ad317f", "#5d6d7e"];
const NAMED: Record<string, string> = {
  ...{ blue: "#3274d9", green: "#3d8b40", yellow: "#e0b400", red: "#e02f44", "dark-red": "#8a0f22" },
};
const STYLE = `body{margin:0;padding:16px;width:${24 * CELL_PX}px;background:#f4f5f5;color:#24292e;font:13px sans-serif}
h1{font-size:20px;margin:0 0 12px}main{display:grid;grid-template-columns:repeat(24,1fr);grid-auto-rows:${ROW_PX}px;gap:${GAP_PX}px}
section{background:#fff;border:1px solid #dfe1e4;border-radius:3px;padding:8px 10px;overflow:hidden;position:relative}
h2{font-size:14px;font-weight:600;margin:0 0 6px}b{font-size:44px;color:#3d8b40}.stat svg{position:absolute;left:0;bottom:0;opacity:.25}
table{border-collapse:collapse;width:100%}td{padding:4px 8px;border-top:1px solid #eee}td:last-child{text-align:right}
pre{font:12px monospace;margin:0;padding:2px 0 2px 6px;border-left:3px solid #e02f44;overflow:hidden;text-overflow:ellipsis}
.key{display:inline-block;margin-right:14px}.key::before{content:"";display:inline-block;width:14px;height:4px;margin:0 5px 3px 0;background:var(--c)}`;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "UTC" });

/** The panels in the dashboard's order and size, over a time from … to, ms. */
export function pageOf(title: string, drawn: readonly Drawn[], time: readonly [number, number]): string {
  const sections = drawn.map(({ panel, answers }) => {
    const { w, h: height } = panel.gridPos;
    const size = [w * CELL_PX - 30, height * (ROW_PX + GAP_PX) - 56] as const;
    const style = `grid-column:span ${w};grid-row:span ${height}`;
    return h("section", { className: panel.type, style }, [
      h("h2", panel.title),
      ...body(panel, answers, size, time),
    ]);
  });
  return toHtml(h("html", [h("style", STYLE), h("h1", title), h("main", sections)]));
}

function body(
  { type, fieldConfig, gridPos }: Panel,
  answers: readonly PanelAnswer[],
  size: readonly [number, number],
  time: readonly [number, number],
): Element[] {
  const series = answers.flatMap(({ points }) => Object.entries(points));
  const totals = answers.flatMap((answer) => Object.entries(answer.totals));
  const unit = fieldConfig?.defaults.unit === "ms" ? " ms" : "";
  if (type === "table") {
    const cells = totals.map(([name, value]) => h("tr", [h("td", name), h("td", compact.format(value))]));
    return [h("table", cells.slice(0, Math.floor(size[1] / 27)))];
  }
  if (type === "logs") return totals.slice(0, Math.floor(size[1] / 18)).map(([text]) => h("pre", text));
  if (type === "stat") {
    const sum = totals.reduce((all, [, value]) => all + value, 0);
    const wide = [gridPos.w * CELL_PX, 60] as const;
    return [
      h("b", compact.format(sum) + unit),
      chart(series, wide, time, { isBare: true, bars: false, unit, colour: () => "#3d8b40" }),
    ];
  }
  const fixed = new Map(
    fieldConfig?.overrides.map(({ matcher, properties }) => [
      matcher.options,
      properties[0]?.value.fixedColor,
    ]),
  );
  const colour = (name: string, place: number) =>
    NAMED[fixed.get(name) ?? ""] ?? COLOURS[place % COLOURS.length] ?? "";
  const bars = fieldConfig?.defaults.custom?.drawStyle === "bars";
  const keys = series.map(([name], place) => h("span.key", { style: `--c:${colour(name, place)}` }, name));
  return [chart(series, size, time, { isBare: false, bars, unit, colour }), h("div", keys)];
}

interface Look {
  readonly isBare: boolean;
  readonly bars: boolean;
  readonly unit: string;
  readonly colour: (name: string, place: number) => string;
}

function chart(
  series: readonly (readonly [string, Points])[],
  [width, height]: readonly [number, number],
  [from, to]: readonly [number, number],
  { isBare, bars, unit, colour }: Look,
): Element {
  const [left, bottom] = isBare ? [0, height] : [LEFT, height - BOTTOM];
  const x = (time: number) => left + ((time - from) / (to - from)) * (width - left);
  const base = new Map<number, number>();
  const tops = series.flatMap(([name, points], place) =>
    points.map(([time, value]) => {
      const below = bars ? (base.get(time) ?? 0) : 0;
      base.set(time, below + value);
      return { name, place, time, below, value: below + value };
    }),
  );
  const up = axisOf(
    tops.map(({ value }) => value),
    false,
    [bottom, TOP],
  );
  const at = (value: number) => up.place(value).toFixed(1);
  const grid = up.ticks.flatMap((tick) => [
    s("line", { x1: left, x2: width, y1: at(tick), y2: at(tick), stroke: "#e6e6e6" }),
    s("text", { x: left - 6, y: up.place(tick) + 4, textAnchor: "end" }, compact.format(tick) + unit),
  ]);
  const times = [0.1, 0.35, 0.6, 0.85].map((share) => from + share * (to - from));
  const labels = times.map((time) =>
    s("text", { x: x(time), y: height - 5, textAnchor: "middle" }, clock.format(time)),
  );
  const step = (series[0]?.[1][1]?.[0] ?? to) - (series[0]?.[1][0]?.[0] ?? from);
  const shapes = bars
    ? tops.map(({ name, place, time, below, value }) =>
        s("rect", {
          ...{ x: x(time).toFixed(1), y: at(value), fill: colour(name, place) },
          ...{
            width: Math.max(1, x(from + step) - x(from) - 1).toFixed(1),
            height: (up.place(below) - up.place(value)).toFixed(1),
          },
        }),
      )
    : series.map(([name, points], place) =>
        s("polyline", {
          ...{ points: points.map(([time, value]) => `${x(time).toFixed(1)},${at(value)}`).join(" ") },
          ...{ fill: "none", stroke: colour(name, place), strokeWidth: 2 },
        }),
      );
  return s("svg", { width, height, fontSize: 11, fill: "#555" }, [
    ...(isBare ? [] : [...grid, ...labels]),
    ...shapes,
  ]);
}
