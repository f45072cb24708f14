import type { Config } from "../../../config/schema.ts";
import type { Node } from "../plan-json/node.ts";
import type { Resource } from "./inventory.ts";

/** Something of an object that is paid for. */
export interface Line {
  /** In words, such as `2 nodes t3.medium`. */
  readonly what: string;
  /** The price's id in the table; undefined: nobody knows what it costs. */
  readonly price: string | undefined;
  /** Units a month; undefined: not known before it is applied. */
  readonly quantity: number | undefined;
}

export interface Context {
  readonly config: Config;
  /** Every object of all stacks, for those that only together say what they cost. */
  readonly all: readonly Resource[];
  /** The day that costs are estimated for. */
  readonly date: Date;
}

/** What an object of a type is paid for. */
export type Pricer = (values: Node, context: Context) => Line[];

export const GIB = 2 ** 30;
export const KIB = 2 ** 10;

/** A product of which each part must be known. */
export function times(...factors: readonly (number | undefined)[]): number | undefined {
  return factors.some((factor) => factor === undefined)
    ? undefined
    : factors.reduce<number>((product, factor) => product * (factor as number), 1);
}

/** Seconds of a month. */
export const monthSeconds = ({ config }: Context): number => config.cost.hoursPerMonth * 3600;

/** Log records of a month. */
export const monthRecords = (context: Context): number =>
  context.config.cost.recordsPerSecond * monthSeconds(context);

/** GiB of a month's records, each rounded up to whole steps of so many bytes. */
export function roundedGiB(context: Context, stepBytes: number): number {
  const bytes = Math.ceil(context.config.cost.recordBytes / stepBytes) * stepBytes;
  return (monthRecords(context) * bytes) / GIB;
}
