import { type Measured, qualityAt, THRESHOLDS } from "./pairs.ts";

/** What is drawn of one embedder. */
export interface Curve {
  readonly name: string;
  readonly threshold: number;
  readonly pairs: readonly Measured[];
}

const WIDTH = 720;
const PLOT = { left: 60, top: 40, width: 640, height: 240 };
const PANEL = 350;
const [FIRST = 0, LAST = 1] = [THRESHOLDS[0], THRESHOLDS.at(-1)];

const x = (threshold: number) => (PLOT.left + ((threshold - FIRST) / (LAST - FIRST)) * PLOT.width).toFixed(1);
const y = (share: number) => (PLOT.top + (1 - share) * PLOT.height).toFixed(1);

const STYLE = `
    svg { font: 13px system-ui, sans-serif; }
    text { fill: #24292f; } path { fill: none; stroke-width: 2; }
    .grid { stroke: #d0d7de; stroke-width: 1; } .chosen { stroke: #57606a; stroke-dasharray: 2 3; }
    .recall { stroke: #0969da; } .false { stroke: #cf222e; }
    .alone { stroke-dasharray: 6 4; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; } .grid { stroke: #30363d; } .chosen { stroke: #8b949e; }
      .recall { stroke: #58a6ff; } .false { stroke: #ff7b72; }
    }`;

/** Recall and false-hit rate on the held-out pairs against the threshold, a panel for each embedder, as SVG. */
export function drawCurves(curves: readonly Curve[]): string {
  const height = PANEL * curves.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Recall and false hits against the threshold">
  <style>${STYLE}
  </style>
${curves.map((curve, at) => `  <g transform="translate(0 ${at * PANEL})">\n${panel(curve)}\n  </g>`).join("\n")}
</svg>
`;
}

function panel({ name, threshold, pairs }: Curve): string {
  const heldOut = pairs.filter(({ half }) => half === "held-out");
  const line = (kind: "recall" | "falseHitRate", agreement: boolean, classes: string) => {
    const points = THRESHOLDS.map((each) => `${x(each)} ${y(qualityAt(heldOut, each, { agreement })[kind])}`);
    return `    <path class="${classes}" d="M${points.join("L")}"/>`;
  };
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `    <path class="grid" d="M${PLOT.left} ${y(share)}h${PLOT.width}"/><text x="${PLOT.left - 8}" y="${y(share)}" dy="4" text-anchor="end">${share * 100} %</text>`,
  );
  const ticks = [0.5, 0.6, 0.7, 0.8, 0.9, 1].map(
    (each) =>
      `    <text x="${x(each)}" y="${PLOT.top + PLOT.height + 18}" text-anchor="middle">${each}</text>`,
  );
  const legend = [
    ["recall", "recall", 60],
    ["recall alone", "recall, without agreement", 160],
    ["false", "false hits", 370],
    ["false alone", "false hits, without agreement", 485],
  ].map(
    ([classes, text, left]) =>
      `    <path class="${classes}" d="M${left} 324h20"/><text x="${Number(left) + 26}" y="328" font-size="11">${text}</text>`,
  );
  return [
    `    <text x="${PLOT.left}" y="22">${name}: held-out pairs, by threshold (chosen: ${threshold})</text>`,
    ...grid,
    ...ticks,
    `    <path class="chosen" d="M${x(threshold)} ${PLOT.top}v${PLOT.height}"/>`,
    line("falseHitRate", false, "false alone"),
    line("recall", false, "recall alone"),
    line("falseHitRate", true, "false"),
    line("recall", true, "recall"),
    ...legend,
  ].join("\n");
}
