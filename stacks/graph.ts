import { Graphviz } from "@hpcc-js/wasm-graphviz";

/** Colours of the pictures' classes, for a light page and a dark one: fill and line. */
const CLASSES = {
  aws: { light: ["#fff4e5", "#c77700"], dark: ["#3a2a10", "#e8a33d"] },
  kubernetes: { light: ["#eaf2fd", "#3b6fb6"], dark: ["#14263d", "#7fb0f0"] },
  outside: { light: ["#f3f4f6", "#7a828e"], dark: ["#262b33", "#9aa4b2"] },
} as const;
const TEXT = { light: "#1f2937", dark: "#e6edf3" };
const LINE = { light: "#7a828e", dark: "#9aa4b2" };

function rules(theme: "light" | "dark"): string {
  return [
    `text { fill: ${TEXT[theme]}; }`,
    ".node text:first-of-type { font-weight: bold; }",
    `.edge path { stroke: ${LINE[theme]}; }`,
    `.edge polygon { fill: ${LINE[theme]}; stroke: ${LINE[theme]}; }`,
    `.cluster path { fill: none; stroke: ${LINE[theme]}; stroke-dasharray: 4 3; }`,
    ...Object.entries(CLASSES).map(
      ([
        name,
        {
          [theme]: [fill, line],
        },
      ]) => `.${name} path { fill: ${fill}; stroke: ${line}; }`,
    ),
  ].join(" ");
}

/** What every picture begins with: rounded boxes of class `aws`, `kubernetes` or `outside`. Margins leave room for a reader's wider font. */
export const STYLE = `bgcolor="transparent"; fontname="Helvetica"; fontsize=12; nodesep=0.3; ranksep=0.5;
  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=12, margin="0.22,0.08"];
  edge [arrowsize=0.7, fontname="Helvetica", fontsize=10];`;

/**
 * A graph in Graphviz's language as SVG whose colours follow the reader's light or dark theme. The same graph gives the same bytes.
 *
 * @param dot https://graphviz.org/doc/info/lang.html
 */
export async function svgOf(dot: string): Promise<string> {
  const svg = (await Graphviz.load()).dot(dot, "svg");
  const style = `<style>${rules("light")} @media (prefers-color-scheme: dark) { ${rules("dark")} }</style>`;
  // Screen readers look for the title in the picture itself; Graphviz writes it into its first group.
  const [title = ""] = /<title>.*<\/title>/.exec(svg) ?? [];
  return svg.replace(/(<svg[^>]*>)/, `$1\n${title}\n${style}`);
}

/** Without the arrows that follow from others. */
export const reduced = async (dot: string): Promise<string> => (await Graphviz.load()).tred(dot).out;
