import type { CostShown, FlowShown, StackShown } from "../../../infrastructure.ts";
import { arrowsOf, CELL, layoutOf, pathOf } from "./layout.ts";
import { costText, type PartProps } from "./texts.ts";

interface GraphProps extends PartProps {
  readonly stacks: readonly StackShown[];
  readonly flows: readonly FlowShown[];
  readonly cost: CostShown;
  readonly chosen: string | undefined;
  readonly choose: (stack: string | undefined) => void;
}

const NOTHING = { usd: 0, unknown: 0 };
const MOVES: Readonly<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The stacks in columns, and arrows for what flows between them. Arrow keys go from box to box. */
export function Graph({ texts, language, stacks, flows, cost, chosen, choose }: GraphProps) {
  const { columns, rows, places } = layoutOf(stacks);
  const arrows = arrowsOf(flows).flatMap((arrow) => {
    const [from, to] = [places.get(arrow.from), places.get(arrow.to)];
    const kind = arrow.to === chosen ? "takes" : arrow.from === chosen ? "gives" : undefined;
    return from && to && (kind || !arrow.isImplied) ? [{ ...arrow, kind, path: pathOf(from, to) }] : [];
  });
  // What is drawn last is on top.
  arrows.sort((a, b) => Number(a.kind !== undefined) - Number(b.kind !== undefined));
  const move = (event: KeyboardEvent, column: number, row: number) => {
    const [x, y] = MOVES[event.key] ?? [];
    if (x === undefined || y === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = columns[column + x];
    const stack = next?.[Math.min(row + y, next.length - 1)];
    if (!stack) return;
    event.preventDefault();
    document.getElementById(`stack-${stack.name}`)?.focus();
  };
  const classOf = ({ name, tier, waitsFor }: StackShown) => {
    const isRelated = arrows.some(({ from, to, kind }) => kind && (from === name || to === name));
    return ["stack", tier, waitsFor.length > 0 && "waits", isRelated && "related"].filter(Boolean).join(" ");
  };
  return (
    <>
      <div class="graph" style={{ "--columns": columns.length, "--rows": rows }}>
        <svg
          class="arrows"
          viewBox={`0 0 ${columns.length * CELL} ${rows * CELL}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {arrows.map(({ from, to, kind, path }) => (
            <path key={`${from} ${to}`} class={kind ?? ""} d={path} />
          ))}
        </svg>
        <ol class="steps">
          {columns.map((column, x) => (
            <li key={column[0]?.name}>
              <span class="step">{texts.step(x + 1)}</span>
              <ul>
                {column.map((stack, y) => (
                  <li key={stack.name}>
                    <button
                      type="button"
                      id={`stack-${stack.name}`}
                      class={classOf(stack)}
                      aria-expanded={stack.name === chosen}
                      onClick={() => choose(stack.name === chosen ? undefined : stack.name)}
                      onKeyDown={(event) => move(event, x, y)}
                    >
                      <b>{stack.name}</b>
                      <span>{texts.resources(stack.resources.length)}</span>
                      <span>{costText(cost.byStack[stack.name] ?? NOTHING, language, texts)}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ol>
      </div>
      <ul class="legend">
        <li class="aws">{texts.aws}</li>
        <li class="cluster">{texts.cluster}</li>
        <li class="takes">{texts.takesLegend}</li>
        <li class="gives">{texts.givesLegend}</li>
      </ul>
    </>
  );
}
