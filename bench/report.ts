import { type Benchmark, labelOf, type Result } from "./frame.ts";
import { svgOf } from "./plot.ts";

const shown = (value: number) => value.toLocaleString("en", { maximumSignificantDigits: 4 });

/** What the run says, as it stands in bench/README.md between the benchmark's markers. */
export function markdownOf(benchmark: Benchmark, result: Result): string {
  const { rows, unit, date, machine, load, growth, absent } = result;
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  const cell = (size: number, contender: string) => {
    const row = rows.find((one) => one.size === size && one.contender === contender);
    if (row === undefined) return "";
    return row.ratio === undefined || benchmark.isAlone
      ? shown(row.median)
      : `${shown(row.median)} (${shown(row.ratio)} times)`;
  };
  return [
    `Measured ${date} on ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, load ${load.join(" to ")}; ${unit}, ${
      benchmark.isAlone ? "in the median" : "in the median, and how many times as good CALI is"
    }.`,
    "",
    `| ${[benchmark.size, ...contenders].join(" | ")} |`,
    `| ${["", ...contenders].map(() => "---").join(" | ")} |`,
    ...benchmark.sizes.map((size) => {
      const label = benchmark.labels ? labelOf(benchmark, size) : shown(size);
      return `| ${[label, ...contenders.map((contender) => cell(size, contender))].join(" | ")} |`;
    }),
    "",
    ...(Object.keys(growth).length === 0
      ? []
      : [
          `Grows with the ${benchmark.size} by an exponent of ${Object.entries(growth)
            .map(([contender, exponent]) => `${exponent} (${contender})`)
            .join(", ")}.`,
          "",
        ]),
    ...(benchmark.targets ?? []).map((target) => {
      const isReached = target.isReached(result);
      return `- Target: ${target.says}: ${isReached === undefined ? "not measured" : isReached ? "reached" : "missed"}.`;
    }),
    ...absent.map((text) => `- Not measured: ${text}.`),
    ...(isPlotted(benchmark) ? ["", `![${benchmark.name}](plots/${benchmark.name}.svg)`] : []),
  ].join("\n");
}

/** Whether there is something to plot: amounts, more than one. */
export const isPlotted = ({ labels, sizes }: Benchmark): boolean => labels === undefined && sizes.length > 1;

/** The contenders over the sizes. */
export function plotOf({ name, size, unit }: Benchmark, { rows }: Result): string {
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  return svgOf({
    title: `${name}: ${unit}`,
    x: size,
    y: unit,
    isLog: true,
    series: contenders.map((contender) => ({
      name: contender,
      points: rows.filter((row) => row.contender === contender).map((row) => [row.size, row.median] as const),
    })),
  });
}

const begin = (name: string) => `<!-- bench:${name} -->`;
const end = (name: string) => `<!-- /bench:${name} -->`;

/**
 * The page with a benchmark's figures between its markers.
 * @throws Error when the page has no such markers
 */
export function withFigures(page: string, name: string, figures: string): string {
  const [from, to] = [page.indexOf(begin(name)), page.indexOf(end(name))];
  if (from === -1 || to < from) throw new Error(`bench/README.md: given no ${begin(name)} and ${end(name)}`);
  return `${page.slice(0, from)}${begin(name)}\n\n${figures.trim()}\n\n${page.slice(to)}`;
}

/** The figures that a page has between a benchmark's markers. */
export function figuresOf(page: string, name: string): string {
  return page.slice(page.indexOf(begin(name)) + begin(name).length, page.indexOf(end(name))).trim();
}
