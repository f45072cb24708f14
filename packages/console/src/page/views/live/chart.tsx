import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Language } from "../../../protocol.ts";

/** One curve of a chart. */
interface Curve {
  readonly name: string;
  /** A custom property of the stylesheet. */
  readonly colour: string;
  /** One for each time. */
  readonly values: readonly number[];
}

interface ChartProps {
  readonly title: string;
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly curves: readonly Curve[];
  readonly language: Language;
}

const HEIGHT = 140;
/** The colour of now: the theme may change. */
const colourOf = (element: HTMLElement, name: string) => () => {
  element.style.color = `var(${name})`;
  return getComputedStyle(element).color;
};

/** Curves over time. What they came to last is written below, for who doesn't see them. */
export function Chart({ title, times, curves, language }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const names = curves.map(({ name }) => name).join("\n");
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const axis: uPlot.Axis = {
      stroke: colourOf(element, "--muted"),
      grid: { stroke: colourOf(element, "--line"), width: 1 },
      ticks: { show: false },
    };
    const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium", hour12: false });
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        // The last time's text is wider than its place.
        padding: [null, 32, null, null],
        axes: [
          { ...axis, space: 90, size: 32, values: (_, all) => all.map((at) => clock.format(at * 1_000)) },
          axis,
        ],
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most)] } },
        series: [
          {},
          ...curves.map(({ name, colour }) => ({
            label: name,
            stroke: colourOf(element, colour),
            width: 2,
            points: { show: false },
          })),
        ],
      },
      dataOf(times, curves),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [names, language]);
  useEffect(() => plot.current?.setData(dataOf(times, curves)));
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div ref={place} class="chart" aria-hidden="true" />
      <ul class="legend">
        {curves.map(({ name, colour, values }) => (
          <li key={name} class={`curve ${colour.slice(2)}`}>
            {name} <b>{number.format(values.at(-1) ?? 0)}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}

const dataOf = (times: readonly number[], curves: readonly Curve[]): uPlot.AlignedData => [
  [...times],
  ...curves.map(({ values }) => [...values]),
];
