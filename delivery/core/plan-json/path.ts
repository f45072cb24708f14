import type { Node } from "./node.ts";
import { quoted } from "./text.ts";

/** An attribute's name, or an element's place in a list with the name that distinguishes it. */
export type Step = string | { readonly index: number; readonly label?: string };

/** Where in a resource a difference is. */
export type Path = readonly Step[];

/** As Terraform writes it: `rule[0].days`, or `rule["archive"].days` where the elements have names. */
export function pathText(path: Path): string {
  return path
    .map((step, depth) => {
      if (typeof step !== "string") return `[${step.label === undefined ? step.index : quoted(step.label)}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(step)) return `[${quoted(step)}]`;
      return depth === 0 ? step : `.${step}`;
    })
    .join("");
}

const keyOf = (step: Step | number) => (typeof step === "object" ? step.index : step);

/** Whether one of two paths leads through the other. */
export function overlap(a: Path, b: readonly (Step | number)[]): boolean {
  const depth = Math.min(a.length, b.length);
  return a.slice(0, depth).every((step, at) => keyOf(step) === keyOf(b[at] as Step | number));
}

/** The same without the places in lists, which differ between two versions of a list. */
export function overlapByName(a: Path, b: Path): boolean {
  const names = (path: Path) => path.filter((step) => typeof step === "string");
  return overlap(names(a), names(b));
}

/** One attribute, element or part of it that changes. */
export interface Difference {
  readonly path: Path;
  /** undefined: not there. */
  readonly before: Node | undefined;
  readonly after: Node | undefined;
  /** The elements of a list stay, in another order. */
  readonly isReordered?: boolean;
}

/** Compares two values down to their smallest parts. */
export type Compare = (
  before: Node | undefined,
  after: Node | undefined,
  options: { path: Path; exact: boolean },
) => Difference[];
