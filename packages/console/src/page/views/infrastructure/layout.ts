import type { FlowShown, StackShown } from "../../../infrastructure.ts";

/** Width of a column and height of a row, in the drawing's own units; a box leaves these margins in its cell. */
export const CELL = 100;
const MARGIN = 8;

/** A stack's place in the drawing: the middle of its cell. */
interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  /** One for each step, in order. */
  readonly columns: readonly (readonly StackShown[])[];
  /** Of the fullest column. */
  readonly rows: number;
  readonly places: ReadonlyMap<string, Place>;
}

/** Puts each step into a column, in the middle of the height of the fullest. */
export function layoutOf(stacks: readonly StackShown[]): Layout {
  const columns = [...Map.groupBy(stacks, ({ step }) => step)]
    .sort(([a], [b]) => a - b)
    .map(([, column]) => column);
  const rows = Math.max(0, ...columns.map(({ length }) => length));
  const places = columns.flatMap((column, x) =>
    column.map(({ name }, row): [string, Place] => [
      name,
      { x: (x + 0.5) * CELL, y: ((rows - column.length) / 2 + row + 0.5) * CELL },
    ]),
  );
  return { columns, rows, places: new Map(places) };
}

/** An arrow between two stacks. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Whether a way through other stacks says the same. */
  readonly isImplied: boolean;
}

/** An arrow for each pair of stacks between which values flow. */
export function arrowsOf(flows: readonly FlowShown[]): Arrow[] {
  const givers = new Map<string, Set<string>>();
  for (const { from, to } of flows) givers.set(to, (givers.get(to) ?? new Set()).add(from));
  const reaches = (from: string, to: string): boolean =>
    [...(givers.get(to) ?? [])].some((giver) => giver === from || reaches(from, giver));
  return [...givers].flatMap(([to, all]) =>
    [...all].map((from) => ({
      from,
      to,
      isImplied: [...all].some((other) => other !== from && reaches(from, other)),
    })),
  );
}

/** The line of an arrow, from the right edge of a box to the left edge of another. */
export function pathOf(from: Place, to: Place): string {
  const [begin, end] = [from.x + CELL / 2 - MARGIN, to.x - CELL / 2 + MARGIN];
  const middle = (begin + end) / 2;
  return `M ${begin} ${from.y} C ${middle} ${from.y} ${middle} ${to.y} ${end} ${to.y}`;
}
